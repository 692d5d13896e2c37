"""Every command that an agent can write, declared once: parser, help, documentation and authorisation come from here.

A word is found in any spelling that ``typed.key`` holds equal, by its own name or an alias. ``SYNONYMS`` are the ways
to write the values of an argument.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import Literal

from daemon.core.typed import key

Argument = Literal[
    "none", "person", "team", "status", "priority", "type", "tags", "text", "time", "tickets", "addresses", "macro",
    "view", "away", "note",
]  # fmt: skip
"""What follows a word: ``person`` is an agent by name or address, none or me; ``tickets`` are numbers."""
About = Literal["mail", "ticket", "people", "agent", "answer"]
"""What a command bears on: this mail, its ticket, who takes part in it, the agent; or it asks for an answer."""

NEAREST = 3
ALIKE = 0.8
SHORTEST = 3


@dataclass(frozen=True, slots=True)
class Declaration:
    """One command. ``sets`` is the field and value that a short form stands for.

    ``shape`` is how the argument is written, ``example`` a whole line. ``required``: the argument may not be missing.
    ``needs_ticket``: it acts on the ticket to which the mail belongs. ``changes`` is False where nothing becomes
    another for it.
    """

    word: str
    about: About
    argument: Argument
    shape: str
    sentence: str
    shape_de: str
    sentence_de: str
    example: str
    aliases: tuple[str, ...] = ()
    required: bool = True
    needs_ticket: bool = True
    sets: tuple[str, str] | None = None
    changes: bool = True

    def written(self, language: str = "en") -> str:
        """How it is written, such as ``#team NAME``."""
        return f"#{self.word} {self.shape_de if language == 'de' else self.shape}".rstrip()

    def does(self, language: str = "en") -> str:
        """What it does, a sentence."""
        return self.sentence_de if language == "de" else self.sentence


def _plain(
    word: str, about: About, sentence: str, sentence_de: str, aliases: str = "", *, needs_ticket: bool = True,
    sets: tuple[str, str] | None = None, changes: bool = True,
) -> Declaration:  # fmt: skip
    """A command that takes no argument."""
    return Declaration(
        word, about, "none", "", sentence, "", sentence_de, f"#{word}", tuple(aliases.split()),
        required=False, needs_ticket=needs_ticket, sets=sets, changes=changes,
    )  # fmt: skip


DECLARED: tuple[Declaration, ...] = (
    Declaration(
        "note", "mail", "note",
        "TEXT", "All that follows, on this line and below, is an internal note and reaches no customer.",
        "TEXT", "Alles Folgende, in dieser Zeile und darunter, ist eine interne Notiz und erreicht keinen Kunden.",
        "#note Called back, the invoice is on its way.", ("notiz", "internal", "intern"),
    ),
    _plain("take", "ticket", "You take the ticket.", "Sie übernehmen das Ticket.", "claim übernehmen"),
    Declaration(
        "assign", "ticket", "person",
        "NAME|ADDRESS|none", "Gives the ticket to an agent, or to nobody.",
        "NAME|ADRESSE|none", "Gibt das Ticket jemandem im Team, oder niemandem.",
        "#assign agent@example.com", ("assignee", "owner", "zuweisen"),
    ),
    Declaration(
        "team", "ticket", "team",
        "NAME", "Gives the ticket to a team.",
        "NAME", "Gibt das Ticket einem Team.",
        "#team billing", ("group", "gruppe"),
    ),
    Declaration(
        "status", "ticket", "status",
        "STATUS", "Sets the status: open, pending, on_hold, resolved, closed or spam.",
        "STATUS", "Setzt den Status: open, pending, on_hold, resolved, closed oder spam.",
        "#status on_hold", ("state",),
    ),
    _plain(
        "pending", "ticket", "The ticket waits for the customer.", "Das Ticket wartet auf den Kunden.",
        "wait waiting warten wartet", sets=("status", "pending"),
    ),
    _plain(
        "hold", "ticket", "The ticket waits for someone else.", "Das Ticket wartet auf jemand anderen.",
        "on_hold zurückstellen", sets=("status", "on_hold"),
    ),
    _plain(
        "resolve", "ticket", "The ticket is resolved.", "Das Ticket ist gelöst.",
        "resolved solve solved done erledigt lösen gelöst", sets=("status", "resolved"),
    ),
    _plain(
        "close", "ticket", "The ticket is closed.", "Das Ticket ist geschlossen.",
        "closed schließen geschlossen", sets=("status", "closed"),
    ),
    _plain(
        "reopen", "ticket", "The ticket is open again.", "Das Ticket ist wieder offen.",
        "reopened open öffnen offen", sets=("status", "open"),
    ),
    _plain(
        "spam", "ticket", "The ticket is spam; nobody hears of it.",
        "Das Ticket ist Spam; niemand erfährt davon.", "junk", sets=("status", "spam"),
    ),
    Declaration(
        "resolution", "ticket", "text",
        "TEXT", "Keeps how the ticket was resolved.",
        "TEXT", "Hält fest, wie das Ticket gelöst wurde.",
        "#resolution Replaced the cable.", ("solution", "lösung"),
    ),
    Declaration(
        "priority", "ticket", "priority",
        "PRIORITY", "Sets the priority: low, medium, high or urgent.",
        "PRIORITÄT", "Setzt die Priorität: low, medium, high oder urgent.",
        "#priority high", ("prio", "priorität"),
    ),
    Declaration(
        "type", "ticket", "type",
        "TYPE", "Sets the type: question, incident, problem or task.",
        "TYP", "Setzt den Typ: question, incident, problem oder task.",
        "#type incident", ("typ",),
    ),
    Declaration(
        "tag", "ticket", "tags",
        "TAG...", "Gives the ticket tags.",
        "TAG...", "Gibt dem Ticket Tags.",
        "#tag vpn contract", ("tags", "label", "labels", "schlagwort"),
    ),
    Declaration(
        "untag", "ticket", "tags",
        "TAG...", "Takes tags from the ticket.",
        "TAG...", "Nimmt dem Ticket Tags.",
        "#untag vpn", ("unlabel",),
    ),
    Declaration(
        "subject", "ticket", "text",
        "TEXT", "Gives the ticket another subject; mails to customers keep theirs, the portal shows it.",
        "TEXT", "Gibt dem Ticket einen anderen Betreff.",
        "#subject Printer on the second floor", ("title", "betreff", "titel"),
    ),
    Declaration(
        "field", "ticket", "text",
        "NAME VALUE|none", "Fills in one of the fields that your desk has of its own, or empties it.",
        "NAME WERT|none", "Füllt eines der Felder aus, die Ihr Desk selbst angelegt hat, oder leert es.",
        "#field product vpn", ("feld",),
    ),
    Declaration(
        "snooze", "ticket", "time",
        "TIME", "Puts the ticket aside until then.",
        "ZEIT", "Legt das Ticket bis dahin beiseite.",
        "#snooze monday 9:00", ("remind", "wiedervorlage"),
    ),
    Declaration(
        "merge", "ticket", "tickets",
        "NUMBER", "Merges this ticket into another one.",
        "NUMMER", "Führt dieses Ticket mit einem anderen zusammen, das bleibt.",
        "#merge 1041", ("duplicate", "zusammenführen"),
    ),
    Declaration(
        "link", "ticket", "tickets",
        "NUMBER", "Links this ticket with another one.",
        "NUMMER", "Verknüpft dieses Ticket mit einem anderen.",
        "#link 1041", ("related", "verknüpfen"),
    ),
    Declaration(
        "cc", "people", "addresses",
        "ADDRESS...", "From now on these people take part: they receive what the customer receives.",
        "ADRESSE...", "Diese Leute sind von nun an dabei: Sie erhalten, was der Kunde erhält.",
        "#cc colleague@example.net",
    ),
    Declaration(
        "uncc", "people", "addresses",
        "ADDRESS...", "These people take part no longer.",
        "ADRESSE...", "Diese Leute sind nicht mehr dabei.",
        "#uncc colleague@example.net", ("no-cc",),
    ),
    Declaration(
        "requester", "people", "addresses",
        "ADDRESS", "The ticket is this customer's.",
        "ADRESSE", "Das Ticket gehört diesem Kunden.",
        "#requester customer@example.net", ("customer", "kunde", "kundin"),
    ),
    Declaration(
        "macro", "mail", "macro",
        "NAME", "Does what the macro of this name says: its words, its changes.",
        "NAME", "Tut, was das Makro dieses Namens sagt: seine Worte, seine Änderungen.",
        "#macro reset-password", ("makro", "vorlage"),
    ),
    _plain("watch", "agent", "You hear of all that happens here.", "Sie erfahren alles, was hier geschieht.",
           "follow beobachten"),
    _plain("unwatch", "agent", "You hear of it no longer.", "Sie erfahren es nicht mehr.", "unfollow"),
    Declaration(
        "away", "agent", "away",
        "until TIME|off", "You are away until then and are given no tickets; or you are back.",
        "until ZEIT|off", "Sie sind bis dahin abwesend und bekommen keine Tickets; oder Sie sind zurück.",
        "#away until friday", ("absent", "abwesend"), needs_ticket=False,
    ),
    _plain("undo", "mail", "Takes back what your last mail here did.",
           "Nimmt zurück, was Ihre letzte Mail hier tat.", "revert rückgängig"),
    _plain("dry", "mail", "Tells what this mail would do, and does nothing.",
           "Sagt, was diese Mail täte, und tut nichts.", "dry-run preview vorschau", needs_ticket=False, changes=False),
    _plain("help", "answer", "Sends you this list.", "Schickt Ihnen diese Liste.", "commands hilfe befehle",
           needs_ticket=False, changes=False),
    Declaration(
        "show", "answer", "tickets",
        "[NUMBER]", "Sends you the whole ticket; without a number, the one that you answer.",
        "[NUMMER]", "Schickt Ihnen das ganze Ticket; ohne Nummer das, auf das Sie antworten.",
        "#show 1042", ("zeigen", "zeige"), required=False, needs_ticket=False, changes=False,
    ),
    Declaration(
        "queue", "answer", "view",
        "[mine|team|unassigned|late|WORDS]",
        "Sends you the tickets that wait, the most pressing first; yours if you name none.",
        "[mine|team|unassigned|late|WORTE]",
        "Schickt Ihnen wartende Tickets, das dringendste zuerst; sonst Ihre.",
        "#queue late", ("list", "liste", "warteschlange"), required=False, needs_ticket=False, changes=False,
    ),
)  # fmt: skip

_WAYS: dict[Argument, dict[str, str]] = {
    "status": {
        "new": "neu", "open": "offen", "pending": "waiting wartet", "on_hold": "hold",
        "resolved": "solved gelöst erledigt", "closed": "geschlossen", "spam": "junk",
    },
    "priority": {"low": "niedrig", "medium": "normal mittel", "high": "hoch", "urgent": "dringend"},
    "type": {"question": "frage", "incident": "störung", "problem": "", "task": "aufgabe"},
    "person": {"none": "nobody niemand", "me": "myself ich mir mich"},
    "away": {"off": "back aus zurück"},
    "view": {"mine": "my meine", "team": "", "unassigned": "offen", "late": "overdue überfällig verspätet"},
}  # fmt: skip
SYNONYMS: dict[Argument, dict[str, str]] = {
    argument: {key(way): value for value, ways in values.items() for way in (value, *ways.split())}
    for argument, values in _WAYS.items()
}
"""For some arguments: the key of each way to write a value, and the value."""

_BY_KEY = {key(name): command for command in DECLARED for name in (command.word, *command.aliases)}


def declaration(word: str) -> Declaration | None:
    """The command of this word, in any spelling; the ``#`` may be there."""
    return _BY_KEY.get(key(word.removeprefix("#")))


def waits_with_answer(word: str) -> bool:
    """Whether a command of this word waits with the words of its mail until they leave: it sets the status."""
    declared = declaration(word)
    return declared is not None and (declared.sets is not None or declared.word in {"status", "snooze"})


def nearest(word: str) -> tuple[str, ...]:
    """Up to three commands that may have been meant, the likeliest first."""
    wanted = key(word.removeprefix("#"))
    begun = [name for name in _BY_KEY if name.startswith(wanted)] if len(wanted) > 1 else []
    slips = [name for name in _BY_KEY if len(wanted) >= SHORTEST and _slipped(wanted, name)]
    names = [*slips, *difflib.get_close_matches(wanted, _BY_KEY, 2 * NEAREST, ALIKE), *begun]
    return tuple(dict.fromkeys(_BY_KEY[name].word for name in names))[:NEAREST]


def is_near(word: str) -> bool:
    """Whether a slip of the finger makes it differ from a command: one letter more, less or other, or two turned."""
    typed = key(word)
    return len(typed) >= SHORTEST and any(_slipped(typed, name) for name in _BY_KEY)


def _slipped(typed: str, name: str) -> bool:
    if abs(len(typed) - len(name)) > 1:
        return False
    same = next((i for i, (a, b) in enumerate(zip(typed, name, strict=False)) if a != b), min(len(typed), len(name)))
    one, other = typed[same:], name[same:]
    turned = one[1:2] + one[:1] + one[2:]
    return other in {one, one[1:], turned} or one[1:] == other[1:] or one == other[1:]


def markdown(language: str = "en") -> str:
    """All commands as a Markdown table: what to write, what it does."""
    heads = ("zu schreiben", "was es tut") if language == "de" else ("write", "what it does")
    rows = [(f"`{command.written(language)}`", command.does(language)) for command in DECLARED]
    lines = [heads, ("---", "---"), *((way.replace("|", "\\|"), does) for way, does in rows)]
    return "".join(f"| {way} | {does} |\n" for way, does in lines)
