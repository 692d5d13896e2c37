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


def sift(
    letters: Iterable[Outgoing], agents: Sequence[AgentFacts], absent: frozenset[int]
) -> tuple[tuple[Outgoing, ...], tuple[News, ...]]:
    """Letters that were planned for agents, as each of them wants to hear of such things."""
    kept: list[Outgoing] = []
    news: list[News] = []
    for letter in letters:
        if letter.kind in OCCASIONS and isinstance(letter.to, int):
            now, later = choose(letter.kind, (letter.to,), agents, absent, letter.because, away_too=True)
            kept += [letter] if now else []
            news += later
        else:
            kept.append(letter)
    return tuple(kept), tuple(news)


def present(agents: Sequence[AgentFacts], absent: frozenset[int]) -> tuple[AgentFacts, ...]:
    """Those who are there; all of them where nobody is."""
    return tuple(a for a in agents if a.person not in absent) or tuple(agents)


def of_customers_mail(
    occasion: Occasion, facts: Facts, team: str, assignee: int | None, watchers: Iterable[int] = ()
) -> tuple[tuple[Outgoing, ...], tuple[News, ...]]:
    """Who hears of a customer's mail: those whose ticket it is, and who watches; less those who have it."""
    author = facts.author.person if facts.author else None
    letters: list[Outgoing] = []
    news: list[News] = []
    for person in holders(facts, team, assignee, watchers):
        if person == author or person in facts.reached:
            continue
        because = "assignee" if person == assignee else "watcher" if person in watchers else "team"
        now, later = told(occasion, (person,), facts, because, away_too=person not in watchers)
        letters += now
        news += later
    if assignee is not None and assignee in facts.absent and assignee != author:
        news.append(News(assignee, occasion))
    return tuple(letters), tuple(news)


def holders(facts: Facts, team: str, assignee: int | None = None, watchers: Iterable[int] = ()) -> tuple[int, ...]:
    """Whose a ticket is: the assignee unless away, else the team (those present), else everyone; and who watches."""
    there = [a.person for a in facts.agents if a.person == assignee and a.person not in facts.absent]
    team_there = [a.person for a in facts.agents if team in a.teams and a.person not in facts.absent]
    anyone = [a.person for a in present(facts.agents, facts.absent)]
    return tuple(dict.fromkeys([*(there or team_there or anyone), *sorted(watchers)]))


def of_merge(
    kind: Literal["merged", "unmerged"], number: int, into: TicketFacts, facts: Facts, agent: int, because: str
) -> tuple[Outgoing, ...]:
    """Whose ticket another was merged into, or is no longer: they hear at once who reads their answers now."""
    data = (("number", into.id), ("other", number))
    people = holders(facts, into.team, into.assignee, into.watchers)
    return tuple(Outgoing(kind, person, because, data) for person in people if person != agent)


def mentioned(words: str, agents: Sequence[AgentFacts]) -> tuple[int, ...]:
    """The agents whose ``@name`` stands in a note: first name, whole name without blanks, or local part."""
    wanted = {found[1].casefold().rstrip(".-") for found in _MENTION.finditer(words)}
    found = []
    for agent in agents:
        name, local = agent.name.casefold(), agent.address.partition("@")[0]
        if wanted & {agent.address, local, name.replace(" ", ""), name.replace(" ", "."), *name.split()[:1]}:
            found.append(agent.person)
    return tuple(found)
