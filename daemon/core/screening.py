"""What kind of mail is this, before anyone asks what it says: our own, a bounce, a machine's, a flood.

Nothing is dropped here. Screening says whether a mail may be *answered* automatically (RFC 3834, invariant 9), whether
it may be *told* of, and which mail has no business in a ticket at all.
"""

from __future__ import annotations

from dataclasses import dataclass

from daemon.core.plan import Facts, Policy
from daemon.core.values import Automatic, Envelope, Mail

MACHINES = frozenset(
    {
        "mailer-daemon",
        "postmaster",
        "noreply",
        "no-reply",
        "no_reply",
        "donotreply",
        "do-not-reply",
        "do_not_reply",
        "bounce",
        "bounces",
        "listserv",
        "majordomo",
        "mailman",
        "autoreply",
        "auto-reply",
        "daemon",
        "nobody",
    }
)


@dataclass(frozen=True, slots=True)
class Screened:
    """``automatic``: which machine wrote it, if one did. ``answerable``: an automatic answer may go out.
    ``quiet``: nobody is told, because it is part of a flood."""

    automatic: Automatic | None
    answerable: bool
    because: str
    quiet: bool = False


def screen(mail: Mail, envelope: Envelope, facts: Facts, policy: Policy, now: int) -> Screened:
    """Judge a mail by its marks, its envelope and what its author sent lately."""
    automatic = None if mail.automatic and mail.automatic.kind == "own" else mail.automatic
    if automatic is None and envelope.sender == "":
        automatic = Automatic("auto-reply", "null-sender")
    if automatic is not None:
        return Screened(automatic, False, automatic.because)
    if mail.sender is None or facts.author is None:
        return Screened(None, False, "no-usable-sender")
    if machine_address(mail.sender.address):
        return Screened(None, False, "machine-address")
    if facts.opened_lately >= policy.tickets_per_address:
        return Screened(None, False, "too-many-tickets", quiet=True)
    if facts.automatic_lately >= policy.automatic_per_address:
        return Screened(None, False, "too-many-automatic-mails")
    if now - envelope.received_at > policy.acknowledge_within:
        return Screened(None, False, "received-long-ago")
    return Screened(None, True, "a-person-wrote")


def machine_address(address: str) -> bool:
    """Whether nobody reads what is sent to this address, by its local part."""
    local = address.rpartition("@")[0].casefold().partition("+")[0]
    return (
        local in MACHINES
        or local.startswith(("noreply-", "no-reply-", "bounce-", "bounces-"))
        or local.endswith(("-noreply", "-no-reply", "-bounces", "-request"))
    )
