"""What the rows know of a forwarded mail: which of the addresses in it are ours, and so whose ticket it would open."""

from __future__ import annotations

from daemon.core.forwarding import of_customer
from daemon.core.values import Mail
from daemon.desk.house import House
from daemon.mail.address import Recipient
from daemon.store import people


def ours(house: House, mail: Mail) -> frozenset[str]:
    """The authors of the mails that this one forwards who are a desk or an agent, at whichever address. Reads rows."""
    if mail.forwarded is None:
        return frozenset()
    agents = {agent.person for agent in house.agents}
    authors = [one.sender for one in (mail.forwarded, *mail.forwarded.others) if one.sender.address]
    return frozenset(
        one.key
        for one in authors
        if house.book.read(one.address) or house.config.agent_at(one.address) or people.at(one.address) in agents
    )


def told(house: House, mail: Mail, to: Recipient) -> str | None:
    """Whose ticket a held mail would open and with which words, for its agent to confirm; None if it is no such mail.

    Where no address can be read it would be the agent's own, with all that stands in the mail. Reads rows.
    """
    opens = to.kind == "desk" or (to.kind == "reply" and to.number == 0)
    forwarded = of_customer(mail.forwarded, ours(house, mail))[0] if opens else None
    if forwarded is None:
        return None
    sender = forwarded.sender
    if not sender.address:
        return mail.text.strip()
    author = f"{sender.name} <{sender.address}>".strip()
    return f"{author}\n\n{forwarded.words}".strip()
