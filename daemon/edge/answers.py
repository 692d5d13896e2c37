"""What a peer is told: plain sentences, never the text of an exception (invariant 3).

A mail that is kept, however it ended, is answered 250; one that could not be kept 451, so that it comes again and is
recognised; 5xx stands for a refusal that sending again does not change.
"""

from __future__ import annotations

from collections.abc import Sequence

from daemon.core.values import Outcome

KEPT = frozenset({"filed", "ignored", "quarantined", "failed"})
LATER = "451 4.3.0 This mail cannot be kept at the moment, please send it again later"
TOO_LARGE = "552 5.3.4 This mail is larger than we accept"
REFUSALS = {
    "too-large": TOO_LARGE,
    "unknown-recipient": "550 5.1.1 No such address here",
    "mail-loop": "554 5.4.6 This mail has come round in a loop",
}


def answer(outcome: Outcome) -> str:
    """The line for one recipient."""
    if outcome.state in KEPT:
        return "250 2.0.0 Kept" + (f" as {outcome.inbound}" if outcome.inbound is not None else "")
    if outcome.state == "deferred":
        return LATER
    return REFUSALS.get(outcome.because) or f"554 5.7.1 This mail is refused: {outcome.because.replace('-', ' ')}"


def answer_for_all(outcomes: Sequence[Outcome]) -> str:
    """The one line that SMTP has for all recipients.

    One deferred recipient has the whole mail sent again, which is safe since the others recognise it. One refused
    recipient refuses it, since the sender would not hear of that otherwise.
    """
    for state in ("deferred", "rejected"):
        for outcome in outcomes:
            if outcome.state == state:
                return answer(outcome)
    return answer(outcomes[0])


def printable(text: str) -> str:
    """One line of printable ASCII, whatever a peer had us repeat."""
    if text.isascii() and text.isprintable():
        return text[:500]
    return "".join(c if " " <= c <= "~" else "?" for c in text[:500])
