"""From what a Plan wants told to one person, to the letter that tells it."""

from __future__ import annotations

from daemon.desk import questions, to_agents, to_customers
from daemon.desk.drafting import Writing
from daemon.mail.letter import Letter


def write(w: Writing) -> Letter:
    """The letter of its kind."""
    match w.outgoing.kind:
        case "acknowledgement":
            return to_customers.acknowledgement(w)
        case "answer":
            return to_customers.answer(w)
        case "status":
            return to_customers.status(w)
        case "reminder":
            return to_customers.reminder(w)
        case "opened" | "replied" | "assigned" | "noted" | "mentioned" | "answered" | "crossed":
            return to_agents.notification(w)
        case "merged" | "unmerged":
            return to_agents.merge(w)
        case "confirmation":
            return questions.question(w)
        case "unclear":
            return questions.unclear(w)
        case "receipt":
            return to_agents.receipt(w)
        case "queue":
            return to_agents.queue(w)
        case "sheet":
            return to_agents.sheet(w)
        case "help":
            return to_agents.commands(w)
        case "failure":
            return to_agents.bounced(w)
        case "alert":
            return to_agents.alert(w)
