"""Macros: an operator's words and changes, rendered for one ticket and one agent.

They run in the sandbox in which templates of mails run; a customer's words are data in them.
"""

from __future__ import annotations

import re

from jinja2 import TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from daemon.core.acts import Macro
from daemon.core.commands.reading import read
from daemon.core.plan import TicketFacts
from daemon.desk.house import House
from daemon.mail.fields import clean
from daemon.store import facts

CUSTOMER = re.compile(r"[ \t]*\{\{-?\s*customer\s*-?\}\}")
ENVIRONMENT = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True)


def rendered(house: House, ticket: TicketFacts | None, agent: int) -> dict[str, Macro]:
    """Every macro by its name; one whose template fails says nothing and does what it does."""
    requester = facts.person(ticket.requester) if ticket else None
    desk = house.desk(ticket.desk) if ticket else house.config.desk[0]
    who = house.agent(agent)
    names = {
        "customer": clean(requester.name) if requester else "",
        "agent": who.name if who else "",
        "number": ticket.id if ticket else 0,
        "subject": clean(ticket.subject) if ticket else "",
        "desk": desk.title,
    }
    language = (requester.language if requester else None) or desk.language
    made = {}
    for macro in house.config.macro:
        text = macro.texts.get(language) or macro.texts.get(language.partition("-")[0]) or macro.text
        if not names["customer"]:
            text = CUSTOMER.sub("", text)  # with the blank before it: "Hello {{ customer }}," greets with "Hello,"
        try:
            words = ENVIRONMENT.from_string(text).render(names).strip("\n")
        except TemplateError:
            words = ""
        made[macro.name] = Macro(words, read("\n".join(macro.commands)).commands)
    return made
