"""Every reason that a decision can carry, and what it means in a sentence. A test holds this list complete."""

from __future__ import annotations

REASONS: dict[str, str] = {
    # how a mail found its ticket
    "reply-token": "It was sent to the reply address that only this person was given.",
    "reply-token-of-another": "It was sent to someone else's reply address; its author will hear nothing.",
    "reference-from-known-author": "It answers a mail of this ticket, and its author is known on it.",
    "subject-tag-from-proved-author": "Its subject names the ticket, its author is known on it and proved.",
    "no-ticket-named": "It names no ticket, so it opened one.",
    "claim-unproved": "It names a ticket, but nothing proves that its author belongs there; it opened one of its own.",
    "answer-to-our-mail": "A machine answered one of our mails.",
    "bounce-of-our-mail": "One of our mails came back, and the report is bound to it.",
    "confirmed-by-agent": "The agent confirmed it.",
    "discarded-by-agent": "The agent discarded it.",
    # what kept it from being answered, or let it
    "a-person-wrote": "Nothing says that a machine wrote it.",
    "null-sender": "Its envelope sender is empty: a machine sent it.",
    "no-usable-sender": "It has no From that could be answered.",
    "machine-address": "Nobody reads mail at its sender's address.",
    "too-many-tickets": "Its author opened too many tickets within the hour; nobody was told.",
    "too-many-automatic-mails": "Its author got enough automatic mail within the hour.",
    "received-long-ago": "It was received too long ago to be acknowledged.",
    # why it changed nothing
    "duplicate": "The very same mail is kept already.",
    "own-mail": "We wrote it ourselves.",
    "bounce-of-no-mail-of-ours": "It reports a failure, but of no mail that is bound to one of ours.",
    "bounce-delayed-only": "One of our mails is late; it has not failed.",
    "bounce-without-ticket": "One of our mails came back that belongs to no ticket.",
    "bounce-known-already": "That mail is known to have come back.",
    "automatic-reply-to-no-ticket": "A machine replied, and to no ticket.",
    "automatic-mail-from-agent": "A machine wrote it in an agent's name, such as a vacation notice.",
    "automatic-answer-to-a-question": "A machine answered a question that only an agent may answer.",
    "agent-message-id-seen": "The agent's program sent this mail before.",
    # what keeps an agent's mail waiting
    "agent-unproved": "It bears an agent's From, and nothing proves that the agent sent it.",
    "agent-without-token": "It bears no reply address of this agent's own.",
    "token-of-another": "It was sent to the reply address of another person.",
    "marker-missing": "The agent's words cannot be told from ours.",
    "our-words-outside": "Words of ours stand among the agent's.",
    "nobody-to-write-to": "Nobody on the ticket has an address that could be written to.",
    "no-words": "Nothing that the agent wrote was found.",
    "secret-inside": "It holds an address or link that only an agent may see.",
    "agent-confirmed": "The agent answered our question: send it.",
    "agent-discarded": "The agent answered our question: discard it.",
    "question-settled-already": "The question was answered before, or its time is over.",
    # what could not be read, or not kept
    "internal-error": "A fault of ours; the bytes are kept and can be tried again.",
    "discarded-by-operator": "An operator let it rest.",
    "unknown-recipient": "No desk has that address.",
    "store-unavailable": "The database could not be written.",
    "parser-overloaded": "Too much mail waits to be read.",
    "bytes-not-kept": "Not even its bytes could be kept.",
}


def sentence(reason: str) -> str:
    """What a reason means; the reason itself if nothing is written down."""
    return REASONS.get(reason, reason.replace("-", " ").capitalize() + ".")
