"""Does the domain that vouches for a mail belong to the domain in From? (RFC 7489, 3.1)

Relaxed: both lie below one organisational domain, which is the shortest name that somebody could register under the
public suffix list. Strict: both are the same. Relaxed holds unless the author's domain publishes ``adkim=s`` or
``aspf=s``. A public suffix is nobody's: it is aligned with nothing but itself.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from publicsuffixlist import PublicSuffixList

NAME = re.compile(r"(?=.{1,253}\Z)[a-z0-9_](?:[a-z0-9_-]{0,62})(?:\.[a-z0-9_][a-z0-9_-]{0,62}){0,30}")


@dataclass(frozen=True, slots=True)
class Policy:
    """What the author's domain publishes on alignment: whether DKIM and SPF must name that very domain."""

    strict_dkim: bool = False
    strict_spf: bool = False


RELAXED = Policy()


def plain_name(domain: str) -> str:
    """A domain as DNS has it: ASCII, lower case, without a final dot; '' where it is none that can be looked up."""
    text = domain.strip().rstrip(".").lower()
    if not text.isascii():
        try:
            text = text.encode("idna").decode("ascii").lower()
        except UnicodeError:
            return ""
    return text if NAME.fullmatch(text) else ""


@cache
def _suffixes() -> PublicSuffixList:
    return PublicSuffixList()


def organisation(domain: str) -> str:
    """The organisational domain of a ``plain_name``; the domain itself where none can be told."""
    found: str | None = _suffixes().privatesuffix(domain)
    return found or domain


def aligned(voucher: str, author: str, strict: bool = False) -> bool:
    """Whether ``voucher`` speaks for ``author``; both as people write them."""
    one, other = plain_name(voucher), plain_name(author)
    if not one or not other:
        return False
    return one == other or (not strict and organisation(one) == organisation(other))


def policy_names(author: str) -> tuple[str, ...]:
    """Where the author's policy stands: at the domain itself, else at its organisational domain."""
    domain = plain_name(author)
    return tuple(dict.fromkeys(f"_dmarc.{name}" for name in (domain, organisation(domain)))) if domain else ()


def read_policy(records: tuple[bytes, ...]) -> Policy | None:
    """The policy among the TXT records of one name; None if there is not exactly one (RFC 7489, 6.6.3)."""
    found = [record for record in records if re.match(rb"v\s*=\s*DMARC1\s*(?:;|\Z)", record)]
    if len(found) != 1:
        return None
    tags = {}
    for tag in found[0][:4096].decode("ascii", "replace").split(";"):
        name, _, value = tag.partition("=")
        tags[name.strip().lower()] = value.strip().lower()
    return Policy(tags.get("adkim") == "s", tags.get("aspf") == "s")
