"""Public keys for DKIM out of DNS (RFC 6376, 3.6.1; RFC 8301; RFC 8463).

A key may be refused for what it is: revoked, only for trial, too short to be safe, or so long that verifying with it
is an attack in itself.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_der_public_key

LEAST_BITS, MOST_BITS = 1024, 4096
LONGEST_RECORD = 4096
HIGHEST_EXPONENT = 2**32


class Ed25519Key:
    """A key as dkimpy wants it: ``verify`` raises where the signature is not this key's."""

    def __init__(self, raw: bytes) -> None:
        self._key = Ed25519PublicKey.from_public_bytes(raw)

    def verify(self, digest: bytes, signature: bytes) -> None:
        try:
            self._key.verify(signature, digest)
        except InvalidSignature:
            raise ValueError("not signed with this key") from None


@dataclass(frozen=True, slots=True)
class Key:
    """``kind`` is rsa or ed25519; ``material`` is what dkimpy takes; ``same_domain``: i= must be d= itself (t=s)."""

    kind: str
    material: dict[str, int] | Ed25519Key
    bits: int
    same_domain: bool


def read_key(records: tuple[bytes, ...], kind: str) -> Key | str:
    """The key of the TXT records of one name for signatures of this kind, or the reason why there is none."""
    records = tuple(record for record in records if b"p=" in record.replace(b" ", b""))
    if len(records) != 1:
        return "dkim-key-missing"
    tags = _tags(records[0])
    if tags is None or tags.get("v", "DKIM1") != "DKIM1" or tags.get("k", "rsa") != kind:
        return "dkim-key-missing"
    if "sha256" not in _listed(tags.get("h", "sha256")) or not {"*", "email"} & _listed(tags.get("s", "*")):
        return "dkim-key-missing"
    flags = _listed(tags.get("t", ""))
    if "y" in flags:
        return "dkim-key-on-trial"
    if not tags.get("p"):
        return "dkim-key-revoked"
    try:
        data = base64.b64decode("".join(tags["p"].split()), validate=True)
        return _ed25519(data, "s" in flags) if kind == "ed25519" else _rsa(data, "s" in flags)
    except (binascii.Error, ValueError, UnsupportedAlgorithm):
        return "dkim-key-missing"


def _ed25519(data: bytes, same_domain: bool) -> Key:
    return Key("ed25519", Ed25519Key(data), 256, same_domain)


def _rsa(data: bytes, same_domain: bool) -> Key | str:
    public = load_der_public_key(data)
    if not isinstance(public, RSAPublicKey):
        return "dkim-key-missing"
    numbers = public.public_numbers()
    if public.key_size < LEAST_BITS:
        return "dkim-key-weak"
    if public.key_size > MOST_BITS or numbers.e > HIGHEST_EXPONENT:
        return "dkim-key-missing"
    material = {"modulus": numbers.n, "publicExponent": numbers.e}
    return Key("rsa", material, public.key_size, same_domain)


def _tags(record: bytes) -> dict[str, str] | None:
    if len(record) > LONGEST_RECORD or not record.isascii():
        return None
    tags: dict[str, str] = {}
    for piece in record.decode("ascii").strip().removesuffix(";").split(";"):
        name, equals, value = piece.partition("=")
        if not equals or name.strip() in tags:
            return None
        tags[name.strip()] = value.strip()
    return tags


def _listed(value: str) -> set[str]:
    return {one.strip() for one in value.split(":")}
