"""Commands about people: who takes part, whose the ticket is, who watches, who is away."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import replace

from daemon.core.acting.work import BECAUSE, Work
from daemon.core.acts import Away, Changed, Did, Joining, Requesting, Watching
from daemon.core.commands.reading import Command
from daemon.core.plan import AgentFacts
from daemon.core.values import Address
from daemon.core.when import until

ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*/=?^_`{|}~+-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,8}")


def _addresses(work: Work, command: Command) -> list[str]:
    """The addresses that a command names; none where one of them is none."""
    named = command.argument.split()
    for one in named:
        ours = one.casefold() in work.facts.office.ours
        if ours or not ADDRESS.fullmatch(one):
            work.fault(replace(command, argument=one), "address-of-ours" if ours else "no-address")
            return []
    return named


def cc(work: Work, command: Command) -> None:
    for address in _addresses(work, command):
        key = address.casefold()
        colleague = next((a for a in work.facts.agents if a.address == key), None)
        if colleague is not None:
            _watch_as(work, colleague, True)
        elif key not in work.contacts:
            work.deeds.append(Joining(Address("", address), True, BECAUSE, work.at, work.agent.person))
            _take_part(work, address)
            work.changes.append(Changed("participant", "", address))


def uncc(work: Work, command: Command) -> None:
    for address in _addresses(work, command):
        key = address.casefold()
        colleague = next((a for a in work.facts.agents if a.address == key), None)
        if colleague is not None and key not in work.contacts:
            _watch_as(work, colleague, False)
        elif key not in work.contacts:
            work.fault(replace(command, argument=address), "takes-no-part", work.contacts)
        else:
            work.contacts.discard(key)
            work.deeds.append(Joining(Address("", address), False, BECAUSE, work.at, work.agent.person))
            work.did.append(Did("participant", address, 1, 0))
            work.changes.append(Changed("no-participant", "", address))


def requester(work: Work, command: Command) -> None:
    ticket, addresses = work.ticket, _addresses(work, command)
    if ticket is None or len(addresses) != 1:
        if addresses:
            work.fault(command, "no-address", addresses)
        return
    (address,) = addresses
    office = work.facts.office
    if office.people.get(address.casefold()) == ticket.requester:
        return
    before = next((key for key, person in office.contacts.items() if person == ticket.requester), "")
    work.deeds.append(Requesting(Address("", address), BECAUSE, work.at, work.agent.person))
    colleague = next((a for a in work.facts.agents if a.person == ticket.requester), None)
    if colleague is not None and colleague.address in work.contacts:  # who opened it on the customer's behalf
        work.deeds.append(Joining(colleague.person, False, BECAUSE, work.at, work.agent.person))
        work.contacts.discard(colleague.address)
        work.did.append(Did("participant", colleague.address, 1, 0))
    if address.casefold() not in work.contacts:
        _take_part(work, address)
    work.did.append(Did("requester", address, ticket.requester, None))
    work.changes.append(Changed("requester", before, address))


def _take_part(work: Work, address: str) -> None:
    work.contacts.add(address.casefold())
    work.did.append(Did("participant", address, 0, 1))


def watching(on: bool) -> Callable[[Work, Command], None]:
    def carry_out(work: Work, command: Command) -> None:
        _watch_as(work, work.agent, on)

    return carry_out


def _watch_as(work: Work, agent: AgentFacts, on: bool) -> None:
    if (agent.person in work.watchers) != on:
        work.watchers ^= {agent.person}
        work.deeds.append(Watching(agent.person, on))
        work.did.append(Did("watch", str(agent.person), int(not on), int(on)))
        work.changes.append(Changed("watch" if on else "unwatch", "", agent.name or agent.address))


def away(work: Work, command: Command) -> None:
    argument = command.argument
    if argument == "off":
        work.deeds.append(Away(work.agent.person, None))
        work.changes.append(Changed("back"))
        return
    try:
        then = until(argument, work.now, work.facts.office.zone)
    except ValueError:
        work.fault(command, "no-time")
        return
    work.deeds.append(Away(work.agent.person, work.now, then))
    work.did.append(Did("away", str(work.agent.person), work.now, then))
    work.changes.append(Changed("away", "", str(then)))


def agent_named(text: str, agents: Iterable[AgentFacts], me: AgentFacts | None = None) -> AgentFacts | None:
    """The one agent that a text can mean: by address, name, the beginning of one, ``me``; None if none or several."""
    wanted = text.casefold().strip()
    if wanted == "me":
        return me
    known = tuple(agents)
    for fits in (
        lambda a: wanted in (a.address, a.name.casefold()),
        lambda a: wanted in (a.address.partition("@")[0], *a.name.casefold().split()),
        lambda a: len(wanted) >= 3 and (a.name.casefold().startswith(wanted) or a.address.startswith(wanted)),
    ):
        found = [a for a in known if fits(a)]
        if found:
            return found[0] if len(found) == 1 else None
    return None
