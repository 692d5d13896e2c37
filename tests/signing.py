"""Domains that sign their mail: keys made for the test, signatures by dkimpy, records for the name server."""

from __future__ import annotations

import base64
import hashlib
import time
import warnings
from collections.abc import Sequence
from email.message import EmailMessage
from functools import cache
from typing import Any

from cryptography.hazmat.primitives import serialization as forms
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import dkim

HEADERS = (
    *("from", "to", "cc", "subject", "date", "message-id", "in-reply-to", "references", "reply-to"),
    *("mime-version", "content-type", "content-transfer-encoding"),
)


@cache
def rsa_key(name: str, bits: int = 2048) -> rsa.RSAPrivateKey:
    """One key for each name: making them takes its time."""
    return rsa.generate_private_key(65537, bits)


def public_text(key: rsa.RSAPublicKey) -> str:
    der = key.public_bytes(forms.Encoding.DER, forms.PublicFormat.SubjectPublicKeyInfo)
    return base64.b64encode(der).decode()


def record(key: rsa.RSAPrivateKey, flags: str = "") -> str:
    """The TXT record of a key."""
    return f"v=DKIM1; k=rsa; {flags}p={public_text(key.public_key())}"


def short_record() -> str:
    """A key of 768 bits, which nobody makes any more."""
    return f"v=DKIM1; k=rsa; p={public_text(rsa.RSAPublicNumbers(65537, (1 << 767) + 1).public_key())}"


def private_pem(key: rsa.RSAPrivateKey) -> bytes:
    return key.private_bytes(forms.Encoding.PEM, forms.PrivateFormat.TraditionalOpenSSL, forms.NoEncryption())


def as_bytes(mail: EmailMessage | bytes) -> bytes:
    if isinstance(mail, bytes):
        return mail
    return mail.as_bytes(policy=mail.policy.clone(linesep="\r\n", max_line_length=998))


def signed(
    mail: EmailMessage | bytes,
    domain: str = "desk.example",
    *,
    key: rsa.RSAPrivateKey | None = None,
    selector: str = "s1",
    without: Sequence[str] = (),
    headers: Sequence[str] | None = None,
    length: bool = False,
    expires_at: int | None = None,
    canonical: tuple[bytes, bytes] = (b"relaxed", b"relaxed"),
    algorithm: bytes = b"rsa-sha256",
) -> bytes:
    """The mail with a signature on top, over the headers that good signers sign and that it has."""
    raw = as_bytes(mail)
    signer: Any = dkim.DKIM(raw)
    there = {name.lower().decode() for name, _ in signer.headers}
    chosen = list(headers) if headers is not None else [name for name in HEADERS if name in there]
    chosen = [name for name in chosen if name not in without]
    if expires_at is not None:
        signer.gen_header = _expiring(signer.gen_header, expires_at)
    header = signer.sign(
        selector.encode(),
        domain.encode(),
        private_pem(key or rsa_key(domain)),
        signature_algorithm=algorithm,
        canonicalize=canonical,
        include_headers=[name.encode() for name in chosen],
        length=length,
    )
    return bytes(header) + raw


def _expiring(gen_header: Any, at: int) -> Any:
    """dkimpy writes no x=; a field more does."""

    def generated(fields: list[tuple[bytes, bytes]], *rest: Any, **named: Any) -> Any:
        fields.insert(-2, (b"x", str(at).encode()))
        return gen_header(fields, *rest, **named)

    return generated


def signed_with_ed25519(raw: bytes, domain: str, key: ed25519.Ed25519PrivateKey, selector: str = "ed") -> bytes:
    """The same by RFC 8463, relaxed, made here: dkimpy needs another library for it."""
    signer: Any = dkim.DKIM(raw)
    policy = dkim.CanonicalizationPolicy.from_c_value(b"relaxed/relaxed")
    there = {name.lower() for name, _ in signer.headers}
    chosen = [name.encode() for name in HEADERS if name.encode() in there]
    body_hash = base64.b64encode(hashlib.sha256(policy.canonicalize_body(signer.body)).digest())
    value = b" v=1; a=ed25519-sha256; c=relaxed/relaxed; d=%s; s=%s; t=%d; h=%s; bh=%s; b=" % (
        domain.encode(),
        selector.encode(),
        int(time.time()),
        b":".join(chosen),
        body_hash,
    )
    digest = hashlib.sha256()
    headers = policy.canonicalize_headers(signer.headers)
    dkim.hash_headers(digest, policy, headers, chosen, (b"DKIM-Signature", value), {})
    return b"DKIM-Signature:" + value + base64.b64encode(key.sign(digest.digest())) + b"\r\n" + raw


def ed25519_record(key: ed25519.Ed25519PrivateKey) -> str:
    public = key.public_key().public_bytes(forms.Encoding.Raw, forms.PublicFormat.Raw)
    return f"v=DKIM1; k=ed25519; p={base64.b64encode(public).decode()}"
