"""Says what is wrong after a crash run: rules over what the world saw and what the database holds.

Each rule yields faults: what was *lost*, *doubled*, left *half* done, or is otherwise *wrong*, in a sentence. The
world's side comes from the clients (what was acknowledged), the relay (what it took) and the mailboxes.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from tests.crash.mails import Sent
from tests.crash.relay import Postmark
from tests.crash.state import Row, State
from tests.journey.running import AGENT, SECOND

Kind = Literal["lost", "doubled", "half", "wrong"]


@dataclass(frozen=True)
class Fault:
    kind: Kind
    sentence: str


@dataclass(frozen=True)
class Lying:
    """A mail that lies in a mailbox after the run; ``done``: it is flagged, or lies where filed mail is moved to."""

    mailbox: str
    folder: str
    uidvalidity: int
    uid: int
    digest: str
    done: bool


@dataclass(frozen=True)
class World:
    """What was seen from outside: mails that were answered for, what the relay took in its order, what lies where."""

    acknowledged: Sequence[Sent]
    postmarks: Sequence[Postmark]
    refused: Collection[str] = frozenset()
    lying: Sequence[Lying] = ()
    workers_killed: bool = False
    clock_leapt: bool = False
    """Mail that was under way as the clock leapt ahead was received long ago, and is not acknowledged for it."""


@dataclass
class Case:
    """The evidence, with the indexes that the rules ask."""

    state: State
    world: World
    sent: dict[str, Sent] = field(init=False)
    by: dict[tuple[str, str], dict[Any, list[Row]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.sent = {one.marker: one for one in self.world.acknowledged}

    def of(self, table: str, column: str, value: Hashable) -> list[Row]:
        """The rows of a table whose column has this value."""
        if (table, column) not in self.by:
            index: dict[Any, list[Row]] = defaultdict(list)
            for row in self.state[table]:
                index[row[column]].append(row)
            self.by[table, column] = index
        return self.by[table, column].get(value, [])

    def one(self, table: str, column: str, value: Hashable) -> Row | None:
        return next(iter(self.of(table, column, value)), None)

    def desk_of(self, message: Row) -> str:
        ticket = self.one("ticket", "id", message["ticket_id"])
        return str(ticket["desk"]) if ticket else ""


def the_database_is_sound(case: Case) -> Iterator[Fault]:
    for complaint in case.state.complaints:
        yield Fault("half", f"the database says: {complaint}")
    for table, column, target, key in case.state.references:
        known = {row[key] for row in case.state[target]} if target in case.state.rows else None
        for row in case.state[table]:
            if known is not None and row[column] is not None and row[column] not in known:
                yield Fault("half", f"{table}.{column} = {row[column]} leads to no row of {target}")


def bytes_are_what_their_name_says(case: Case) -> Iterator[Fault]:
    for raw in case.state["raw"]:
        if raw["digest"] != raw["sha256"] or raw["length"] != raw["size"]:
            yield Fault("half", f"raw {raw['sha256'][:12]} holds {raw['length']} other bytes ({raw['digest'][:12]})")


def each_acknowledged_mail_is_kept_once(case: Case) -> Iterator[Fault]:
    for sent in case.sent.values():
        for desk in sent.desks:
            rows = case.of("inbound", "rfc_message_id", sent.marker) or case.of("inbound", "raw", sent.digest)
            standing = [r for r in rows if r["claim"] and (r["desk"] == desk or _is_yet_unread(case, sent, r))]
            yield from _exactly_one(standing, f"{sent.marker} ({sent.intent}) in the ledger of {desk}")
            for row in standing[:1]:
                yield from _kept_as_sent(case, sent, row)


def _is_yet_unread(case: Case, sent: Sent, row: Row) -> bool:
    """A mail of a mailbox whose reader was killed lies at the first desk, until it is tried again and read."""
    return case.world.workers_killed and sent.door == "mailbox" and row["because"] == "worker-died"


def _kept_as_sent(case: Case, sent: Sent, row: Row) -> Iterator[Fault]:
    wanted = "quarantined" if sent.intent in ("held", "unreadable") else "filed"
    excused = case.world.workers_killed and row["because"] == "worker-died"
    if row["state"] != wanted and not excused:
        yield Fault("wrong", f"{sent.marker} ({sent.intent}) is {row['state']} ({row['because']}: {row['error']})")
    if row["raw"] != sent.digest:
        yield Fault("half", f"{sent.marker} is kept with other bytes than were sent")
    if row["state"] == "filed":
        messages = [m for m in case.of("message", "rfc_message_id", sent.marker) if case.desk_of(m) == row["desk"]]
        yield from _exactly_one(messages, f"the message of {sent.marker} at {row['desk']}")
        for message in messages[:1]:
            if message["raw"] != sent.digest:
                yield Fault("half", f"the message of {sent.marker} has other bytes than were sent")
            if sent.ticket is not None and message["ticket_id"] != sent.ticket:
                yield Fault("wrong", f"{sent.marker} answers ticket {sent.ticket}, is on {message['ticket_id']}")
    if sent.intent == "held" and row["state"] == wanted and not excused:
        holds = [h for h in case.of("hold", "inbound_id", row["id"]) if h["decided_at"] is None]
        yield from _exactly_one(holds, f"the hold of {sent.marker}")


def nothing_is_kept_that_nobody_sent(case: Case) -> Iterator[Fault]:
    digests = {sent.digest for sent in case.sent.values()}
    for row in case.state["inbound"]:
        if row["rfc_message_id"] not in case.sent and row["raw"] not in digests:
            yield Fault("wrong", f"ledger row {row['id']} is of a mail that nobody sent ({row['rfc_message_id']})")


def each_message_and_its_ledger_row_agree(case: Case) -> Iterator[Fault]:
    standing: Counter[int] = Counter()
    for row in case.state["inbound"]:
        if row["because"] == "duplicate":
            if row["claim"] is not None:
                yield Fault("doubled", f"ledger row {row['id']} is a repeat and stands for the mail itself")
            continue
        if row["state"] != "filed":
            if row["state"] == "failed":
                yield Fault("wrong", f"ledger row {row['id']} failed ({row['because']}: {row['error']})")
            continue
        message = case.one("message", "id", row["message_id"])
        if message is None or row["ticket_id"] is None:
            yield Fault("half", f"ledger row {row['id']} is filed and has no ticket or no message")
            continue
        standing[message["id"]] += 1
        if message["raw"] != row["raw"] or message["ticket_id"] != row["ticket_id"]:
            yield Fault("half", f"ledger row {row['id']} and message {message['id']} disagree on bytes or ticket")
    for message in case.state["message"]:
        count = standing[message["id"]]
        if count != 1:
            yield Fault("half" if not count else "doubled", f"message {message['id']} has {count} ledger rows")
        if not case.of("raw", "sha256", message["raw"]):
            yield Fault("lost", f"message {message['id']} has no bytes")


def no_ticket_is_half(case: Case) -> Iterator[Fault]:
    for ticket in case.state["ticket"]:
        number = ticket["id"]
        events = sorted(case.of("event", "ticket_id", number), key=lambda e: e["id"])
        opened = [e for e in events if e["kind"] == "ticket_opened"]
        if not events or len(opened) != 1 or events[0] is not opened[0]:
            yield Fault("half", f"ticket {number} has {len(opened)} ticket_opened, which must be its first event")
        if not case.of("message", "ticket_id", number):
            yield Fault("half", f"ticket {number} has no message")
        people = {p["person_id"] for p in case.of("participant", "ticket_id", number)}
        if ticket["requester_id"] not in people:
            yield Fault("half", f"the requester of ticket {number} is no participant")
        if not case.of("mail_address", "person_id", ticket["requester_id"]):
            yield Fault("half", f"the requester of ticket {number} has no address")


ALARMS = frozenset({"promise_warned", "promise_broken", "escalated"})
STORIES = {"customer": ("ticket_opened", "customer_replied"), "agent": ("agent_replied",)}


def columns_are_what_events_made_of_them(case: Case) -> Iterator[Fault]:
    for ticket in case.state["ticket"]:
        number, status = ticket["id"], "new"
        events = sorted(case.of("event", "ticket_id", number), key=lambda e: e["id"])
        for event in events:
            data = json.loads(event["data"])
            if event["kind"] == "status_changed":
                if data["from"] != status:
                    yield Fault("half", f"ticket {number} went from {data['from']} while it was {status}")
                status = data["to"]
        if status != ticket["status"]:
            yield Fault("half", f"ticket {number} is {ticket['status']}, its events say {status}")
        instants = [e["at"] for e in events]
        if instants != sorted(instants):
            yield Fault("wrong", f"the events of ticket {number} are not in the order of their instants")
        changes = [e["at"] for e in events if e["kind"] != "mail_delivered"]
        if changes and ticket["updated_at"] != changes[-1]:
            yield Fault("half", f"ticket {number} was updated at {ticket['updated_at']}, its last change is another")
        answered = next((e["at"] for e in events if e["kind"] == "agent_replied"), None)
        if ticket["first_response_at"] != answered:
            yield Fault("half", f"the first response of ticket {number} and its first answer disagree")
    for message in case.state["message"]:
        kinds = STORIES.get(message["kind"], ())
        told = [e for e in case.of("event", "message_id", message["id"]) if e["kind"] in kinds]
        if kinds:
            yield from _exactly_one(told, f"the event of message {message['id']}", missing="half")


def promises_are_what_events_made_of_them(case: Case) -> Iterator[Fault]:
    """Each customer's ticket has its two promises, and each promise stands as its last event says."""
    for event in case.of("event", "kind", "ticket_opened"):
        if json.loads(event["data"]).get("by") == "customer":
            made = {p["metric"] for p in case.of("promise", "ticket_id", event["ticket_id"])}
            if not made >= {"first_response", "resolution"}:
                yield Fault("half", f"ticket {event['ticket_id']} was promised {sorted(made) or 'nothing'}")
    for promise in case.state["promise"]:
        named = f"{promise['metric']} {promise['cycle']} of ticket {promise['ticket_id']}"
        told = [
            data
            for event in case.of("event", "ticket_id", promise["ticket_id"])
            if event["kind"].startswith("promise_")
            and (data := json.loads(event["data"]))
            and (data["metric"], data["cycle"]) == (promise["metric"], promise["cycle"])
        ]
        if not told:
            yield Fault("half", f"{named} has no event")
        elif (told[-1]["spent"], told[-1]["due"]) != (promise["spent"], promise["due_at"]):
            yield Fault("half", f"{named} is {promise['spent']} spent, due {promise['due_at']}, its event {told[-1]}")


def each_plan_has_its_letters(case: Case) -> Iterator[Fault]:
    """Acknowledgement once a ticket, each agent told of each customer's mail, each answer once to each participant."""
    for message in case.state["message"]:
        written = Counter(
            (o["kind"], o["recipient"])
            for o in case.of("outbox", "message_id", message["id"])
            if o["kind"] != "failure"
        )
        if any(e["kind"] in ALARMS for e in case.of("event", "message_id", message["id"])):
            # time passed up to the mail, and a promise with it: each agent may have been told once
            written -= Counter({("alert", agent): 1 for agent in (AGENT, SECOND)})
        wanted = Counter(_demanded(case, message))
        for (kind, to), count in (wanted - written).items():
            yield Fault("lost", f"message {message['id']} lacks {count} {kind} to {to}")
        for (kind, to), count in (written - wanted).items():
            yield Fault("doubled", f"message {message['id']} has {count} {kind} to {to} too many")
    for hold in case.state["hold"]:
        asked = [o for o in case.state["outbox"] if o["kind"] == "confirmation"]
        if len(asked) != len(case.state["hold"]):
            yield Fault("lost", f"{len(case.state['hold'])} holds have {len(asked)} confirmations (hold {hold['id']})")
            break
    for failed in (o for o in case.state["outbox"] if o["state"] == "failed" and o["kind"] == "answer"):
        told = [o for o in case.of("outbox", "message_id", failed["message_id"]) if o["kind"] == "failure"]
        yield from _exactly_one(told, f"the word to the agent that answer {failed['id']} failed")


def _demanded(case: Case, message: Row) -> Iterator[tuple[str, str]]:
    if message["kind"] == "customer":
        yield from (("notification", agent) for agent in (AGENT, SECOND))
        opened = [e for e in case.of("event", "message_id", message["id"]) if e["kind"] == "ticket_opened"]
        excused = case.world.clock_leapt and any("received-long-ago" in e["data"] for e in opened)
        if opened and not excused:
            yield "acknowledgement", _address(case, message["author_id"])
    elif message["kind"] == "agent":
        for participant in case.of("participant", "ticket_id", message["ticket_id"]):
            yield "answer", _address(case, participant["person_id"])


def _address(case: Case, person: int) -> str:
    row = case.one("mail_address", "person_id", person)
    return str(row["address"]) if row else "?"


def each_letter_arrived_as_it_was_written(case: Case) -> Iterator[Fault]:
    taken: dict[tuple[str, str], list[str]] = defaultdict(list)
    for mark in case.world.postmarks:
        taken[mark.message_id, mark.recipient].append(mark.digest)
    written = set()
    for row in case.state["outbox"]:
        key = (row["rfc_message_id"], row["recipient"])
        if key in written:
            yield Fault("doubled", f"two letters to {key[1]} bear the Message-ID {key[0]}")
        written.add(key)
        digests = taken.get(key, [])
        if row["state"] == "failed" and row["recipient"] in case.world.refused:
            if digests:
                yield Fault("wrong", f"letter {row['id']} was refused for good and sent all the same")
            continue
        if row["state"] != "delivered":
            yield Fault("lost", f"letter {row['id']} to {row['recipient']} is {row['state']} ({row['response']})")
        if not digests:
            yield Fault("lost", f"letter {row['id']} to {row['recipient']} never came to the relay")
        if set(digests) - {row["raw"]}:
            yield Fault("half", f"letter {row['id']} came to the relay with other bytes than it has")
        told = [
            e
            for e in case.of("event", "ticket_id", row["ticket_id"])
            if e["kind"] == "mail_delivered" and json.loads(e["data"])["outbox"] == row["id"]
        ]
        if row["ticket_id"] is not None and row["state"] == "delivered":
            yield from _exactly_one(told, f"the event of the delivery of letter {row['id']}", missing="half")
    for message_id, recipient in taken.keys() - written:
        yield Fault("wrong", f"the relay has a mail {message_id} to {recipient} that is in no outbox")


def letters_came_in_their_order(case: Case) -> Iterator[Fault]:
    first: dict[tuple[str, str], int] = {}
    for place, mark in enumerate(case.world.postmarks):
        first.setdefault((mark.message_id, mark.recipient), place)
    lanes: dict[tuple[int, str], list[Row]] = defaultdict(list)
    for row in sorted(case.state["outbox"], key=lambda o: o["id"]):
        if row["ticket_id"] is not None and (row["rfc_message_id"], row["recipient"]) in first:
            lanes[row["ticket_id"], row["lane"]].append(row)
    for (ticket, lane), rows in lanes.items():
        places = [first[r["rfc_message_id"], r["recipient"]] for r in rows]
        if places != sorted(places):
            yield Fault("wrong", f"letters of ticket {ticket} to {lane} came to the relay in another order")


def each_mail_of_a_mailbox_is_in_the_ledger_once(case: Case) -> Iterator[Fault]:
    seen = Counter((r["source"], r["source_key"], r["desk"]) for r in case.state["inbound"] if r["source_key"])
    for (source, key, desk), count in seen.items():
        if count > 1:
            yield Fault("doubled", f"{source} {key} is in the ledger of {desk} {count} times")
    kept = {r["sha256"] for r in case.state["raw"]}
    known = {(source, key) for source, key, _ in seen}
    watched = {(source, key.rpartition("/")[0]) for source, key in known}
    for mail in case.world.lying:
        where, place = f"UID {mail.uid} of {mail.mailbox}/{mail.folder}", f"{mail.folder}/{mail.uidvalidity}"
        if mail.done and mail.digest not in kept:
            yield Fault("lost", f"{where} is marked as filed and is not kept")
        if not mail.done:
            yield Fault("wrong", f"{where} is left as it was")
        source = f"imap:{mail.mailbox}"
        if (source, place) in watched and (source, f"{place}/{mail.uid}") not in known:
            yield Fault("lost", f"{where} is not in the ledger")


def _exactly_one(rows: Collection[Any], what: str, missing: Kind = "lost") -> Iterator[Fault]:
    if len(rows) != 1:
        yield Fault("doubled" if rows else missing, f"{what} is there {len(rows)} times")


RULES: tuple[Callable[[Case], Iterable[Fault]], ...] = (
    the_database_is_sound,
    bytes_are_what_their_name_says,
    each_acknowledged_mail_is_kept_once,
    nothing_is_kept_that_nobody_sent,
    each_message_and_its_ledger_row_agree,
    no_ticket_is_half,
    columns_are_what_events_made_of_them,
    promises_are_what_events_made_of_them,
    each_plan_has_its_letters,
    each_letter_arrived_as_it_was_written,
    letters_came_in_their_order,
    each_mail_of_a_mailbox_is_in_the_ledger_once,
)


UNDER_WAY = (
    the_database_is_sound,
    bytes_are_what_their_name_says,
    each_acknowledged_mail_is_kept_once,
    each_message_and_its_ledger_row_agree,
    no_ticket_is_half,
    columns_are_what_events_made_of_them,
    promises_are_what_events_made_of_them,
    each_plan_has_its_letters,
)
"""The rules that hold at any moment, also while letters wait and mail is on its way."""


def faults(state: State, world: World, rules: Iterable[Callable[[Case], Iterable[Fault]]] = RULES) -> list[Fault]:
    """All that is wrong."""
    case = Case(state, world)
    return [fault for rule in rules for fault in rule(case)]
