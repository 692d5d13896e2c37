"""Sample contexts: every branch of every template, for the check at start and for looking at the mails."""

from __future__ import annotations

from daemon.core.values import Address
from daemon.mail.contexts import (
    Acknowledgement,
    Alarm,
    Alert,
    Answer,
    Change,
    Confirmation,
    Context,
    DeskCard,
    Failure,
    Figures,
    File,
    Notification,
    Occasion,
    Reminder,
    Report,
    Status,
    TicketCard,
)

DESK = DeskCard("Support", "support@example.com")
CUSTOMER = Address("Customer", "customer@example.com")
NAMELESS = Address("", "customer@example.com")
WORDS = """\
Hello,

I cannot open the invoice that came on Monday. The page says "Document not found".
Could you send it again, please? The order is 2041-77.

Thank you
Customer"""
TICKET = TicketCard(1042, "Invoice cannot be opened", "open", "high", "billing", "Desk Agent", CUSTOMER)
PLAIN_TICKET = TicketCard(1042, "", "new", "medium", "", "", NAMELESS)
FILES = (File("invoice.png", 48_211, True), File("recording.mov", 62_100_233, False))
KINDS: tuple[Occasion, ...] = ("opened", "replied")
CHANGES: tuple[Change, ...] = ("pending", "resolved", "closed", "reopened")
PROMISED: tuple[Alarm, ...] = ("warned", "broken", "escalated")
ALARMS: tuple[Alarm, ...] = (*PROMISED, "follow-up", "snooze-over")
METRICS = ("first_response", "next_response", "resolution")
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
    "any-other",
)

SAMPLES: dict[str, tuple[Context, ...]] = {
    "acknowledgement": (
        Acknowledgement(DESK, 1042, TICKET.subject, "Example Ltd · Monday to Friday, 9 to 17"),
        Acknowledgement(DESK, 1042, None, ""),
    ),
    "notification": tuple(
        notification
        for kind in KINDS
        for notification in (
            Notification(kind, DESK, CUSTOMER, WORDS, FILES, TICKET),
            Notification(kind, DESK, NAMELESS, "", (), PLAIN_TICKET),
        )
    ),
    "answer": (
        Answer(
            DESK,
            1042,
            TICKET.subject,
            "Desk Agent",
            "Hello,\n\nhere is the invoice again, this time as a PDF.\n\nIs there anything else we can do?",
            "<p>Hello,</p><p>here is the invoice <b>again</b>, this time as a PDF.</p>"
            "<p>Is there anything else we can do?</p>",
            "Billing · Example Ltd",
        ),
        Answer(DESK, 1042, None, "Desk Agent", "Done.", None, ""),
    ),
    "status": tuple(
        Status(kind, DESK, 1042, subject, signature)
        for kind in CHANGES
        for subject, signature in ((TICKET.subject, "Example Ltd · Monday to Friday, 9 to 17"), (None, ""))
    ),
    "confirmation": tuple(
        confirmation
        for because in REASONS
        for confirmation in (
            Confirmation(DESK, 1042, TICKET.subject, because, WORDS, "https://desk.example.com/confirm/17/token", 72),
            Confirmation(DESK, None, "", because, "", None, 72),
        )
    ),
    "failure": (
        Failure(DESK, 1042, TICKET.subject, CUSTOMER, "550 5.1.1 <customer@example.com>: no such user", False),
        Failure(DESK, 1042, "", NAMELESS, "", True),
    ),
    "alert": tuple(
        Alert(kind, DESK, ticket, metric if kind in PROMISED else "", due, 75, 2)
        for kind in ALARMS
        for metric in METRICS
        for ticket, due in ((TICKET, "2026-03-30 09:00 (Europe/Berlin)"), (PLAIN_TICKET, ""))
    ),
    "reminder": (
        Reminder(DESK, 1042, TICKET.subject, "Example Ltd · Monday to Friday, 9 to 17"),
        Reminder(DESK, 1042, None, ""),
    ),
    "report": (
        Report(
            "quarantined",
            17,
            "too-many-parts",
            "501 parts",
            "Quarterly figures",
            "Customer <customer@example.com>",
            48_211,
            "counterfoil inbound show 17",
        ),
        Report("failed", 18, "internal-error", "", "", "", 1_203, "counterfoil inbound show 18"),
    ),
    "figures": (
        Figures(
            "The week",
            "2026-03-30",
            ("41 tickets came in.", "Half of the customers had their first answer within 1 h 59 min of open time."),
            (("chart1@counterfoil.local", "flow"), ("chart2@counterfoil.local", "first response")),
        ),
        Figures("Overview", "2026-03-30", (), ()),
    ),
}
