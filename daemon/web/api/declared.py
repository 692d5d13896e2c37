"""Reading a body that names what the configuration declares: teams, desks, agents and the operator's own fields.

What it names wrongly is told beside the faults of its form, so that whoever sent it hears of all at once. A requester
hears nothing of teams, agents and fields that are the desk's own: those they may not set, rightly named or not.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any, TypeVar

from pydantic import BaseModel

from daemon.core import fields
from daemon.core.values import Address
from daemon.desk.house import House
from daemon.web.api.bodies import validated
from daemon.web.api.callers import Caller
from daemon.web.api.problems import Fault, Problem, invalid, pointer

M = TypeVar("M", bound=BaseModel)


def read(house: House, model: type[M], data: object, caller: Caller, *, lacks_user: bool = False) -> M:
    """The data as a model; Problem 422 with every fault of it. ``lacks_user``: nobody else says whose ticket it is.

    An agent whom there is not is a fault beside others alone: by itself it is a conflict, which ``agent`` raises.
    """
    said: dict[str, Any] = data if isinstance(data, dict) else {}
    whole = caller.requester is None
    known = tuple(_faults(house, said, whole=whole))
    if lacks_user and isinstance(data, dict) and said.get("user") is None:
        known = (Fault("/user", "This is required of a program."), *known)
    assignee = said.get("assignedTo")
    named = assignee if whole and isinstance(assignee, str) else ""
    nobody = (NOBODY,) if named and _found(house, named) is None else ()
    try:
        found = validated(model, data)
    except Problem as problem:
        raise invalid((*problem.faults, *known, *nobody)) from None
    if known:
        raise invalid((*known, *nobody))
    return found


NOBODY = Fault("/assignedTo", "There is no such agent.")


def agent(house: House, named: str | None) -> str | None:
    """The address of the agent that is meant; None for nobody."""
    if named is None:
        return None
    if (found := _found(house, named)) is None:
        raise Problem(409, "no-such-agent", "There is no such agent", faults=(NOBODY,))
    return found


def text(value: str | float | None) -> str:
    """What is to stand in a field, as text: a number without an exponent."""
    return "" if value is None else format(Decimal(repr(value)), "f") if isinstance(value, float) else str(value)


def _found(house: House, named: str) -> str | None:
    digits = named.removeprefix("user_")
    for one in house.agents:
        if Address("", one.address).key == Address("", named).key or (digits != named and str(one.person) == digits):
            return one.address
    return None


def _faults(house: House, said: dict[str, Any], *, whole: bool) -> Iterator[Fault]:
    config = house.config
    desk, team, filled = said.get("desk"), said.get("team"), said.get("fields")
    if isinstance(desk, str) and config.desk_named(desk) is None:
        yield Fault("/desk", "There is no such desk.")
    if whole and isinstance(team, str) and team not in config.teams:
        yield Fault("/team", f"There is no such team; one of {', '.join(sorted(config.teams))}.")
    declared = {one.name: one for one in house.policy.fields}
    for name, value in filled.items() if isinstance(filled, dict) else ():
        field = declared.get(name)
        if not whole and (field is None or not field.portal):
            continue
        if field is None:
            yield Fault(pointer(("fields", name)), "There is no such field.")
        elif value is None or (isinstance(value, str | int | float) and not isinstance(value, bool)):
            try:
                fields.value(field, text(value))
            except ValueError as error:
                yield Fault(pointer(("fields", name)), f"{str(error)[:1].upper()}{str(error)[1:]}.")
