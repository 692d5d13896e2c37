"""DKIM-Signature headers as values (RFC 6376, 3.5), and what is to be looked up before one can be verified.

Only signatures whose domain is aligned with From are of interest, and of those the topmost few: a mail may bring a
thousand, and each would cost a look-up and a verification.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from daemon.core.values import Evidence, Instant
from daemon.mail.alignment import RELAXED, Policy, aligned, plain_name
from daemon.mail.head import Field, Head

MOST_READ = 50
MOST_VERIFIED = 4
LONGEST = 4096

_TAG_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,20}")
_HEADER_NAME = re.compile(r"[a-z0-9_-]{1,100}")
_BASE64 = re.compile(r"[A-Za-z0-9+/]{1,2000}={0,2}")
_NUMBER = re.compile(r"[0-9]{1,12}")
_ALGORITHM = re.compile(r"(rsa|ed25519)-(sha1|sha256)")
_CANONICAL = re.compile(r"(simple|relaxed)(?:/(simple|relaxed))?")

Found = Literal["found", "none", "unavailable"]


@dataclass(frozen=True, slots=True)
class Answer:
    """What a look-up of TXT records gave: ``none`` is certain, ``unavailable`` may be different in an hour."""

    found: Found
    records: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True)
class Signature:
    """A well-formed signature; ``header`` is its field, ``headers`` what it says it signs, in its order."""

    header: Field
    tags: Mapping[str, str]
    domain: str
    selector: str
    algorithm: str
    headers: tuple[str, ...]
    expires_at: Instant | None

    @property
    def key_name(self) -> str:
        return f"{self.selector}._domainkey.{self.domain}"

    @property
    def signs(self) -> frozenset[str]:
        return frozenset(self.headers)

    @property
    def length_limited(self) -> bool:
        return "l" in self.tags


@dataclass(frozen=True, slots=True)
class Inquiry:
    """All that the verification of one mail's signatures needs besides its bytes.

    ``keys`` answers each ``key_name``; ``policy`` is None where the author's domain could not be asked about its own.
    """

    author_domain: str
    received_at: Instant
    keys: Mapping[str, Answer] = field(default_factory=dict)
    policy: Policy | None = RELAXED


def candidates(head: Head, author_domain: str) -> tuple[Signature, ...]:
    """The topmost signatures that are well-formed and aligned with the author's domain."""
    found = (read_signature(one) for one in headers_of(head)[:MOST_READ])
    speaking = [one for one in found if one is not None and aligned(one.domain, author_domain)]
    return tuple(speaking[:MOST_VERIFIED])


def without_candidates(head: Head | None, author_domain: str) -> Evidence:
    """Why there is nothing to verify."""
    if head is None:
        return Evidence(False, "dkim-headers-unsound", detail="its headers can be read in more than one way")
    if not headers_of(head):
        return Evidence(False, "dkim-none")
    return Evidence(False, "dkim-not-aligned", detail=f"no sound signature of {author_domain} is among those it has")


def headers_of(head: Head) -> list[Field]:
    return [one for one in head.fields if one[0].lower() == b"dkim-signature"]


def read_signature(header: Field) -> Signature | None:
    """Read one header; None where it is not what RFC 6376 asks for."""
    tags = _tags(header[1])
    if tags is None or tags.get("v") != "1" or not {"a", "b", "bh", "d", "h", "s"} <= tags.keys():
        return None
    domain, selector = plain_name(tags["d"]), plain_name(tags["s"])
    headers = tuple(name.strip().lower() for name in tags["h"].split(":"))
    sound = (
        domain
        and selector
        and plain_name(f"{selector}._domainkey.{domain}")
        and all(_HEADER_NAME.fullmatch(name) for name in headers)
        and _ALGORITHM.fullmatch(tags["a"])
        and _CANONICAL.fullmatch(tags.get("c", "simple/simple"))
        and all(_BASE64.fullmatch("".join(tags[name].split())) for name in ("b", "bh"))
        and all(_NUMBER.fullmatch(tags[name]) for name in ("t", "x", "l") if name in tags)
        and tags.get("q", "dns/txt") == "dns/txt"
        and _identity_within(tags.get("i", f"@{domain}"), domain)
    )
    if not sound:
        return None
    expires_at = int(tags["x"]) if "x" in tags else None
    return Signature(header, tags, domain, selector, tags["a"], headers, expires_at)


def identity_domain(signature: Signature) -> str:
    """The domain of i=, which a key may bind to d= itself."""
    return plain_name(signature.tags.get("i", f"@{signature.domain}").rpartition("@")[2])


def _identity_within(identity: str, domain: str) -> bool:
    _, at, name = identity.rpartition("@")
    return bool(at) and (plain_name(name) == domain or plain_name(name).endswith(f".{domain}"))


def _tags(value: bytes) -> dict[str, str] | None:
    """The tags of a list; None where one is malformed or stands twice, for then two readers may differ."""
    if len(value) > LONGEST or not value.isascii():
        return None
    tags: dict[str, str] = {}
    pieces = value.decode("ascii").strip().removesuffix(";").split(";")
    for piece in pieces:
        name, equals, content = piece.partition("=")
        name = name.strip()
        if not equals or not _TAG_NAME.fullmatch(name) or name in tags:
            return None
        tags[name] = content.strip()
    return tags
