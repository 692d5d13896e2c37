"""Who hears of what, and how: at once, in the next digest, or never; nobody of their own act, nobody who is away.

An agent's own choice (``AgentFacts.hears``) stands over the defaults here. What is meant for an absent assignee goes to
the team; a mention reaches whoever is mentioned.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Literal, get_args

from daemon.core.acts import News
from daemon.core.plan import AgentFacts, Facts, How, LetterKind, Outgoing, TicketFacts

Occasion = Literal["opened", "replied", "assigned", "noted", "mentioned", "answered", "alert", "failure"]
OCCASIONS: tuple[Occasion, ...] = get_args(Occasion)
_MENTION = re.compile(r"(?<![\w.@+-])@([\w.+-]{1,64}(?:@[\w.-]{1,200})?)")
DEFAULTS: Mapping[str, How] = dict.fromkeys(OCCASIONS, "now")


def how(agent: AgentFacts, occasion: str) -> How:
    """How this agent wants to hear of it."""
    return agent.hears.get(occasion, DEFAULTS[occasion])


def told(
    occasion: Occasion, people: Iterable[int], facts: Facts, because: str, *, away_too: bool = False
) -> tuple[tuple[Outgoing, ...], tuple[News, ...]]:
    """Letters for those who want them now, and news for the digest of the others."""
    return choose(occasion, people, facts.agents, facts.absent, because, away_too=away_too)


def choose(
    occasion: Occasion,
    people: Iterable[int],
    agents: Sequence[AgentFacts],
    absent: frozenset[int],
    because: str,
    *,
    away_too: bool = False,
) -> tuple[tuple[Outgoing, ...], tuple[News, ...]]:
    """The same, where there are no facts of one mail."""
    by_person = {a.person: a for a in agents}
    letters, news = [], []
    for person in dict.fromkeys(people):
        agent = by_person.get(person)
        wanted = how(agent, occasion) if agent else "never"
        if wanted == "now" and (person not in absent or away_too):
            letters.append(Outgoing(_letter(occasion), person, because))
        elif wanted != "never":
            news.append(News(person, occasion))
    return tuple(letters), tuple(news)


def _letter(occasion: Occasion) -> LetterKind:
    return occasion


def holders(facts: Facts, team: str, ticket: TicketFacts | None = None) -> tuple[int, ...]:
    """Whose the ticket is: the assignee unless away, else the team (those present), else everyone; and who watches."""
    assignee = [
        a.person
        for a in facts.agents
        if ticket is not None and a.person == ticket.assignee and a.person not in facts.absent
    ]
    members = [a.person for a in facts.agents if team in a.teams] or [a.person for a in facts.agents]
    present = [p for p in members if p not in facts.absent] or members
    watching = sorted(ticket.watchers) if ticket is not None else []
    return tuple(dict.fromkeys([*(assignee or present), *watching]))


def mentioned(words: str, agents: Sequence[AgentFacts]) -> tuple[int, ...]:
    """The agents whose ``@name`` stands in a note: first name, whole name without blanks, or local part."""
    wanted = {found[1].casefold().rstrip(".-") for found in _MENTION.finditer(words)}
    found = []
    for agent in agents:
        name, local = agent.name.casefold(), agent.address.partition("@")[0]
        if wanted & {agent.address, local, name.replace(" ", ""), name.replace(" ", "."), *name.split()[:1]}:
            found.append(agent.person)
    return tuple(found)
