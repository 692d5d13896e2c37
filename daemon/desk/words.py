"""An agent's words, told apart from ours and searched for what no customer may see, before the write lock is taken."""

from __future__ import annotations

from collections.abc import Iterable

from daemon.core.values import Mail, Parsed
from daemon.desk.house import House
from daemon.mail import answer
from daemon.mail.address import Recipient, read_message_id
from daemon.mail.attachments import attachment_bytes
from daemon.mail.compose import plain_text
from daemon.mail.leaks import leaks
from daemon.store import acts, holds, outbox

MOST_LETTERS = 15
ANSWERS = frozenset({"", "no", "ok", "ja", "hi", "so"})
SECRET_INSIDE = "secret-inside"  # noqa: S105 - a reason, not a secret

LITERAL = ("api", "portal")
"""Sources whose mail is written by us of what somebody sent as words: all of them count, and none is a command."""

Said = answer.Words | answer.Withheld


def said_in(house: House, parsed: Parsed, raw: bytes, to: Recipient, source: str) -> Said | None:
    """What an agent's mail from this source would say to the customer; None if no agent wrote it. Reads rows."""
    if source in LITERAL:
        return said_literally(house, parsed, raw, {to.number} if to.kind == "reply" else set())
    return said_by_agent(house, parsed, raw, to, told_before(house, parsed, to))


def said_literally(house: House, parsed: Parsed, raw: bytes, tickets: set[int]) -> Said | None:
    """The words of a mail as they stand, unless they hold what no customer may see; None if no agent wrote it."""
    if not isinstance(parsed, Mail) or parsed.sender is None or house.config.agent_at(parsed.sender.address) is None:
        return None
    words = answer.as_given(parsed)
    if isinstance(words, answer.Words) and _holds_secret(house, parsed, raw, words, tickets):
        return answer.Withheld(SECRET_INSIDE)
    return words


def said_by_agent(house: House, parsed: Parsed, raw: bytes, to: Recipient, ours: str = "") -> Said | None:
    """What an agent's mail would say to the customer, or why it may not (invariant 28); None if no agent wrote it.

    ``ours`` is the text of what we told the agent of this ticket: whole lines of it are known without their marks.
    """
    if not isinstance(parsed, Mail) or parsed.sender is None or house.config.agent_at(parsed.sender.address) is None:
        return None
    words = answer.agent_words(parsed, ours)
    signatures = signatures_of(house, parsed.sender.address)
    if isinstance(words, answer.Words):
        words = answer.with_orders(words, parsed, signatures)
    else:
        words = answer.orders_alone(parsed, signatures) or words
    tickets = {to.number} if to.kind == "reply" else set()
    tickets |= {found[0] for m in (*parsed.in_reply_to, *parsed.references) if (found := read_message_id(m))}
    return answer.Withheld(SECRET_INSIDE) if _holds_secret(house, parsed, raw, words, tickets) else words


def _holds_secret(house: House, parsed: Mail, raw: bytes, words: Said, tickets: set[int]) -> bool:
    """Whether a mail or a file of it holds what no customer may be sent."""
    secrets = secrets_of(house, tickets)
    names = "\n".join(a.name for a in parsed.attachments)
    if isinstance(words, answer.Words) and leaks(
        f"{parsed.subject}\n{words.text}\n{words.html or ''}\n{names}", secrets
    ):
        return True
    for attachment in parsed.attachments:
        content = attachment_bytes(raw, attachment)
        folded = content.lower().replace(b"\0", b"")  # UTF-16 is text as well
        if any(s.encode() in folded for s in secrets) or (
            attachment.content_type.startswith(("text/", "message/")) and leaks(content, secrets)
        ):
            return True
    return False


def preview(mail: Mail) -> str:
    """The words of a held mail that would leave."""
    own = answer.agent_words(mail)
    return own.text if isinstance(own, answer.Words) else mail.reply_text


def anyway(house: House, mail: Mail) -> answer.Words:
    """The words of a held mail with its commands, also where ours may stand among them."""
    address = mail.sender.address if mail.sender else ""
    return answer.with_orders(answer.Words(preview(mail)), mail, signatures_of(house, address))


def told_before(house: House, parsed: Parsed, to: Recipient) -> str:
    """The text of the latest letters about it that this agent got on the ticket; '' for anyone else. Reads rows."""
    if not isinstance(parsed, Mail) or parsed.sender is None or house.config.agent_at(parsed.sender.address) is None:
        return ""
    tickets = {to.number} if to.kind == "reply" else set()
    tickets |= {found[0] for m in (*parsed.in_reply_to, *parsed.references) if (found := read_message_id(m))}
    letters = outbox.told(sorted(tickets)[:20], parsed.sender.key, MOST_LETTERS)
    return "\n".join(plain_text(letter) for letter in letters)


def signatures_of(house: House, address: str) -> tuple[str, ...]:
    """What an agent's own signature may say, as far as we know it."""
    agent = house.config.agent_at(address)
    own = (*_names(agent.name), agent.signature, *dict(agent.signatures).values()) if agent else ()
    return tuple(text for text in (*own, *(desk.signature for desk in house.config.desk)) if text)


def _names(name: str) -> tuple[str, ...]:
    """A name as people sign with it: whole, its first and its last part, its initials where these are no answer."""
    parts = name.split()
    initials = "".join(part[0] for part in parts)
    return (name, *parts[:1], *parts[-1:], *([initials] if initials.casefold() not in ANSWERS else []))


def secrets_of(house: House, tickets: Iterable[int]) -> tuple[str, ...]:
    """What no customer may be sent: the agents' reply tokens on these tickets (20 of them at the most), and the tokens
    of what was asked or could be undone there. Reads rows."""
    secrets: list[str] = []
    for ticket in sorted(tickets)[:20]:
        secrets += (house.keyring.token(ticket, agent.person) for agent in house.agents)
        secrets += map(house.keyring.undo_token, acts.numbers(ticket))
        secrets += map(house.keyring.confirm_token, holds.numbers(ticket))
    return tuple(secrets)
