"""Sample contexts of the mails to agents: every branch of every template."""

from __future__ import annotations

from typing import get_args

from daemon.core.values import Address
from daemon.mail.cards import (
    Action,
    ActionName,
    Changed,
    DeskCard,
    Earlier,
    Fault,
    File,
    News,
    PromiseCard,
    QueueRow,
    Section,
    TicketCard,
)
from daemon.mail.contexts import (
    Alarm,
    Alert,
    Confirmation,
    Context,
    Digest,
    Failure,
    Help,
    Notification,
    Occasion,
    Queue,
    Receipt,
    Sheet,
    Unclear,
)
from daemon.mail.mailto import mailto

DESK = DeskCard("Support", "support@example.com")
CUSTOMER = Address("Customer", "customer@example.com")
NAMELESS = Address("", "customer@example.com")
AGENT = Address("Desk Agent", "agent@example.com")
WORDS = """\
Hello,

I cannot open the invoice that came on Monday. The page says "Document not found".
Could you send it again, please? The order is 2041-77.

Thank you
Customer"""
NOTE = "@agent the invoice was made anew on Tuesday, its old address is gone.\n\nCould you send the new one?"
TICKET = TicketCard(1042, "Invoice cannot be opened", "open", "high", "billing", "Desk Agent", CUSTOMER)
PLAIN_TICKET = TicketCard(1042, "", "new", "medium", "", "", NAMELESS)
MERGED_TICKET = TicketCard(1009, "Invoice", "merged", "medium", "", "", NAMELESS, merged_into=1042)
FULL_TICKET = TicketCard(
    1042,
    "Invoice cannot be opened",
    "open",
    "high",
    "billing",
    "Desk Agent",
    CUSTOMER,
    type="incident",
    tags=("invoice", "portal"),
    participants=(CUSTOMER, Address("Bookkeeping", "books@example.com")),
    promises=(
        PromiseCard("next_response", "running", "Mon 30 March, 14:10", 7_800),
        PromiseCard("resolution", "paused", "", 273_600),
    ),
    earlier=4,
    open_others=((1038, "Change of the billing address"), (1029, "")),
    since="2024-03-01",
    undelivered=Address("Bookkeeping", "books@example.com"),
    snoozed_until="Tue 31 March, 9:00",
    organisation="Example Ltd",
    phone="+49 30 5550100",
    remark="Prefers a call.\nPays by invoice.",
)
LATE_TICKET = TicketCard(
    1017,
    "No dial tone since the weekend, and nobody can be reached on the other line either",
    "open",
    "urgent",
    "network",
    "",
    NAMELESS,
    promises=(
        PromiseCard("first_response", "broken", "Mon 30 March, 8:30", -11_700),
        PromiseCard("resolution", "broken", "", None),
    ),
    earlier=1,
    undelivered=NAMELESS,
)
FILES = (File("invoice.png", 48_211, True), File("recording.mov", 62_100_233, False))
REPLY = "support+1042-abcdefghijklmnopqrstuvwxyz@example.com"
COMMANDS: dict[ActionName, str] = {
    "take": "#take",
    "resolve": "#resolve",
    "note": "#note ",
    "snooze": "#snooze 1d",
    "priority": "#priority high",
    "close": "#close",
    "reopen": "#reopen",
}
ACTIONS = tuple(
    Action(name, mailto(REPLY, "Re: [#1042] Invoice cannot be opened", command)) for name, command in COMMANDS.items()
)
HISTORY = (
    Earlier("agent", AGENT, "Sun 29 March, 17:40", "Hello,\n\nthe invoice is on its way.\n\nDesk Agent", False, True),
    Earlier("note", Address("Lead", "lead@example.com"), "Sun 29 March, 16:02", "The portal was down.", False),
    Earlier("automatic", NAMELESS, "Sat 28 March, 11:31", "", False),
    Earlier("customer", CUSTOMER, "Sat 28 March, 11:30", WORDS, True),
)
METRICS = ("first_response", "next_response", "resolution")
KINDS: tuple[Occasion, ...] = get_args(Occasion)
PROMISED: tuple[Alarm, ...] = ("warned", "broken", "escalated")
ALARMS: tuple[Alarm, ...] = get_args(Alarm)
REASONS = (
    "agent-unproved",
    "agent-without-token",
    "token-of-another",
    "marker-missing",
    "our-words-outside",
    "no-words",
    "nobody-to-write-to",
    "too-long",
    "secret-inside",
    "quotes-note",
    "ticket-merged-meanwhile",
    "ticket-closed-meanwhile",
    "crosses-customer",
    "crosses-colleague",
    "agent-left",
    "forward-uncertain",
    "forward-without-address",
    "unknown-command",
    "any-other",
)
CHANGES = (
    Changed("status", "open", "resolved"),
    Changed("assignee", "Lead", ""),
    Changed("tag", "", "invoice"),
    Changed("untag", "portal", ""),
    Changed("note", "", ""),
    Changed("any-other", "", "x"),
)
FAULTS = (
    Fault("#clsoe", "unknown-command", "", ("#close", "#cc")),
    Fault("#assign bob", "no-such-agent", "bob", ("Rob",)),
    Fault("#take now", "argument-superfluous", "now", ()),
    Fault("#pending", "command-at-the-end", "", ()),
    Fault("#any", "any-other", "", ()),
)
ROWS = (
    QueueRow(LATE_TICKET, "Mon 30 March, 7:30", mailto(REPLY, "Re: [#1017]"), ACTIONS[:1]),
    QueueRow(FULL_TICKET, "Mon 30 March, 12:00", mailto(REPLY, "Re: [#1042]"), ACTIONS[1:4]),
    QueueRow(PLAIN_TICKET, "", mailto(REPLY), ()),
    QueueRow(MERGED_TICKET, "", mailto(REPLY), ()),
)
LINK = "https://desk.example.com/confirm/17-token"
UNDO = "https://desk.example.com/undo/17-token"
BY_MAIL = mailto("support+c17-abcdefghijklmnopqrstuvwxyz@example.com", "Re: [#1042]", "#undo")

AGENTS_SAMPLES: dict[str, tuple[Context, ...]] = {
    "notification": tuple(
        notification
        for kind in KINDS
        for notification in (
            Notification(kind, DESK, CUSTOMER, WORDS, FILES, TICKET, other=1017),
            Notification(
                kind,
                DESK,
                CUSTOMER if kind in ("opened", "replied") else Address("Lead", "lead@example.com"),
                NOTE if kind in ("noted", "mentioned") else WORDS,
                FILES,
                FULL_TICKET,
                HISTORY,
                ACTIONS,
                "Lead",
                1017,
            ),
            Notification(kind, DESK, NAMELESS, "", (), PLAIN_TICKET, other=1017),
        )
    ),
    "sheet": (
        Sheet(DESK, FULL_TICKET, HISTORY[::-1], ACTIONS),
        Sheet(DESK, PLAIN_TICKET, (), ()),
    ),
    "receipt": (
        Receipt("done", DESK, TICKET, ("#resolve",), CHANGES[:1], (CUSTOMER,), "Here it is.", False, 20, (), UNDO),
        Receipt(
            "done",
            DESK,
            TICKET,
            ("#resolve", "#assign none"),
            CHANGES,
            (CUSTOMER, NAMELESS),
            WORDS,
            undo_by_mail=BY_MAIL,
        ),
        Receipt("done", DESK, TICKET, ("#note",), CHANGES[4:5], (), NOTE, True, 0, (), UNDO, BY_MAIL),
        Receipt("done", DESK, None, ("#away until friday",), (Changed("away", "", "Fri 3 April"),)),
        Receipt("dry", DESK, TICKET, ("#resolve",), CHANGES[:1], (CUSTOMER,), "Here it is."),
        Receipt("undone", DESK, TICKET, (), (Changed("status", "resolved", "open"),), (CUSTOMER,), "Here it is."),
        Receipt(
            "undone",
            DESK,
            TICKET,
            skipped=(("status", "changed-meanwhile"), ("answer", "mail-has-left"), ("x", "any-other")),
        ),
        Receipt("nothing", DESK, PLAIN_TICKET, ("#take",)),
        Receipt("nothing", DESK, TICKET, (), CHANGES[:2], undo=UNDO, undo_by_mail=BY_MAIL),
        Receipt("nothing", DESK, TICKET),
        Receipt("done", DESK, TICKET, ("#merge 1017",), readers=(CUSTOMER, NAMELESS)),
        Receipt("dry", DESK, TICKET, ("#merge 1017",), readers=(CUSTOMER, NAMELESS)),
        Receipt("done", DESK, TICKET, ("#resolve",), CHANGES[:1], waits=20, told=(CUSTOMER, NAMELESS)),
        Receipt("dry", DESK, TICKET, ("#resolve",), CHANGES[:1], told=(CUSTOMER,)),
    ),
    "unclear": (
        Unclear(DESK, TICKET, FAULTS, WORDS, LINK, LINK, 72),
        Unclear(DESK, None, FAULTS[:1], "", None, None, 72),
        Unclear(DESK, PLAIN_TICKET, FAULTS[1:2], WORDS, None, LINK, 72),
    ),
    "queue": tuple(
        queue
        for asked in ("mine", "team", "unassigned", "late", "invoice")
        for queue in (Queue(DESK, asked, ROWS, 5), Queue(DESK, asked, (), 0))
    ),
    "digest": (
        Digest(
            DESK,
            "Monday, 30 March",
            (
                Section("mine", "", ROWS, 0),
                Section("unassigned", "", ROWS[:1], 7),
                Section("team", "billing", ROWS[1:], 0),
                Section("team", "", (), 0),
                Section("watched", "", ROWS[:1], 0),
            ),
            (
                News(1038, "Change of the billing address", "answered", "Lead", "Sun 29 March, 18:00", "It is done."),
                News(1029, "", "any-other", "", "", ""),
            ),
            1,
            12,
        ),
        Digest(DESK, "2026-03-30", (Section("mine", "", ROWS[2:], 0),), (), 0, 1),
        Digest(DESK, "2026-03-30", (), (), 0, 0),
    ),
    "help": (
        Help(
            DESK,
            (
                ("#note TEXT", "All that follows is internal: only the team sees it.", "#note he called again"),
                ("#take", "The request is yours.", "#take"),
                ("#snooze TIME", "Puts the request aside until then.", "#snooze monday 9:00"),
            ),
            "support+0-abcdefghijklmnopqrstuvwxyz@example.com",
            (("welcome", "Greets a new customer."), ("call", "")),
        ),
        Help(DESK, (("#take", "The request is yours.", ""),), "", ()),
    ),
    "confirmation": tuple(
        confirmation
        for because in REASONS
        for confirmation in (
            Confirmation(DESK, 1042, TICKET.subject, because, WORDS, LINK, 72),
            Confirmation(
                DESK,
                1042,
                TICKET.subject,
                because,
                WORDS,
                LINK,
                72,
                (CUSTOMER, NAMELESS),
                BY_MAIL,
                BY_MAIL,
                "It works again.",
                ("#cc home@example.net", "#resolve"),
                CHANGES,
            ),
            Confirmation(
                DESK, 1042, TICKET.subject, because, NOTE, LINK, 72, understood=("#tag printer",), internal=True
            ),
            Confirmation(DESK, None, "", because, "", None, 72),
        )
    ),
    "failure": (
        Failure(DESK, 1042, TICKET.subject, CUSTOMER, "550 5.1.1 <customer@example.com>: no such user", False),
        Failure(
            DESK,
            1042,
            TICKET.subject,
            CUSTOMER,
            "550 no such user",
            False,
            Address("", "home@example.net"),
            FULL_TICKET,
        ),
        Failure(DESK, 1042, "", NAMELESS, "", True),
    ),
    "alert": tuple(
        Alert(kind, DESK, ticket, metric if kind in PROMISED else "", due, 75, 2)
        for kind in ALARMS
        for metric in METRICS
        for ticket, due in ((FULL_TICKET, "2026-03-30 09:00 (Europe/Berlin)"), (PLAIN_TICKET, ""))
    ),
}
