"""What the DKIM signatures of a mail prove. Runs in a worker process: the bytes are hostile.

dkimpy canonicalises, hashes and verifies; what a signature must be to count is decided here, because dkimpy is as
lenient as RFC 6376 allows. For anybody, a signature ties the mail to the address in From when it verifies, is aligned,
signs From and has no ``l=`` (behind which anyone may append). An agent's mail acts on it only if it also fixes what the
mail says and to whom (invariant 11):

* From, To, Date, Message-ID and Content-Type are signed, and Cc, Subject and Reply-To where the mail has them. Without
  Content-Type an attacker could have another part of the body read as the agent's words.
* Content-Transfer-Encoding is signed, or there is nothing that it could change: the body is in parts, or it is neither
  in base64 nor in quoted-printable. Taking it away would send the customer the agent's whole mail, our notification
  with its tokens included, in letters in which no search finds them. MIME-Version may be unsigned: nothing here reads
  it.
* No header that may stand once stands twice: the signature covers the lowest, programs read the topmost.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from typing import Any

from daemon.core.values import Evidence
from daemon.mail.alignment import aligned
from daemon.mail.dkim_keys import Key, read_key
from daemon.mail.dkim_signatures import Answer, Inquiry, Signature, candidates, identity_domain, without_candidates
from daemon.mail.head import Head, read_head
from daemon.mail.headers import message_ids
from daemon.mail.limits import DEFAULT
from daemon.mail.structure import Multipart, read_structure

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # its patterns hold escapes that newer Pythons warn of
    import dkim

ALWAYS_SIGNED = ("from", "to", "date", "message-id", "content-type")
SIGNED_IF_THERE = ("cc", "subject", "reply-to")
IDENTITY_ENCODINGS = ("", "7bit", "8bit", "binary")
WIDEST = 10_000
WIDE = re.compile(rb"[ \t]{%d}" % WIDEST)  # dkimpy's patterns take the square of such a run
QUOTED_PRINTABLE = re.compile(rb"=(?:[0-9A-Fa-f]{2}|[ \t]*\r?\n)")
NOT_BASE64 = re.compile(rb"[^A-Za-z0-9+/=\s]|[A-Za-z0-9+/][ \t]+[A-Za-z0-9+/]")


def check(raw: bytes, inquiry: Inquiry) -> Evidence:
    """The best that the mail's signatures prove: ``proved`` as for an agent, ``address`` as for anybody."""
    head = read_head(raw)
    results = list(_each(raw, head, inquiry)) if head else []
    if not results:
        return without_candidates(head, inquiry.author_domain)
    return max(results, key=lambda one: (one.proved, one.address is not None))


def _each(raw: bytes, head: Head, inquiry: Inquiry) -> Iterator[Evidence]:
    body = _comparable(raw[head.body :])
    for signature in candidates(head, inquiry.author_domain):
        said = f"d={signature.domain} s={signature.selector}"
        because, detail = _verdict(signature, head, body, inquiry)
        if because:
            yield Evidence(False, because, detail=f"{said}: {detail}" if detail else said)
            continue
        because, detail = _shortfall(signature, head, raw)
        named = head.named(signature.signs)
        if because:
            yield Evidence(False, because, "dkim", named, f"{said}: {detail}")
        else:
            yield Evidence(True, "dkim", "dkim", named, said)


def _comparable(body: bytes) -> bytes:
    """The body with CRLF at its line ends and one at its end: what every canonical form makes of it, at less cost."""
    if body.count(b"\n") != body.count(b"\r\n"):
        body = body.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    kept = body.rstrip(b"\r\n")
    tail = len(body) - len(kept)
    return kept + b"\r\n" if tail > 2 and body.endswith(b"\r\n" * (tail // 2)) and tail % 2 == 0 else body


def _verdict(signature: Signature, head: Head, body: bytes, inquiry: Inquiry) -> tuple[str, str]:
    """Why this signature proves nothing, or ''."""
    if signature.algorithm.endswith("sha1"):
        return "dkim-weak", signature.algorithm
    if signature.length_limited:
        return "dkim-length-limited", f"l={signature.tags['l']}"
    if "from" not in signature.signs:
        return "dkim-headers-unsigned", "from"
    if len(head.every("from")) != 1:
        return "dkim-headers-doubled", "from"
    if signature.expires_at is not None and inquiry.received_at > signature.expires_at:
        return "dkim-expired", f"x={signature.expires_at}"
    if signature.domain != inquiry.author_domain:
        if inquiry.policy is None:
            return "dns-unavailable", f"the policy of {inquiry.author_domain}"
        if not aligned(signature.domain, inquiry.author_domain, inquiry.policy.strict_dkim):
            return "dkim-not-aligned", f"{inquiry.author_domain} wants its very own domain"
    if WIDE.search(body):
        return "dkim-unchecked", f"more than {WIDEST} spaces in a row"
    answer = inquiry.keys.get(signature.key_name, Answer("unavailable"))
    if answer.found == "unavailable":
        return "dns-unavailable", signature.key_name
    key = read_key(answer.records, signature.algorithm.partition("-")[0]) if answer.records else "dkim-key-missing"
    if isinstance(key, str):
        return key, signature.key_name
    if key.same_domain and identity_domain(signature) != signature.domain:
        return "dkim-not-aligned", "the key is for the domain itself alone"
    return ("", "") if _verifies(signature, key, head, body) else ("dkim-broken", "")


def _verifies(signature: Signature, key: Key, head: Head, body: bytes) -> bool:
    work: Any = dkim.DKIM()
    work.headers, work.body = [list(one) for one in head.fields], body
    work.pk, work.keysize, work.ktag = key.material, key.bits, key.kind.encode("ascii")
    tags = {name.encode("ascii"): value.encode("ascii") for name, value in signature.tags.items()}
    try:
        return (
            work.verify_sig_process(tags, [name.encode() for name in signature.headers], signature.header, None) is True
        )
    except Exception:  # noqa: BLE001 - whatever it raises at these bytes, they are not verified
        return False


def _shortfall(signature: Signature, head: Head, raw: bytes) -> tuple[str, str]:
    """What a signature that verifies lacks for an agent's mail, or ''."""
    if doubled := head.doubled():
        return "dkim-headers-doubled", ", ".join(doubled)
    missing = [name for name in ALWAYS_SIGNED if name not in signature.signs]
    missing += [name for name in SIGNED_IF_THERE if name not in signature.signs and head.every(name)]
    missing += [name for name in ("from", "to", "date", "message-id") if not head.every(name) and name not in missing]
    if not any(message_ids(value, 1, DEFAULT.message_id_characters) for value in head.every("message-id")):
        missing.append("a Message-ID that can be read")  # by which a mail acts once
    if "content-transfer-encoding" not in signature.signs and _may_be_encoded(head, raw):
        missing.append("content-transfer-encoding")
    return ("dkim-headers-unsigned", ", ".join(missing)) if missing else ("", "")


def _may_be_encoded(head: Head, raw: bytes) -> bool:
    """Whether another Content-Transfer-Encoding than the one that stands there could make sense of the body."""
    if isinstance(read_structure(raw, DEFAULT).root, Multipart):
        return False
    written = "".join(value.decode("latin-1").strip().lower() for value in head.every("content-transfer-encoding"))
    body = raw[head.body :]
    return bool(
        written not in IDENTITY_ENCODINGS
        or QUOTED_PRINTABLE.search(body)
        or (body.strip() and not NOT_BASE64.search(body))
    )
