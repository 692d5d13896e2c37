"""The published views as analysts see them: each table with its columns, their types, and a sentence on each.

Types are those of Arrow and pinned here: ``whole`` int64, ``instant`` UTC seconds in the database and a UTC timestamp
in frames, ``word`` one of few words (a category in frames), ``text`` any text, ``truth`` yes or no.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Type = Literal["whole", "instant", "word", "text", "truth"]
VERSION = 1
"""Of what a snapshot holds: raised when a reader of before would misread it."""


@dataclass(frozen=True, slots=True)
class Column:
    """``derived``: not in the view; made from ``data`` as it is read. ``lacking``: a number that may be missing."""

    type: Type
    says: str
    derived: bool = False
    lacking: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """A view. ``by_ticket``: its rows belong to tickets and are kept by the month of their opening."""

    view: str
    key: str
    says: str
    columns: Mapping[str, Column]
    by_ticket: bool = True
    unsettled: tuple[str, ...] = ()
    """States of rows that may still change without an event."""

    @property
    def order(self) -> tuple[str, ...]:
        """By what rows are ordered, before their key."""
        if self.by_ticket:
            return ("ticket_id",)
        return tuple(name for name in ("year",) if name in self.columns)

    @property
    def keys(self) -> tuple[str, ...]:
        """What orders its rows; nothing where they are few and their order says nothing."""
        if self.by_ticket:
            return tuple(dict.fromkeys(("ticket_id", self.key)))
        return () if self.columns[self.key].type == "text" else (self.key,)

    @property
    def published(self) -> dict[str, Column]:
        """The columns that the view has."""
        return {name: column for name, column in self.columns.items() if not column.derived}


def _w(says: str) -> Column:
    return Column("whole", says)


def _n(says: str) -> Column:
    return Column("whole", says, lacking=True)


def _i(says: str) -> Column:
    return Column("instant", says)


def _c(says: str) -> Column:
    return Column("word", says)


def _t(says: str) -> Column:
    return Column("text", says)


TICKET = _w("Number of the ticket, the one in [#1042].")
TABLES: dict[str, Table] = {
    "ticket": Table(
        "v1_ticket",
        "ticket_id",
        "A row for each ticket, as it is now.",
        {
            "ticket_id": TICKET,
            "desk": _c("Name of the desk to which it came."),
            "status": _c("new, open, pending, on_hold, resolved, closed, merged or spam."),
            "priority": _c("low, medium, high or urgent."),
            "type": _c("question, incident, problem or task."),
            "team": _c("Team in whose hands it is."),
            "assignee_id": _n("Person to whom it is assigned; none while it is nobody's."),
            "requester_id": _w("Person who asked."),
            "resolution_code": _c("How it was solved, if that was noted."),
            "escalation_level": _w("Highest step of escalation that it reached; 0 for none."),
            "channel": _c("How its first message came: smtp, imap, lmtp, file, api, portal."),
            "opened_at": _i("When its first message was received."),
            "updated_at": _i("When something happened to it last, but for letters that arrived."),
            "first_response_at": _i("When an agent's first public reply was released."),
            "resolved_at": _i("When it was last resolved; none while it is not."),
            "closed_at": _i("When it was last closed; none while it is not."),
            "merged_into_id": _n("Ticket into which it was merged."),
        },
    ),
    "event": Table(
        "v1_event",
        "event_id",
        "A row for all that ever happened to a ticket; never changed and never deleted.",
        {
            "event_id": _w("Number of the event, in the order of commits."),
            "ticket_id": TICKET,
            "kind": _c("What happened, such as customer_replied or status_changed."),
            "at": _i("When it became true; never before the ticket's event before it."),
            "recorded_at": _i("When it was noticed and written down."),
            "actor_id": _n("Person who did it; none for the clock."),
            "because": _c("The rule or reason, in kebab-case."),
            "message_id": _n("Message that brought it about."),
            "data": _t("Further facts as JSON; ids and numbers, never words of a mail."),
            "was": Column("word", "What changed, before: data.from.", derived=True),
            "becomes": Column("word", "What changed, after: data.to.", derived=True),
            "by": Column("word", "Who opened the ticket or wrote: customer, agent, automatic, history.", derived=True),
        },
    ),
    "message": Table(
        "v1_message",
        "message_id",
        "A row for each mail of a conversation, without its words.",
        {
            "message_id": _w("Number of the message."),
            "ticket_id": TICKET,
            "kind": _c("customer, agent, automatic or bounce."),
            "state": _c("filed, held, waiting or withdrawn."),
            "author_id": _n("Person who wrote it."),
            "channel": _c("How it came."),
            "automatic": _c("Which kind of machine wrote it, if one did."),
            "language": _c("Language of its words, where that can be told."),
            "because": _c("The rule that joined it to its ticket."),
            "evidence": _c("What proved its author."),
            "at": _i("When it counts."),
            "received_at": _i("When it was received."),
            "released_at": _i("When an agent's reply was released to the customer."),
        },
    ),
    "promise": Table(
        "v1_promise",
        "promise_id",
        "A row for each target of each ticket: what was promised, and whether it was kept.",
        {
            "promise_id": _w("Number of the promise."),
            "ticket_id": TICKET,
            "metric": _c("first_response, next_response or resolution."),
            "cycle": _w("Which one of this metric on this ticket, from 1 on."),
            "policy": _c("Version of the policy, by content."),
            "calendar": _c("Version of the calendar, by content; empty for calendar time."),
            "budget": _w("Seconds promised."),
            "state": _c("running, paused, kept, broken or cancelled."),
            "started_at": _i("When it was made."),
            "running_since": _i("Since when its clock runs; none while that stands."),
            "spent": _w("Seconds counted up to running_since."),
            "due_at": _i("When it is due; none while its clock stands."),
            "warned_at": _i("When its budget was nearly spent."),
            "broken_at": _i("When it was broken: the second at which it was due."),
            "kept_at": _i("When it was kept."),
            "ended_at": _i("When it was owed no longer."),
            "because": _c("Why it ended."),
        },
    ),
    "delivery": Table(
        "v1_delivery",
        "delivery_id",
        "A row for each letter to one recipient.",
        {
            "delivery_id": _w("Number of the letter."),
            "ticket_id": _n("Number of the ticket; none for mail that belongs to none."),
            "message_id": _n("Message that it carries or tells of."),
            "person_id": _n("Person to whom it goes."),
            "kind": _c("acknowledgement, notification, answer, status, …"),
            "state": _c("queued, delivered, failed, bounced or cancelled."),
            "attempts": _w("How often it was tried."),
            "created_at": _i("When it was decided."),
            "settled_at": _i("When it was delivered or given up."),
            "code": _c("What the relay said last."),
        },
        unsettled=("queued",),
    ),
    "inbound": Table(
        "v1_inbound",
        "inbound_id",
        "The ledger: a row for each mail seen, and each desk that it came to.",
        {
            "inbound_id": _w("Number in the ledger."),
            "source": _c("smtp, lmtp, imap:<mailbox>, file, api or portal."),
            "desk": _c("Name of the desk."),
            "state": _c("filed, ignored, quarantined or failed."),
            "because": _c("Why it ended there."),
            "ticket_id": _n("Number of the ticket; none for mail that belongs to none."),
            "message_id": _n("Message that it became."),
            "attempts": _w("How often it was tried."),
            "received_at": _i("When it was received."),
            "recorded_at": _i("When it was settled last."),
        },
        unsettled=("failed", "quarantined"),
    ),
    "rating": Table(
        "v1_rating",
        "rating_id",
        "A row each time a customer said how they were served; their last one on a ticket counts.",
        {
            "rating_id": _w("Number of the rating, which is that of its event."),
            "ticket_id": TICKET,
            "person_id": _w("Person who rated."),
            "at": _i("When."),
            "positive": Column("truth", "Whether they were content."),
        },
    ),
    "field": Table(
        "v1_field",
        "place",
        "A row for each field of the operator's own that is filled in on a ticket, as it is now.",
        {
            "ticket_id": TICKET,
            "place": _w("Which of the ticket's fields, in the order of their names, from 1 on."),
            "field": _c("Short name of the field, as the configuration declares it."),
            "value": _t("What stands in it: text, a number as 12.5, a date as 2026-12-01, or what was chosen."),
        },
    ),
    "calendar": Table(
        "v1_calendar",
        "calendar",
        "A row for each year of each version of a calendar, as it was laid out then.",
        {
            "calendar": _t("Version, by content."),
            "calendar_name": _t("What the configuration called it."),
            "definition": _t("Zone, hours, holidays as they were written: JSON."),
            "made_at": _i("When this version was first used."),
            "year": _w("Year (UTC)."),
            "content": _t("Opening and closing instants, closed days and shifts of the clock: JSON."),
        },
        by_ticket=False,
    ),
    "policy": Table(
        "v1_policy",
        "policy",
        "A row for each version of a policy.",
        {
            "policy": _t("Version, by content."),
            "policy_name": _t("What the configuration calls it."),
            "terms": _t("Targets, pauses, warnings, steps of escalation: JSON."),
            "made_at": _i("When this version was first in force."),
        },
        by_ticket=False,
    ),
    "person": Table(
        "v1_person",
        "person_id",
        "Names and addresses, apart from all else; a pseudonymised snapshot has none.",
        {
            "person_id": _w("Number of the person."),
            "name": _t("Name."),
            "language": _t("Language in which they are written to."),
            "created_at": _i("When they were first seen."),
            "address": _t("Address, the first in the alphabet where there are several; none of one who was joined."),
            "joined_into_id": _n("Person they turned out to be; what they wrote before is under their own number."),
        },
        by_ticket=False,
    ),
}
