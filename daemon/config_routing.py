"""The options of routing: rules for mail that opens a ticket, teams and how they share their work; and their faults."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from daemon.config_options import Line, Name, PerhapsMailAddress, PerhapsName, Section, option, table
from daemon.config_promises import Hours, Requester
from daemon.core import fields as own
from daemon.core import hours
from daemon.core.assigning import Strategy
from daemon.core.routing_rules import ANYTHING, Given, Rule, Writer, fold
from daemon.core.status import Type

ENDING = re.compile(r"\.[^\s/*]{1,40}|[a-z0-9!#$&^_.+-]{1,63}/(?:\*|[a-z0-9!#$&^_.+-]{1,63})")
HEADER_NAME = re.compile(r"[A-Za-z0-9-]{1,80}")
LANGUAGE = re.compile(r"[a-z]{2,3}(?:-[a-z0-9]{2,8})?")


def _words(value: str) -> str:
    if not fold(value):
        raise ValueError(f"{value!r} has no words; write what the mail must contain, such as invoice")
    return value


def _header(value: str) -> str:
    name, colon, words = value.partition(":")
    if not HEADER_NAME.fullmatch(name) or (colon and not words.strip()):
        raise ValueError(
            f"{value!r} is no header; write its name and words that it contains, such as X-Spam-Flag: yes, "
            "or the name alone"
        )
    return value


def _language(value: str) -> str:
    if not LANGUAGE.fullmatch(value.lower()):
        raise ValueError(f"{value!r} is no language; write one such as de or pt-br")
    return value.lower()


def _attached(value: str) -> str:
    if value != ANYTHING and not ENDING.fullmatch(value.lower()):
        raise ValueError(f"{value!r} is neither an ending nor a type; write one such as .pdf or image/*")
    return value.lower()


def _any_attachment(value: Any) -> Any:
    return (ANYTHING,) if value is True else value


Words = Annotated[Line, AfterValidator(_words)]
HeaderWords = Annotated[Line, AfterValidator(_header)]
Language = Annotated[str, AfterValidator(_language)]
Attached = Annotated[Line, AfterValidator(_attached)]
Bound = Annotated[int, Field(ge=0)]


class Team(Section):
    """How the agents of a team share new tickets. Without it a team's tickets wait until somebody takes them."""

    name: Name = option(..., "Name of the team, as agents and desks name it.", example="support")
    assign: Strategy = option(
        "none",
        "To whom a new ticket goes: none = nobody, round-robin = whose last ticket was longest ago, least-open = who "
        "has the fewest in new and open. Whoever is absent gets none.",
    )
    skills: bool = option(False, "Among these, those come first whose skills cover most of the ticket's tags.")
    sticky: bool = option(False, "Before all, the last agent who answered this requester, if in the team and present.")

    def conflicts(self) -> Iterator[tuple[tuple[str, ...], str]]:
        if self.skills and self.assign == "none":
            yield ("skills", "assign"), 'chooses nobody by itself; write assign = "round-robin" or "least-open" as well'


class Routing(Section):
    """A rule for mail that opens a ticket; all its conditions must hold. A later rule overrides, and tags add up."""

    name: Name = option(..., "Short name of the rule; the log gives it as the reason.", example="invoices")
    desks: tuple[Name, ...] = option((), "Only mail to these desks; none = any.", example=["support"])
    senders: tuple[Requester, ...] = option(
        (), "Only mail of these addresses or domains; none = any.", example=["@example.net"]
    )
    subject: tuple[Words, ...] = option(
        (), "Only with one of these in the subject; case and accents do not matter.", example=["invoice"]
    )
    body: tuple[Words, ...] = option((), "Only with one of these in the new words.", example=["cancel my contract"])
    headers: tuple[HeaderWords, ...] = option(
        (), "Only with one of these headers: its name, and words that it contains.", example=["X-Spam-Flag: yes"]
    )
    languages: tuple[Language, ...] = option((), "Only mail in one of these languages.", example=["de"])
    larger_than: Bound = option(0, "Only larger mail; 0 = any.", "bytes")
    smaller_than: Bound = option(0, "Only smaller mail; 0 = any.", "bytes")
    attachments: Annotated[tuple[Attached, ...], BeforeValidator(_any_attachment)] = option(
        (), "Only with an attachment of one of these endings or types; true = any.", example=[".pdf", "image/*"]
    )
    hours: tuple[Hours, ...] = option(
        (),
        "Only mail received within these hours, in the zone of the first calendar (else UTC).",
        example=["mon-fri 09:00-17:30"],
    )
    outside: bool = option(False, "Outside of these hours instead.")
    writer: Writer = option("any", "Only mail that a person, or a machine, wrote.")
    team: PerhapsName = option("", "Team that gets the ticket; empty = leave it.")
    assignee: PerhapsMailAddress = option(
        "", "Address of the agent who gets the ticket, unless absent; empty = leave it to the team."
    )
    priority: Literal["", "low", "medium", "high", "urgent"] = option("", "Its priority; empty = leave it.")
    type: Literal["", Type] = option("", "Its type; empty = leave it.")
    tags: tuple[Name, ...] = option((), "Tags that it gets.", example=["invoice"])
    fields: Annotated[dict[Name, str], AfterValidator(table)] = option(
        {}, "Values of [[field]]s that it gets, by their names.", example={"product": "vpn"}
    )
    template: PerhapsName = option(
        "",
        "Template of the acknowledgement, in place of acknowledgement: mail/LANGUAGE/NAME.txt and .html in your folder "
        "of templates.",
    )
    spam: bool = option(False, "The ticket is spam at once: nobody is told, nothing is acknowledged.")
    stop: bool = option(False, "Later rules do not apply.")

    def conflicts(self) -> Iterator[tuple[tuple[str, ...], str]]:
        if not (self.gives({}) or self.assignee or self.stop):
            yield (
                ("team",),
                ("the rule changes nothing; write team, assignee, priority, type, tags, fields, template or spam"),
            )
        if self.outside and not self.hours:
            yield ("outside", "hours"), "is of no use without hours; write them, such as mon-fri 09:00-17:30"
        if 0 < self.smaller_than <= self.larger_than + 1:
            yield ("smaller_than", "larger_than"), "no mail is both larger and smaller; write a larger smaller_than"
        for name in ("assignee", "template"):
            if self.spam and getattr(self, name):
                yield (name, "spam"), "is of no use with spam, of which nobody hears; leave one of them out"

    @property
    def conditions(self) -> tuple[object, ...]:
        """What must hold; equal for rules that meet the same mail."""
        rule = self.rule({})
        return tuple(getattr(rule, name) for name in Rule.__slots__ if name not in ("name", "gives", "stop"))

    def rule(self, people: Mapping[str, int], declared: Sequence[own.Field] = ()) -> Rule:
        """The rule itself; ``people`` are the agents by their addresses (casefold)."""
        return Rule(
            self.name,
            frozenset(self.desks),
            frozenset(self.senders),
            tuple(fold(words) for words in self.subject),
            tuple(fold(words) for words in self.body),
            tuple((name.lower(), fold(words)) for name, _, words in (h.partition(":") for h in self.headers)),
            self.languages,
            self.larger_than or None,
            self.smaller_than or None,
            self.attachments,
            hours.week(self.hours) if self.hours else None,
            self.outside,
            self.writer,
            self.gives(people, declared),
            self.stop,
        )

    def gives(self, people: Mapping[str, int], declared: Sequence[own.Field] = ()) -> tuple[Given, ...]:
        """What the rule gives to a ticket; of fields, those that are declared, else the values as they are written."""
        known = {one.name: one for one in declared}
        given = [
            Given("team", self.team, self.name),
            Given("assignee", people.get(self.assignee.casefold(), 0), self.name),
            Given("priority", self.priority, self.name),
            Given("type", self.type, self.name),
            *(Given("tag", tag, self.name) for tag in self.tags),
            *(Given("field", _canonical(known.get(name), text), self.name, name) for name, text in self.fields.items()),
            Given("template", self.template, self.name),
            Given("spam", int(self.spam), self.name),
        ]
        return tuple(one for one in given if one.value)


def _canonical(field: own.Field | None, text: str) -> str:
    return own.value(field, text) if field is not None else text


def name_faults(agent: Sequence[Mapping[str, Any]], calendar: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Calendars of agents that are not there, in sections as they were written."""
    known = {row.get("name") for row in calendar}
    for i, row in enumerate(agent):
        if (named := row.get("calendar") or None) is not None and named not in known:
            yield f"agent[{i}].calendar: there is no calendar {named!r}; write the name of one"


def routing_faults(
    rules: Sequence[Routing],
    teams: Sequence[Team],
    desks: frozenset[str],
    known_teams: frozenset[str],
    agents: frozenset[str],
    staffed: frozenset[str],
) -> Iterator[str]:
    """Rules that can never match or that name what is not there, teams that nobody is in; sentences with their paths.

    ``agents`` are addresses (casefold), ``staffed`` the teams that have an agent.
    """
    for i, team in enumerate(teams):
        if team.name not in staffed:
            are = ", ".join(sorted(staffed)) or "none"
            yield f"team[{i}].name: no agent is in the team {team.name!r}; teams of agents: {are}"
    for i, rule in enumerate(rules):
        for name in rule.desks:
            if name not in desks:
                are = ", ".join(sorted(desks))
                yield f"routing[{i}].desks: can never match, because there is no desk {name!r}; desks: {are}"
        if rule.team and rule.team not in known_teams:
            yield f"routing[{i}].team: there is no team {rule.team!r}; teams: {', '.join(sorted(known_teams))}"
        if rule.assignee and rule.assignee.casefold() not in agents:
            yield f"routing[{i}].assignee: {rule.assignee!r} is no agent; write the address of one"
        for j, earlier in enumerate(rules[:i]):
            if earlier.stop and earlier.conditions in (rule.conditions, ALWAYS.conditions):
                yield (
                    f"routing[{i}]: can never match, because routing[{j}] ({earlier.name}) stops before it; "
                    "write it above"
                )
                break


ALWAYS = Routing(name="always", stop=True)
"""A rule without conditions."""
