"""Playing a script: mails and acts with instants of their own, decided and committed as ever, as fast as it goes.

A script is one JSON object a line, in the order of time. ``at`` is the instant (UTC seconds), ``do`` what happens:

    {"at": …, "do": "write", "ticket": 17, "from": "anna@example.net", "desk": "support"}   opens it, or joins it
    {"at": …, "do": "reply", "ticket": 17, "agent": "agent@example.com"}
    {"at": …, "do": "set", "ticket": 17, "agent": …, "status": "resolved"}                 or any other field
    {"at": …, "do": "rate", "ticket": 17, "positive": true}
    {"at": …, "do": "configure", "config": "stricter.toml"}                                other terms from now on
    {"at": …, "do": "end"}                                                                 time passes up to here

``ticket`` is the script's own number. Between two acts the clock does all that comes due. Letters are not written, and
mails have no words: what is played is a history to be studied, not a correspondence.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from itertools import islice
from typing import Any

from daemon.config import Config
from daemon.core.values import Address, Envelope, Mail
from daemon.desk.arrival import Arrival
from daemon.desk.change import change, rate
from daemon.desk.house import House
from daemon.desk.promising import look_at
from daemon.desk.receive import receive_at
from daemon.mail.address import Recipient
from daemon.store import facts, lives

AT_ONCE = 200
"""Acts in one transaction."""


class Unplayable(Exception):
    """The script cannot be played; one sentence says which act, and why."""


class Player:
    """Plays a script on a house, whose clock it sets. ``read`` finds a configuration that the script names."""

    def __init__(self, house: House, read: Callable[[str], Config]) -> None:
        self._house = house
        self._read = read
        self._now = 0
        self._numbers: dict[int, int] = {}
        self._desks: dict[int, str] = {}
        self._played = 0
        house.mute = True
        house.policy = replace(house.policy, undo_seconds=0, guards=frozenset())
        house.now = lambda: self._now

    def play(self, script: Iterable[Mapping[str, Any]]) -> Iterator[int]:
        """How many acts were played so far, now and then; Unplayable ends it."""
        acts = iter(script)
        while some := list(islice(acts, AT_ONCE)):
            while some:
                together = _until_terms_change(some)
                some = some[len(together) :]
                if together[0]["do"] == "configure":
                    self._configure(together[0])
                else:
                    self._house.store.write(partial(self._play, together)).result()
                self._played += len(together)
            yield self._played

    def _configure(self, act: Mapping[str, Any]) -> None:
        self._house.store.write(lambda: self._pass_time(act["at"])).result()
        self._house.promise(self._read(act["config"]))
        self._house.store.write(self._bring_under_terms).result()

    def _bring_under_terms(self) -> None:
        beyond = 0
        while numbers := lives.unfinished(beyond, AT_ONCE):
            for beyond in numbers:
                look_at(self._house, beyond, self._now)

    def _play(self, acts: Iterable[Mapping[str, Any]]) -> None:
        for act in acts:
            self._pass_time(act["at"])
            match act["do"]:
                case "write":
                    self._write(act)
                case "reply":
                    self._mail(act, act["agent"], act["agent"])
                case "set":
                    self._set(act)
                case "rate":
                    rate(self._house, self._numbers[act["ticket"]], bool(act["positive"]), "rated-by-customer")
                case "end":
                    pass
                case other:
                    raise Unplayable(f"act {self._played + 1}: {other!r} is nothing that can be done")

    def _pass_time(self, until: int) -> None:
        """Let the clock do all that is due up to an instant, each at its own."""
        while (wake := lives.next_wake()) is not None and wake <= until:
            self._now = max(self._now, wake)
            for number in lives.due(self._now, AT_ONCE):
                look_at(self._house, number, self._now)
        if until < self._now:
            raise Unplayable(f"act {self._played + 1} is earlier than what came before it; sort the script by time")
        self._now = until

    def _write(self, act: Mapping[str, Any]) -> None:
        if act["ticket"] in self._numbers:
            return self._mail(act, act["from"], None)
        outcome = receive_at(self._house, self._arrival(act, act["from"], None, Recipient(act["desk"], "desk")))
        if outcome.ticket is None:
            raise Unplayable(f"act {self._played + 1}: the mail was {outcome.state}: {outcome.because}")
        self._numbers[act["ticket"]] = outcome.ticket
        self._desks[act["ticket"]] = act["desk"]
        return None

    def _mail(self, act: Mapping[str, Any], author: str, login: str | None) -> None:
        number = self._numbers[act["ticket"]]
        person = facts.author(Address("", author).key, self._house.agents).person
        assert person is not None
        token = self._house.keyring.token(number, person)
        desk = self._desks[act["ticket"]]
        outcome = receive_at(self._house, self._arrival(act, author, login, Recipient(desk, "reply", number, token)))
        if outcome.ticket != number:
            raise Unplayable(f"act {self._played + 1}: the mail was {outcome.state}: {outcome.because}")

    def _arrival(self, act: Mapping[str, Any], author: str, login: str | None, to: Recipient) -> Arrival:
        raw = f"Message-ID: <{act['at']}.{act['ticket']}.{author}>\r\n\r\n".encode()
        digest = hashlib.sha256(raw).hexdigest()
        address = self._house.book.address(to.desk)
        mail = wordless(author, digest, len(raw), act["at"], f"{act['at']}.{act['ticket']}.{author}")
        envelope = Envelope("smtp", "", author, (address,), act["at"], login=login)
        return Arrival(raw, mail, envelope, to)

    def _set(self, act: Mapping[str, Any]) -> None:
        fields = {key: value for key, value in act.items() if key not in ("at", "do", "ticket", "agent")}
        actor = next((a.person for a in self._house.agents if a.address == act.get("agent")), None)
        change(self._house, self._numbers[act["ticket"]], fields, actor, "changed-by-agent" if actor else "operator")


def wordless(author: str, digest: str, size: int, date: int, message_id: str) -> Mail:
    """A mail of which nothing matters but who wrote it, and when; it says next to nothing."""
    sender = Address("", author)
    return Mail(
        size=size,
        sha256=digest,
        fingerprint=digest,
        subject="",
        sender=sender,
        from_text=author,
        to=(),
        cc=(),
        reply_to=(),
        date=date,
        message_id=message_id,
        in_reply_to=(),
        references=(),
        text="",
        html=None,
        reply_text=".",
        quoted_text="",
        signature_text="",
        attachments=(),
        automatic=None,
        bounce=None,
        language=None,
        defects=(),
    )


def _until_terms_change(acts: list[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The acts up to the next change of terms; that one alone if it comes first."""
    first = next((i for i, act in enumerate(acts) if act["do"] == "configure"), len(acts))
    return acts[: first or 1]
