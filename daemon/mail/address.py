"""Signed addresses: how a mail's recipient says which ticket and which person it speaks for.

A reply address is ``support+1042-TOKEN@example.com``; TOKEN is the base32 of an HMAC over ticket and person, 130 bits
in 26 characters, and it survives systems that fold letter case. Bounces come back to ``support+b17-TOKEN@``, replies to
a question about a held mail to ``support+c17-TOKEN@``, and ``support+p17-TOKEN@`` is a mail to ourselves, which tries
whether such addresses arrive. The same token stands in our Message-IDs, so that References
carry it where the host knows no sub-addresses.

Rules:
- Keys rotate: the newest signs, all of them verify. Reply addresses do not expire.
- Tokens are compared in constant time, and a search looks at every candidate whether or not one fits.
- Purpose and key version are part of what is signed: a token for one purpose is worthless for another.
- Reading is total: any text gives a ``Recipient`` or None, never an exception. A number in an address grants nothing;
  only its token does, and that is for the caller to verify.
"""

from __future__ import annotations

import hmac
import re
from base64 import b32encode
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, NamedTuple

Kind = Literal["desk", "reply", "bounce", "confirm", "undo", "probe"]
Purpose = Kind | Literal["rate", "page", "place"]
Mode = Literal["plus", "separator", "catch-all", "none"]

TOKEN_LENGTH = 26
LONGEST_LOCAL_PART = 64
LONGEST_NUMBER = 12

_LETTER: dict[Kind, str] = {"reply": "", "bounce": "b", "confirm": "c", "undo": "u", "probe": "p"}
_KIND: dict[str, Kind] = {letter: kind for kind, letter in _LETTER.items()}
_NUMBER_AND_TOKEN = rf"(0|[1-9][0-9]{{0,{LONGEST_NUMBER - 1}}})-([a-z2-7]{{{TOKEN_LENGTH}}})"
_SUFFIX = re.compile(rf"([bcpu]?){_NUMBER_AND_TOKEN}")
_MESSAGE_ID = re.compile(rf"<?{_NUMBER_AND_TOKEN}\.[^\s@<>]{{1,64}}@[^\s@<>]{{1,255}}>?")
_FOLD = {upper: upper + 32 for upper in range(ord("A"), ord("Z") + 1)}


def fold(text: str) -> str:
    """Lower the ASCII letters and nothing else, so that no look-alike letter becomes one of ours."""
    return text.translate(_FOLD)


@dataclass(frozen=True, slots=True)
class Keyring:
    """The keys that sign addresses, as (version, key) pairs, the newest first."""

    keys: tuple[tuple[int, bytes], ...]

    def __post_init__(self) -> None:
        versions = [version for version, _ in self.keys]
        if not self.keys:
            raise ValueError("no key to sign with; write at least one line such as '1 <64 hexadecimal digits>'")
        if len(set(versions)) != len(versions):
            raise ValueError("two keys have the same version; give each its own number")
        if any(len(key) < 16 for _, key in self.keys):
            raise ValueError("a key is shorter than 128 bits; write at least 32 hexadecimal digits")

    @classmethod
    def from_text(cls, text: str) -> Keyring:
        """Read a key file: a line ``version hexadecimal`` for each key, in any order; the highest version signs."""
        keys = []
        for number, line in enumerate(text.splitlines(), 1):
            if not line.strip() or line.lstrip().startswith("#"):
                continue
            match = re.fullmatch(r"\s*([0-9]{1,9})\s+((?:[0-9A-Fa-f]{2})+)\s*", line)
            if not match:
                raise ValueError(f"line {number} of the key file is none; write a number, a space, hexadecimal digits")
            keys.append((int(match[1]), bytes.fromhex(match[2])))
        return cls(tuple(sorted(keys, reverse=True)))

    def to_text(self) -> str:
        return "".join(f"{version} {key.hex()}\n" for version, key in self.keys)

    def token(self, ticket: int, person: int) -> str:
        """The token that lets one person join one ticket; ticket 0 is an agent's personal desk address."""
        return self._newest("reply", ticket, person)

    def person_of(self, token: str, ticket: int, persons: Iterable[int]) -> int | None:
        """The person among ``persons`` to whom this ticket's token was given, under whichever key; None if nobody's."""
        return self._holder(token, "reply", ticket, persons)

    def bounce_token(self, outbox: int) -> str:
        return self._newest("bounce", outbox)

    def is_bounce_token(self, token: str, outbox: int) -> bool:
        return self._fits(token, "bounce", outbox)

    def confirm_token(self, inbound: int) -> str:
        return self._newest("confirm", inbound)

    def is_confirm_token(self, token: str, inbound: int) -> bool:
        return self._fits(token, "confirm", inbound)

    def undo_token(self, act: int) -> str:
        return self._newest("undo", act)

    def is_undo_token(self, token: str, act: int) -> bool:
        return self._fits(token, "undo", act)

    def probe_token(self, number: int) -> str:
        return self._newest("probe", number)

    def is_probe_token(self, token: str, number: int) -> bool:
        return self._fits(token, "probe", number)

    def rate_token(self, ticket: int, person: int) -> str:
        """The token of the page on which one person says how they were served; it is in no address."""
        return self._newest("rate", ticket, person)

    def rater(self, token: str, ticket: int, persons: Iterable[int]) -> int | None:
        """The person among ``persons`` who was given this token; None if nobody was."""
        return self._holder(token, "rate", ticket, persons)

    def page_token(self, ticket: int, person: int) -> str:
        """The token of the page on which one person reads one ticket; it is in no address."""
        return self._newest("page", ticket, person)

    def reader(self, token: str, ticket: int, persons: Iterable[int]) -> int | None:
        """The person among ``persons`` who was given this token of a page; None if nobody was."""
        return self._holder(token, "page", ticket, persons)

    def _holder(self, token: str, purpose: Purpose, ticket: int, persons: Iterable[int]) -> int | None:
        found = None
        for person in persons:
            if self._fits(token, purpose, ticket, person):
                found = person
        return found

    def place_token(self, *numbers: int) -> str:
        """What makes the place where a part of a list ended one that we told."""
        return self._newest("place", *numbers)

    def is_place_token(self, token: str, *numbers: int) -> bool:
        return self._fits(token, "place", *numbers)

    def _newest(self, purpose: Purpose, *numbers: int) -> str:
        return _sign(self.keys[0], purpose, numbers)

    def _fits(self, token: str, purpose: Purpose, *numbers: int) -> bool:
        given = fold(token).encode("utf-8", "replace")
        fits = False
        for key in self.keys:
            fits |= hmac.compare_digest(given, _sign(key, purpose, numbers).encode("ascii"))
        return fits


def _sign(key: tuple[int, bytes], purpose: Purpose, numbers: tuple[int, ...]) -> str:
    version, secret = key
    words = " ".join(("counterfoil address", purpose, str(version), *map(str, numbers)))
    digest = hmac.digest(secret, words.encode("ascii"), "sha256")
    return b32encode(digest[:20]).decode("ascii").lower()[:TOKEN_LENGTH]


class DeskAddress(NamedTuple):
    """One desk as the address book knows it: its name, its address, how it marks replies, and with which character."""

    desk: str
    address: str
    mode: Mode
    separator: str = "-"


@dataclass(frozen=True, slots=True)
class Recipient:
    """What an envelope recipient means: which desk, and for a signed address its number and (unverified) token.

    ``number`` is the ticket of a reply, the outbox row of a bounce, the ledger row of a confirmation, the act that is
    undone, a probe's own.
    """

    desk: str
    kind: Kind
    number: int = 0
    token: str = ""


class AddressBook:
    """Every address that is ours. Desk addresses are ASCII, as the configuration demands."""

    def __init__(self, desks: Iterable[tuple[str, str, Mode, str]]) -> None:
        self._desks: dict[str, DeskAddress] = {}
        self._exact: dict[tuple[str, str], str] = {}
        self._prefixes: dict[str, list[tuple[str, bool, str]]] = {}
        for desk in (DeskAddress(*row) for row in desks):
            local, domain = _split(desk.address)
            self._desks[desk.desk] = desk
            self._exact[local, domain] = desk.desk
            if desk.mode != "none":
                prefix = "" if desk.mode == "catch-all" else local + _sign_character(desk)
                self._prefixes.setdefault(domain, []).append((prefix, desk.mode == "plus", desk.desk))
        for rows in self._prefixes.values():
            rows.sort(key=lambda row: -len(row[0]))

    def address(self, desk: str) -> str:
        """The address that customers write to."""
        return self._desks[desk].address

    def reply_address(self, desk: str, ticket: int, token: str) -> str:
        """The address under which one person answers one ticket; the desk's own where it marks no replies."""
        return self._signed(desk, "reply", ticket, token)

    def bounce_address(self, desk: str, outbox: int, token: str) -> str:
        """The envelope sender that binds a bounce to one outbox row."""
        return self._signed(desk, "bounce", outbox, token)

    def confirm_address(self, desk: str, inbound: int, token: str) -> str:
        """The address at which any reply releases one held mail."""
        return self._signed(desk, "confirm", inbound, token)

    def undo_address(self, desk: str, act: int, token: str) -> str:
        """The address at which any mail of its agent's takes back one act."""
        return self._signed(desk, "undo", act, token)

    def read(self, recipient: str) -> Recipient | None:
        """Tell what a recipient means to us; None means that it is not ours (550).

        Where several desks of one domain are catch-alls, the first one answers: the ticket tells its own desk.
        """
        if len(recipient) > 320:
            return None
        local, domain = _split(recipient)
        if (local, domain) in self._exact:
            return Recipient(self._exact[local, domain], "desk")
        for prefix, sub_addresses, desk in self._prefixes.get(domain, ()):
            if not local.startswith(prefix):
                continue
            match = _SUFFIX.fullmatch(local, len(prefix))
            if match:
                return Recipient(desk, _KIND[match[1]], int(match[2]), match[3])
            if sub_addresses:
                return Recipient(desk, "desk")
        return None

    def probe_address(self, desk: str, number: int, token: str) -> str:
        """An address like those for replies, at which nothing happens."""
        return self._signed(desk, "probe", number, token)

    def _signed(self, desk: str, kind: Kind, number: int, token: str) -> str:
        at = self._desks[desk]
        if at.mode == "none":
            return at.address
        local, _, domain = at.address.rpartition("@")
        prefix = "" if at.mode == "catch-all" else local + _sign_character(at)
        suffix = f"{_LETTER[kind]}{number}-{token}"
        if len(prefix) + len(suffix) > LONGEST_LOCAL_PART or not _SUFFIX.fullmatch(suffix):
            raise ValueError(f"no {kind} address fits for desk {desk}: number {number}, address {at.address}")
        return f"{prefix}{suffix}@{domain}"


def _sign_character(desk: DeskAddress) -> str:
    return "+" if desk.mode == "plus" else desk.separator


def _split(address: str) -> tuple[str, str]:
    """Local part and domain, letter case folded, a domain in letters beyond ASCII in its ASCII form."""
    local, _, domain = fold(address).rpartition("@")
    if not domain.isascii():
        try:
            domain = fold(domain.encode("idna").decode("ascii"))
        except UnicodeError:
            return local, ""
    return local, domain


def message_id(ticket: int, token: str, nonce: str, domain: str) -> str:
    """A Message-ID of ours, without angle brackets: it says ticket and token to whoever quotes it in References."""
    return f"{ticket}-{token}.{nonce}@{domain}"


def read_message_id(text: str) -> tuple[int, str] | None:
    """Ticket and (unverified) token of a Message-ID of ours, with or without angle brackets; None for any other."""
    match = _MESSAGE_ID.fullmatch(fold(text.strip())) if len(text) < 400 else None
    return (int(match[1]), match[2]) if match else None
