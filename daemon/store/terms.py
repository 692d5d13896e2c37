"""Versions of calendars and policies, kept by their content: last year's figures stay what they were.

A calendar's version is a digest of its definition and of the years it was first laid out for. Further years are added
to it as they are needed, and none is ever changed.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping
from dataclasses import asdict
from typing import Any

from daemon.almanac import Definition, Year
from daemon.core.values import Instant
from daemon.store import query
from daemon.store.tables import About, Calendar, CalendarYear, SlaPolicy

IN_FORCE = "terms"
BEYOND = "terms-beyond"


def digest(value: object) -> str:
    """The version of any plain value: SHA-256 (hex) of its JSON."""
    return hashlib.sha256(_json(value).encode()).hexdigest()


def calendars(definition: Definition) -> list[str]:
    """The versions of this definition, the newest first."""
    wanted = Calendar.select(Calendar.version).where(Calendar.definition == _json(asdict(definition)))
    return query.column(wanted.order_by(Calendar.made_at.desc(), Calendar.version))


def add_calendar(definition: Definition, name: str, years: Mapping[int, Year], now: Instant) -> str:
    """Keep a new version; its digest."""
    version = digest([asdict(definition), {str(year): asdict(laid) for year, laid in sorted(years.items())}])
    row = Calendar.insert(version=version, name=name, definition=_json(asdict(definition)), made_at=now)
    row.on_conflict_ignore().execute()
    add_years(version, years)
    return version


def add_years(version: str, years: Mapping[int, Year]) -> None:
    for year, laid in years.items():
        content = _json(asdict(laid))
        CalendarYear.insert(calendar=version, year=year, content=content).on_conflict_ignore().execute()


def definition(version: str) -> tuple[str, Definition]:
    """What it was called, and how it was written; KeyError for a version that is not kept."""
    found = query.first(Calendar.select(Calendar.name, Calendar.definition).where(Calendar.version == version))
    if found is None:
        raise KeyError(version)
    kept: dict[str, Any] = {
        key: tuple(value) if isinstance(value, list) else value for key, value in json.loads(found[1]).items()
    }
    return found[0], Definition(**kept)


def years(version: str) -> dict[int, Year]:
    """The years of a calendar's version that were laid out."""
    kept = CalendarYear.select(CalendarYear.year, CalendarYear.content).where(CalendarYear.calendar == version)
    return {year: _year(json.loads(content)) for year, content in sorted(query.rows(kept))}


def add_policy(terms: Mapping[str, Any], now: Instant) -> str:
    """Keep a policy's terms if they are new; their version."""
    version = digest(terms)
    row = SlaPolicy.insert(version=version, name=terms["name"], terms=_json(terms), made_at=now)
    row.on_conflict_ignore().execute()
    return version


def policies(versions: Collection[str]) -> dict[str, dict[str, Any]]:
    """The terms of these versions."""
    kept = SlaPolicy.select(SlaPolicy.version, SlaPolicy.terms).where(SlaPolicy.version.in_(list(versions)))
    return {version: json.loads(terms) for version, terms in query.rows(kept)}


def note(key: str, value: str | None) -> None:
    """Remember which terms the tickets have been brought under, and how far that has come."""
    if value is None:
        About.delete().where(About.key == key).execute()
    else:
        About.insert(key=key, value=value).on_conflict(conflict_target=[About.key], preserve=[About.value]).execute()


def noted(key: str) -> str | None:
    found = About.get_or_none(About.key == key)
    return found.value if found else None


def _year(content: Mapping[str, Any]) -> Year:
    return Year(
        tuple(content["opens"]),
        tuple(content["closes"]),
        tuple((day, name) for day, name in content["closed"]),
        tuple((at, seconds) for at, seconds in content["shifts"]),
    )


def _json(value: object) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
