"""What a decision may know of a ticket that a mail is about to open: what the rules give to it, and who could get it.

Looked up only for mail that may open one; everything else costs nothing.
"""

from __future__ import annotations

from dataclasses import replace

from daemon import almanac
from daemon.config import Config
from daemon.core import matching, routing_rules
from daemon.core.assigning import Candidate, Staffing
from daemon.core.calendar import BeyondHorizon
from daemon.core.forwarding import of_customer
from daemon.core.plan import Facts
from daemon.core.routing_rules import LONGEST_BODY, Routed, Seen, Tried, fold
from daemon.core.values import Envelope, Instant, Mail
from daemon.desk.house import House
from daemon.mail.contexts import CONTEXTS
from daemon.mail.letters import ORDINARY
from daemon.mail.templates import Templates
from daemon.store import people, staffing


def prepare(house: House, mail: Mail, envelope: Envelope, known: Facts, now: Instant) -> Facts:
    """The facts with what bears on a new ticket. Reads rows."""
    if not _may_open(known):
        return known
    is_agent = known.author is not None and known.author.agent
    forwarded = of_customer(mail.forwarded, known.ours)[0] if is_agent else None
    looked_at = seen(house, mail, envelope, known.desk.name)
    if forwarded is not None:
        words = fold(forwarded.words[:LONGEST_BODY])
        looked_at = replace(looked_at, sender=forwarded.sender.key, subject=fold(forwarded.subject), body=words)
    routed = routing_rules.route(house.rules, looked_at)
    team = str(routed.team.value) if routed.team else known.desk.team
    requester = known.author.person if known.author else None
    if forwarded is not None:
        requester = people.at(forwarded.sender.address)
    return replace(known, routed=routed, staffing=staff(house, team, requester, now, routed))


def explain(house: House, mail: Mail, envelope: Envelope, desk: str) -> tuple[Tried, ...]:
    """Each rule, with why it applies to a mail or does not."""
    return routing_rules.explain(house.rules, seen(house, mail, envelope, desk))


def seen(house: House, mail: Mail, envelope: Envelope, desk: str) -> Seen:
    """A mail as rules see it."""
    there = almanac.there(envelope.received_at, house.zone)
    return Seen(
        desk=desk,
        sender=mail.sender.key if mail.sender else "",
        subject=fold(mail.subject),
        body=fold(mail.reply_text[:LONGEST_BODY]),
        headers=tuple((name, fold(value)) for name, value in mail.headers),
        language=mail.language or "",
        size=mail.size,
        attachments=tuple((a.name.casefold(), a.content_type) for a in mail.attachments),
        weekday=there.weekday(),
        second=there.hour * 3600 + there.minute * 60 + there.second,
        automatic=mail.automatic is not None or envelope.sender == "",
    )


def staff(house: House, team: str, requester: int | None, now: Instant, routed: Routed) -> Staffing:
    """A team as it is now. Only what its way to assign looks at is asked for."""
    options = house.config.team_named(team)
    if options is None:
        return Staffing(absent=frozenset(staffing.away(now)) if routed.assignee else frozenset())
    away = staffing.away(now)
    members = [a.person for a in house.agents if team in a.teams]
    present = [person for person in members if person not in away]
    chooses = options.assign != "none"
    loads = staffing.loads(present) if options.assign == "least-open" else {}
    given = staffing.last_given(present) if chooses else {}
    return Staffing(
        options.assign,
        options.skills,
        tuple(
            Candidate(
                person,
                loads.get(person, 0),
                given.get(person),
                _skills(house, person),
                person in away,
                away.get(person),
                not chooses or _is_on_duty(house, person, now),
            )
            for person in members
        ),
        staffing.answered_last(requester) if options.sticky and requester is not None else None,
        frozenset(away),
    )


def missing_templates(config: Config, templates: Templates) -> list[str]:
    """Templates that rules of routing name for the acknowledgement and that are not there, or are of another mail."""
    faults = []
    for i, rule in enumerate(config.routing):
        languages = dict.fromkeys(d.language for d in config.desk if not rule.desks or d.name in rule.desks)
        if rule.template in set(CONTEXTS) - {ORDINARY}:
            faults.append(
                f"routing[{i}].template: {rule.template} is the template of another mail; choose another name"
            )
            continue
        faults += [
            f"routing[{i}].template: there is no mail/{language}/{rule.template}.txt among the templates; "
            "write it, or leave the option out"
            for language in languages
            if rule.template and not templates.has(language, rule.template)
        ]
    return faults


def _may_open(known: Facts) -> bool:
    if known.duplicate or known.probe or known.own:
        return False
    ticket = matching.match(known, proved=False).ticket
    return ticket is None or ticket.status == "closed"


def _skills(house: House, person: int) -> frozenset[str]:
    agent = house.agent(person)
    return frozenset(agent.skills) if agent else frozenset()


def _is_on_duty(house: House, person: int, now: Instant) -> bool:
    """Whether the agent's own calendar is open; of one without it nothing is known, so they are."""
    agent, terms = house.agent(person), house.agreement.terms
    version = terms.calendars.get(agent.calendar) if agent else None
    if version is None:
        return True
    try:
        return terms.timeline(version).next_open(now) == now
    except BeyondHorizon:
        return True
