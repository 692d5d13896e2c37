"""``counterfoil ticket``: tickets, their conversation, and why each mail is where it is."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from daemon.cli.showing import show_ticket
from daemon.cli.terms import HIGHEST, USAGE, AsJson, ConfigFile, as_json, fail, house, moment, plain, say, table
from daemon.core.case import FIELD
from daemon.core.plan import Event
from daemon.core.reasons import sentence
from daemon.core.sla.terms import METRICS
from daemon.core.status import PRIORITIES, STATUSES, TYPES

app = typer.Typer(no_args_is_help=True, help="Tickets: list, show, why, set, rate.")

_NOT_THERE = "there is no ticket {}; see: counterfoil ticket list"
Number = Annotated[int, typer.Argument(metavar="NUMBER", min=1, max=HIGHEST, help="Number of the ticket, without #.")]


@app.command("list")
def list_(
    words: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[WORDS]",
            help='What to look for: words, "some in a row", a begin*, -not; from:, subject:, tag:, status:.',
        ),
    ] = None,
    config: ConfigFile = None,
    status: Annotated[str, typer.Option("--status", help=f"One of {', '.join(STATUSES)}; else all.")] = "",
    limit: Annotated[int, typer.Option("--limit", min=1, help="Most rows, the newest.")] = 50,
    json: AsJson = False,
) -> None:
    """List the newest tickets, the newest last; or those that a search finds, the best first.

    What begins with - comes after --. Example: counterfoil ticket list --status open -- printer -toner
    """
    from daemon.store import search, tickets

    if status and status not in STATUSES:
        fail(f"--status {status} is none; one of {', '.join(STATUSES)}", USAGE)
    with house(config) as here:
        try:
            rows = here.store.read(lambda: tickets.rows(status or None, limit, " ".join(words or ())))
        except search.SearchError as error:
            fail(str(error), USAGE)
    if json:
        for row in rows:
            as_json(row)
        return
    table(
        ("no", "status", "priority", "opened", "requester", "assignee", "subject"),
        [
            (
                r["id"],
                r["status"],
                r["priority"],
                moment(r["opened_at"]),
                r["requester_address"] or r["requester_name"],
                r["assignee_name"] or "",
                r["subject"],
            )
            for r in rows
        ],
    )


@app.command()
def show(number: Number, config: ConfigFile = None, json: AsJson = False) -> None:
    """Show a ticket and its conversation.

    Example: counterfoil ticket show 1042
    """
    found = _find(number, config)
    if json:
        as_json(found)
        return
    show_ticket(found)


@app.command()
def why(
    number: Number,
    config: ConfigFile = None,
    promise: Annotated[
        str, typer.Option("--promise", metavar="METRIC", help=f"Tell of a promise instead: {', '.join(METRICS)}.")
    ] = "",
    days: Annotated[bool, typer.Option("--days", help="Of a promise, tell each day by itself.")] = False,
    json: AsJson = False,
) -> None:
    """Tell, message by message, which rule joined it and what followed; or of a promise, how its time was counted.

    Example: counterfoil ticket why 1042 --promise first_response
    """
    if promise:
        _promise(number, config, promise, days, json)
        return
    if days:
        fail("--days is for --promise METRIC; name one", USAGE)
    found = _find(number, config)
    for message in found["messages"]:
        events = [e for e in found["events"] if e["message"] == message["id"] and e["kind"] != "mail_delivered"]
        letters = [x for x in found["letters"] if x["message"] == message["id"]]
        if json:
            as_json(_reasons(message, events, letters))
        else:
            _tell(message, events, letters)


def _promise(number: int, config: Any, metric: str, days: bool, json: bool) -> None:
    from daemon.cli.promise import tell
    from daemon.desk.explaining import explain_promise
    from daemon.store import tickets

    if metric not in METRICS:
        fail(f"--promise {metric} is none; one of {', '.join(METRICS)}", USAGE)
    with house(config) as here:
        if here.store.read(lambda: tickets.one(number)) is None:
            fail(_NOT_THERE.format(number))
        told = here.store.read(lambda: explain_promise(number, metric, here.now(), by_day=days))
    tell(told, number, metric, json=json)


def _reasons(message: dict[str, Any], events: list[dict[str, Any]], letters: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "message": message["id"],
        "kind": message["kind"],
        "from": message["address"],
        "at": message["at"],
        "because": message["because"],
        "evidence": message["evidence"],
        "evidence_sentence": sentence(message["evidence"]),
        "evidence_detail": message["evidence_detail"],
        "sentence": sentence(message["because"]),
        "events": [{k: e[k] for k in ("kind", "because", "at", "data")} for e in events],
        "letters": [{k: x[k] for k in ("kind", "recipient", "state")} for x in letters],
    }


def _tell(message: dict[str, Any], events: list[dict[str, Any]], letters: list[dict[str, Any]]) -> None:
    author = plain(message["address"] or message["author_name"] or "unknown")
    say(f"Message {message['id']} · {message['kind']} · {author} · {moment(message['received_at'])} UTC")
    say(f"  joined by   {message['because']}: {sentence(message['because'])}")
    say(f"  author      {message['evidence']}: {sentence(message['evidence'])}")
    if message["evidence_detail"]:
        say(f"  seen        {plain(message['evidence_detail'])}")
    for event in events:
        change = f" {event['data']['from']} → {event['data']['to']}" if "to" in event["data"] else ""
        rule = f": {event['data']['rule']}" if "rule" in event["data"] else ""
        say(f"  then        {event['kind']}{plain(change)} ({event['because']}{plain(rule)})")
        if answered := event["data"].get("answered"):
            say(f"  answering   {answered}: {sentence(answered)}")
    for letter in letters:
        say(f"  told        {plain(letter['recipient'])} by {letter['kind']}: {letter['state']}")
    say()


@app.command("set")
def set_(
    number: Number,
    config: ConfigFile = None,
    status: Annotated[
        str | None, typer.Option("--status", help="open, pending, on_hold, resolved, closed or spam.")
    ] = None,
    priority: Annotated[str | None, typer.Option("--priority", help=", ".join(PRIORITIES))] = None,
    assignee: Annotated[
        str | None, typer.Option("--assignee", metavar="ADDRESS", help="An agent's address, or none.")
    ] = None,
    team: Annotated[str | None, typer.Option("--team", help="Name of a team.")] = None,
    type_: Annotated[str | None, typer.Option("--type", help=", ".join(TYPES))] = None,
    tag: Annotated[
        list[str] | None, typer.Option("--tag", metavar="TAG", help="Tag to give; may stand several times.")
    ] = None,
    untag: Annotated[
        list[str] | None, typer.Option("--untag", metavar="TAG", help="Tag to take away; may stand several times.")
    ] = None,
    field: Annotated[
        list[str] | None,
        typer.Option("--field", metavar="NAME=VALUE", help="Field of your own to fill in; NAME= empties it."),
    ] = None,
    snooze: Annotated[
        str | None,
        typer.Option(
            "--snooze",
            metavar="WHEN",
            help="Put aside (on_hold) until then: 3d, 4h, or 2026-12-01 09:00 in the first "
            "calendar's zone; then it is open again and its agent is told.",
        ),
    ] = None,
) -> None:
    """Change a ticket as the operator; customers are told of what tickets.notify_customer names.

    Example: counterfoil ticket set 1042 --status resolved --assignee agent@example.com
    """
    from daemon.desk.change import Unchangeable, change

    wanted = {"status": status, "priority": priority, "assignee": assignee, "team": team, "type": type_}
    fields = {key: value for key, value in wanted.items() if value is not None}
    filled = dict(_pair(one) for one in field or ())
    with house(config) as here:
        try:
            changed = here.store.write(
                lambda: change(here, number, fields, None, "operator", tag or (), untag or (), snooze, filled)
            ).result()
        except Unchangeable as error:
            fail(str(error), USAGE)
    say(f"#{number}: " + (", ".join(_change(e) for e in changed) or "nothing to change"))


@app.command("rate")
def rate_(
    number: Number,
    verdict: Annotated[str, typer.Argument(metavar="good|bad", help="What the customer said.")],
    config: ConfigFile = None,
) -> None:
    """Note how a customer says that they were served; their last word on a ticket is the one that counts.

    Example: counterfoil ticket rate 1042 good
    """
    from daemon.desk.change import Unchangeable, rate

    if verdict not in ("good", "bad"):
        fail(f"{verdict!r} is no verdict; write good or bad", USAGE)
    with house(config) as here:
        try:
            here.store.write(lambda: rate(here, number, verdict == "good", "told-by-operator")).result()
        except Unchangeable as error:
            fail(str(error), USAGE)
    say(f"#{number}: rated {verdict}")


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals:
        fail(f"--field {text} has no value; write it such as product=vpn", USAGE)
    return name, value


def _change(event: Event) -> str:
    data = dict(event.data)
    if event.column == FIELD:
        return f"{data['field']}: {event.was or 'nothing'} → {event.becomes or 'nothing'}"
    if event.kind == "snoozed":
        return f"snoozed until {moment(int(data['until'] or 0))} UTC"
    what = data.get("tag", f"{event.was} → {event.becomes}")
    return f"{event.kind.replace('_', ' ')} {what}"


def _find(number: int, config: Any) -> dict[str, Any]:
    from daemon.store import tickets

    with house(config) as here:
        found = here.store.read(lambda: tickets.one(number))
    if found is None:
        fail(_NOT_THERE.format(number))
    return found
