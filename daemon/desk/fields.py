"""The operator's own fields of a ticket: what may be filled in, and what has to be before it is resolved."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from daemon.core import fields
from daemon.core.fields import Field
from daemon.desk.house import House
from daemon.store import fields as rows


class Unsuitable(Exception):
    """Values that no field takes: each fault is (name of the field, sentence)."""

    def __init__(self, faults: tuple[tuple[str, str], ...]) -> None:
        super().__init__("; ".join(sentence for _, sentence in faults))
        self.faults = faults


def of_team(house: House, team: str, *, portal: bool = False) -> tuple[Field, ...]:
    """The fields that a ticket of this team has; of those (``portal``) that clients see."""
    return tuple(one for one in house.policy.fields if one.belongs_to(team) and (one.portal or not portal))


def canonical(house: House, team: str, wanted: Mapping[str, str | None], *, portal: bool = False) -> dict[str, str]:
    """Each value in its one form, '' for None; Unsuitable with every fault."""
    known = {one.name: one for one in of_team(house, team, portal=portal)}
    found: dict[str, str] = {}
    faults: list[tuple[str, str]] = []
    for name, text in wanted.items():
        if name not in known:
            are = ", ".join(known) or "there are none"
            faults.append((name, f"there is no field {name[:60]!r} on this ticket; fields: {are}"))
            continue
        try:
            found[name] = fields.value(known[name], text or "")
        except ValueError as error:
            faults.append((name, str(error)))
    if faults:
        raise Unsuitable(tuple(faults))
    return found


def changes(house: House, ticket: int, team: str, wanted: Mapping[str, str]) -> list[tuple[Field, str, str]]:
    """What becomes of a ticket's fields: field, from, to; Unsuitable for what no field takes. Reads only."""
    if not wanted:
        return []
    found, has = canonical(house, team, wanted), rows.values(ticket)
    known = {one.name: one for one in house.policy.fields}
    return [(known[name], has.get(name, ""), to) for name, to in found.items() if has.get(name, "") != to]


def lacking(house: House, ticket: int, team: str, changed: Sequence[tuple[Field, str, str]]) -> tuple[Field, ...]:
    """The fields that a ticket still lacks to be resolved, after these changes. Reads only."""
    values = rows.values(ticket) | {one.name: to for one, _, to in changed}
    return fields.lacking(house.policy.fields, team, values)
