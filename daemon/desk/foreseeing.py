"""What an agent's word would make of a held mail: what the question shows before it is given. Only rows are read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from daemon.core import decide, from_agent
from daemon.core.acts import Receipt
from daemon.core.commands.reading import Orders
from daemon.core.plan import Facts, Plan, Policy
from daemon.core.values import Evidence, Instant
from daemon.desk import office, words
from daemon.desk.arrival import Arrival
from daemon.desk.house import House
from daemon.mail import answer
from daemon.store import acts, facts

CONFIRMED = Evidence(True, "confirmed")
Gather = Callable[[House, Arrival, Instant, Evidence], Facts]


def confirmed(
    house: House, arrival: Arrival, gather: Gather, ticket: int, agent: int, message: int, policy: Policy, now: Instant
) -> tuple[Plan, Arrival]:
    """What becomes of a reply that was filed as held once its agent confirms it, and the mail with its words."""
    if not isinstance(arrival.words, answer.Words):
        arrival = replace(arrival, words=words.anyway(house, arrival.mail))
    known = gather(house, arrival, now, CONFIRMED)
    final = facts.final(ticket, now)
    known = replace(known, office=office.office_of(house, known.orders or Orders(), final, agent))
    acted = acts.did_anything(message)
    return from_agent.confirmed(known, final, agent, policy, message, now, acted=acted), arrival


def foreseen(
    house: House, arrival: Arrival, gather: Gather, ticket: int | None, agent: int, message: int | None, now: Instant
) -> Receipt:
    """What a confirmation would do; ``ticket`` and ``message`` are given for a reply that was filed as held."""
    policy = replace(house.policy, receipts="always", undo_seconds=0)
    if ticket is not None:
        plan, arrival = confirmed(house, arrival, gather, ticket, agent, message or 0, policy, now)
    else:
        known = gather(house, arrival, now, CONFIRMED)
        plan = decide.receive(arrival.mail, arrival.envelope, known, CONFIRMED, policy, now)
    orders = arrival.words.orders if isinstance(arrival.words, answer.Words) else Orders()
    return plan.receipt or Receipt("dry", tuple(command.line.strip() for command in orders.commands))
