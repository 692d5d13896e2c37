"""Lists of tickets for agents: ``#queue`` and the morning digest, the most pressing first, each line answerable."""

from __future__ import annotations

from collections.abc import Sequence

from daemon import almanac
from daemon.core.values import Instant
from daemon.desk import dossier
from daemon.desk.house import House
from daemon.mail.cards import DeskCard, News, QueueRow, Section
from daemon.mail.contexts import Digest, Queue
from daemon.store import dossier as rows
from daemon.store.dossier import Sketch
from daemon.store.news import Item

MOST_ROWS = 25
MOST_FOUND = 200
MOST_NEWS = 50


def queue(house: House, asked: str, person: int, card: DeskCard, now: Instant) -> Queue:
    """The tickets that an agent asked for: mine, team, unassigned, late, or what a search finds, the best first."""
    found = _sought(house, asked, person, now)
    ordered = found if _is_words(asked) else dossier.pressing(house, found, now)
    return Queue(card, asked, _rows(house, ordered[:MOST_ROWS], person, now), max(0, len(ordered) - MOST_ROWS))


def _is_words(asked: str) -> bool:
    return asked not in ("mine", "team", "unassigned", "late")


def _sought(house: House, asked: str, person: int, now: Instant) -> list[Sketch]:
    teams = next((a.teams for a in house.agents if a.person == person), frozenset())
    match asked:
        case "mine":
            return rows.mine(person)
        case "team":
            return rows.of_teams(teams)
        case "unassigned":
            return rows.of_teams(teams, unassigned=True)
        case "late":
            both = {s.number: s for s in (*rows.of_teams(teams), *rows.mine(person))}
            return [sketch for sketch in both.values() if dossier.is_late(sketch, now)]
    return rows.with_words(asked, MOST_FOUND)


def digest(house: House, person: int, card: DeskCard, now: Instant, items: Sequence[Item]) -> Digest | None:
    """The morning mail of one agent; None where nothing waits and nothing happened."""
    agent = next((a for a in house.agents if a.person == person), None)
    if agent is None:
        return None
    most = house.config.digest.rows
    mine = dossier.pressing(house, rows.mine(person), now)
    sections = [_section(house, "mine", "", mine, person, most, now)]
    seen = {sketch.number for sketch in mine}
    for team in sorted(agent.teams):
        free = [s for s in rows.of_teams((team,), unassigned=True) if s.number not in seen]
        seen |= {sketch.number for sketch in free}
        sections.append(_section(house, "unassigned", team, dossier.pressing(house, free, now), person, most, now))
    if house.config.digest.teams:
        for team in sorted(agent.leads):
            rest = [s for s in rows.of_teams((team,)) if s.number not in seen]
            seen |= {sketch.number for sketch in rest}
            sections.append(_section(house, "team", team, dossier.pressing(house, rest, now), person, most, now))
    watched = [s for s in rows.watched(person) if s.number not in seen]
    sections.append(_section(house, "watched", "", dossier.pressing(house, watched, now), person, most, now))
    told = tuple(section for section in sections if section.rows)
    if not told and not items:
        return None
    return Digest(
        card,
        f"{almanac.there(now, house.zone):%Y-%m-%d}",
        told,
        tuple(News(i.ticket, i.subject, i.kind, i.who, house.local_time(i.at), i.words, i.merged_into) for i in items),
        sum(dossier.is_late(sketch, now) for sketch in mine),
        len(mine),
    )


def _section(
    house: House, kind: str, team: str, found: Sequence[Sketch], person: int, most: int, now: Instant
) -> Section:
    shown = _rows(house, found[:most], person, now)
    return Section(kind, team, shown, max(0, len(found) - most))  # type: ignore[arg-type]


def _rows(house: House, sketches: Sequence[Sketch], person: int, now: Instant) -> tuple[QueueRow, ...]:
    return tuple(dossier.row(house, sketch, person, now) for sketch in sketches)
