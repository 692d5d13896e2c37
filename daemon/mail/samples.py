"""Sample contexts: every branch of every template, for the check at start and for looking at the mails.

Those of the mails to agents stand in ``agents_samples``.
"""

from __future__ import annotations

from daemon.mail.agents_samples import AGENTS_SAMPLES, CUSTOMER, DESK, FILES, TICKET, WORDS
from daemon.mail.contexts import (
    CONTEXTS,
    Acknowledgement,
    Answer,
    Change,
    Context,
    Figures,
    Paused,
    Reminder,
    Report,
    SignIn,
    Status,
)

__all__ = ["CUSTOMER", "FILES", "SAMPLES", "TICKET", "WORDS"]

RATE = "https://desk.example.com/rate/1042-token"
PAGE = "https://desk.example.com/open/1042-token"
CHANGES: tuple[Change, ...] = ("pending", "resolved", "closed", "reopened")

_PAUSED = ("2026-03-27 09:00", 4_711)

_SAMPLES: dict[str, tuple[Context, ...]] = {
    "acknowledgement": (
        Acknowledgement(DESK, 1042, TICKET.subject, "Example Ltd · Monday to Friday, 9 to 17", PAGE),
        Acknowledgement(DESK, 1042, None, ""),
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
            PAGE,
        ),
        Answer(DESK, 1042, None, "Desk Agent", "Done.", None, ""),
    ),
    "status": tuple(
        Status(kind, DESK, 1042, subject, signature, rate, page)
        for kind in CHANGES
        for subject, signature, rate, page in (
            (TICKET.subject, "Example Ltd · Monday to Friday, 9 to 17", RATE, PAGE),
            (None, "", None, None),
        )
    ),
    "reminder": (
        Reminder(DESK, 1042, TICKET.subject, "Example Ltd · Monday to Friday, 9 to 17", PAGE),
        Reminder(DESK, 1042, None, ""),
    ),
    "sign-in": (
        SignIn(DESK, "https://desk.example.com/sign-in/token", 30, "Example Ltd · Monday to Friday, 9 to 17"),
        SignIn(DESK, "https://desk.example.com/sign-in/token", 5, ""),
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
    "paused": (
        Paused("reports", "example.net", False, "HTTP 500", *_PAUSED, "counterfoil webhook resume reports"),
        Paused("reports", "example.net", True, "HTTP 410", *_PAUSED, "counterfoil webhook resume reports"),
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

SAMPLES = {name: (AGENTS_SAMPLES | _SAMPLES)[name] for name in CONTEXTS}
