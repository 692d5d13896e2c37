"""The options of how agents work: undo, receipts, guards, macros, the morning digest."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

from jinja2 import TemplateSyntaxError
from jinja2.sandbox import ImmutableSandboxedEnvironment
from pydantic import AfterValidator

from daemon.config_options import Name, Section, option, table
from daemon.config_studies import Time
from daemon.core.commands.declared import DECLARED, declaration
from daemon.core.commands.reading import read

How = Literal["now", "digest", "never"]
Occasion = Literal["opened", "replied", "assigned", "noted", "mentioned", "answered", "alert", "failure"]
WORDS = frozenset(command.word for command in DECLARED)


def _command(value: str) -> str:
    orders = read(value)
    if not orders.commands or orders.strange or orders.words or orders.note is not None:
        raise ValueError(f"{value!r} is no command; write one such as '#tag vpn' (no note and no words)")
    if any(command.word in ("macro", "undo", "dry", "help", "show", "queue") for command in orders.commands):
        raise ValueError(f"{value!r} cannot stand in a macro; a macro changes the ticket")
    return value


def _text(value: str) -> str:
    try:
        ImmutableSandboxedEnvironment().parse(value)
    except TemplateSyntaxError as error:
        raise ValueError(f"is no template: {error.message} in line {error.lineno}") from None
    return value


def _word(value: str) -> str:
    known = declaration(value)
    if known is None:
        raise ValueError(f"{value!r} is no command; one of {', '.join(sorted(WORDS))}")
    return known.word


class Agents(Section):
    """How agents work by mail."""

    undo_seconds: int = option(
        20, "Time that an answer waits before it leaves; within it #undo or a link takes it back. 0 = none.", "seconds",
        ge=0, le=3600,
    )  # fmt: skip
    receipts: Literal["always", "commands", "never"] = option(
        "commands", "Which mails of an agent are answered by a receipt: all, those with commands or notes, none."
    )
    guards: tuple[Literal["quotes-note", "ticket-ended", "crossing"], ...] = option(
        ("quotes-note", "ticket-ended", "crossing"),
        "What an answer is held for until its agent confirms it: words of a note in it; a ticket merged or closed "
        "meanwhile, or another merged into it; a customer or a colleague who wrote meanwhile.",
    )
    crossing_seconds: int = option(
        120, "A colleague's answer so recent crosses with one's own.", "seconds", ge=0, le=86_400
    )
    leads_only: tuple[Annotated[str, AfterValidator(_word)], ...] = option(
        (), "Commands that only leads of a team may use.", example=["merge", "spam"]
    )


class Macro(Section):
    """Words and changes that agents call by name: #macro NAME."""

    name: Name = option(..., "Name of the macro.", example="reset-password")
    title: str = option("", "What it is for, in a few words; the help tells it.")
    text: Annotated[str, AfterValidator(_text)] = option(
        "",
        "Words for the customer; variables: customer, agent, number, subject, desk.",
        example="Hello {{ customer }},\n\nplease choose a new password on our page.",
    )
    texts: Annotated[dict[str, Annotated[str, AfterValidator(_text)]], AfterValidator(table)] = option(
        {}, 'The same in other languages, by their folders: de = "...".'
    )
    commands: tuple[Annotated[str, AfterValidator(_command)], ...] = option(
        (), "Commands that it stands for.", example=["#tag password", "#resolve"]
    )

    def conflicts(self) -> Iterator[tuple[tuple[str, ...], str]]:
        if not self.text and not self.commands:
            yield ("text", "commands"), "does nothing; write text, commands or both"


class Digest(Section):
    """The morning mail to each agent: what waits, the most pressing first, and what they chose to hear of in it."""

    at: tuple[Time, ...] = option(
        (), "When: 07:30 (each day) or mon 07:30, in the first calendar's zone; none = never.",
        example=["mon 07:30", "tue 07:30", "wed 07:30", "thu 07:30", "fri 07:30"],
    )  # fmt: skip
    teams: bool = option(True, "Leads of a team also get one of the whole team.")
    rows: int = option(25, "Most tickets of one part of it.", "tickets", ge=1, le=200)
