"""Content-Transfer-Encoding: what a part's bytes are once decoded. What cannot be decoded is left as it stands."""

from __future__ import annotations

import binascii
import re

BASE64 = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/="
MOST_STRANGE = 10
NOT_BASE64 = re.compile(rb"[^A-Za-z0-9+/]+")
UU_BEGIN = re.compile(rb"(?:^|\n)begin(?:-base64)? [0-7]{3,4} [^\n]{0,512}\n")


def decode_body(data: bytes, encoding: str) -> tuple[bytes, str | None]:
    """Return the decoded bytes and a defect, or None."""
    if encoding == "base64":
        return _base64(data)
    if encoding == "quoted-printable":
        return binascii.a2b_qp(data), None
    if encoding in ("x-uuencode", "uuencode", "x-uue", "uue"):
        return _uu(data)
    if encoding in ("", "7bit", "8bit", "binary"):
        return data, None
    return data, "transfer-encoding-unknown"


def _base64(data: bytes) -> tuple[bytes, str | None]:
    try:
        decoded = binascii.a2b_base64(data)
        whole = data.rstrip()
        if len(decoded) * 4 >= (len(whole) - whole.count(b"\n") * 2 - 4) * 3 or not whole:
            return decoded, None
    except binascii.Error:
        pass
    return _mended_base64(data)


def _mended_base64(data: bytes) -> tuple[bytes, str | None]:
    """Padding that is missing, or that stands in the middle where several texts were glued together."""
    strange = len(data.translate(None, BASE64 + b"\r\n\t"))
    if strange * MOST_STRANGE > len(data):
        return data, "base64-broken"
    out = bytearray()
    for piece in data.split(b"="):
        out += base64_bytes(piece)
    if not out and data.strip():
        return data, "base64-broken"
    return bytes(out), "base64-broken"


def base64_bytes(text: bytes) -> bytes:
    """Decode what of ``text`` is base64, with or without padding; never an error."""
    kept = NOT_BASE64.sub(b"", text)
    if len(kept) % 4 == 1:
        kept = kept[:-1]
    return binascii.a2b_base64(kept + b"=" * (-len(kept) % 4))


def _uu(data: bytes) -> tuple[bytes, str | None]:
    begin = UU_BEGIN.search(data)
    if begin is None:
        return data, "uuencode-broken"
    out = bytearray()
    for line in data[begin.end() :].splitlines():
        if line.strip() in (b"end", b"`"):
            break
        try:
            out += binascii.a2b_uu(line)
        except binascii.Error:
            length = (((line[0] - 32) & 63) * 4 + 5) // 3 if line else 0
            try:
                out += binascii.a2b_uu(line[:length])
            except binascii.Error:
                return data, "uuencode-broken"
    return bytes(out), None
