"""The options of fields of the operator's own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from daemon.config_options import Line, Name, Section, option
from daemon.core import fields
from daemon.core.typed import key

RESERVED = frozenset({"requester", "participant"})
"""Names under which events tell of something else."""


class Field(Section):
    """A field that tickets have beside our own: filled in by agents, routing, the API, clients."""

    name: Name = option(..., "Short name, for commands, the API and reports.", example="product")
    title: Line = option("", "Name as people see it; empty = the short name.", example="Product")
    kind: fields.Kind = option("text", "What may stand in it.")
    choices: tuple[Line, ...] = option((), "What may be chosen.", example=["printer", "vpn"])
    teams: tuple[Name, ...] = option((), "Only tickets of these teams have it; none = all.", example=["support"])
    required_on_resolve: bool = option(False, "Without it a ticket cannot be resolved or closed by an agent.")
    portal: bool = option(False, "Clients see it, and may fill it in.")

    def conflicts(self) -> Iterator[tuple[tuple[str, ...], str]]:
        if self.name in RESERVED:
            yield ("name",), f"{self.name} is a word of ours; choose another name"
        if self.kind == "choice" and not self.choices:
            yield ("choices", "kind"), "is missing; write what may be chosen, such as ['printer', 'vpn']"
        if self.choices and self.kind != "choice":
            yield ("choices", "kind"), 'is for kind = "choice"; leave it out, or write that kind'
        if len({key(one) or one for one in self.choices}) != len(self.choices) or not all(map(str.strip, self.choices)):
            yield ("choices",), "holds two that look alike, or an empty one; give each its own word"

    @property
    def field(self) -> fields.Field:
        """The field itself."""
        return fields.Field(
            self.name,
            self.title or self.name,
            self.kind,
            self.choices,
            frozenset(self.teams),
            self.required_on_resolve,
            self.portal,
        )


def field_faults(
    declared: Sequence[Field], routed: Sequence[Mapping[str, str]], teams: frozenset[str]
) -> Iterator[str]:
    """Fields of teams that are not there, and rules of routing that fill in what they cannot; with their paths."""
    for i, one in enumerate(declared):
        for team in one.teams:
            if team not in teams:
                yield f"field[{i}].teams: there is no team {team!r}; teams: {', '.join(sorted(teams))}"
    known: dict[str, Any] = {one.name: one.field for one in declared}
    for i, values in enumerate(routed):
        for name, text in values.items():
            if name not in known:
                are = ", ".join(known) or "none"
                yield f"routing[{i}].fields: there is no field {name!r}; fields: {are}"
                continue
            try:
                if not fields.value(known[name], text):
                    yield f"routing[{i}].fields.{name}: is empty; write a value, or leave it out"
            except ValueError as error:
                yield f"routing[{i}].fields.{name}: {error}"
