"""``counterfoil webhook``: other systems that are told of events: how far they are, trying, replaying, pausing."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Annotated, Any, TypeVar

import typer

from daemon.cli.terms import (
    HIGHEST,
    USAGE,
    AsJson,
    ConfigFile,
    as_json,
    fail,
    fail_whole,
    house,
    moment,
    plain,
    say,
    table,
)
from daemon.desk.house import House
from daemon.desk.webhooks import NoWebhook, Overview

T = TypeVar("T")

app = typer.Typer(no_args_is_help=True, help="Webhooks: list, test, replay, pause, resume.")
Which = Annotated[str, typer.Argument(metavar="NAME", help="Name of the webhook in the configuration.")]


@app.command("list")
def list_(config: ConfigFile = None, json: AsJson = False) -> None:
    """List the webhooks: up to which event each was told, how many wait, and what it answered last.

    Example: counterfoil webhook list
    """
    from daemon.desk import webhooks

    with house(config) as here:
        found = here.store.read(lambda: webhooks.overview(here))
    if json:
        for one in found:
            as_json(_as_dict(one))
        return
    columns = ("name", "host", "state", "told up to", "waiting", "next try", "last answer")
    table(columns, [_row(one) for one in found])


@app.command()
def test(name: Which, config: ConfigFile = None) -> None:
    """Send a message that tells of nothing, and tell what was answered. Exit code 1 if it was not taken.

    Example: counterfoil webhook test reports
    """
    from daemon.config import ConfigurationError
    from daemon.core.webhooks import Accepted
    from daemon.desk import webhooks
    from daemon.edge.dns import Resolver
    from daemon.edge.webhook_call import Caller

    async def call(here: House) -> Any:
        webhook = webhooks.configured(here, name)
        caller = Caller(webhook, Resolver(here.config.dns.servers), here.now)
        try:
            return await caller.call(webhooks.trial(here, name))
        finally:
            await caller.close()

    with house(config) as here:
        try:
            answer = _try(lambda: asyncio.run(call(here)))
        except ConfigurationError as error:
            fail_whole(error, config)
    if not isinstance(answer, Accepted):
        fail(f"webhook {name}: {plain(answer.reason)}")
    say(f"webhook {name}: taken, HTTP {answer.status}")


def _event(text: str) -> int:
    """The number of an event, written with or without what stands before it where events are told."""
    digits = text.strip().removeprefix("event_")
    number = int(digits) if digits.isascii() and digits.isdigit() and len(digits) <= len(str(HIGHEST)) else 0
    if not 1 <= number <= HIGHEST:
        raise typer.BadParameter(f"{text!r} is no event; write its number, such as 4711 or event_4711")
    return number


@app.command()
def replay(
    name: Which,
    since: Annotated[
        int,
        typer.Option(
            "--from", metavar="EVENT", parser=_event, help="The first event to tell: 4711, or event_4711 as it is told."
        ),
    ],
    config: ConfigFile = None,
) -> None:
    """Tell events again from one on, or skip those before it. The ids of the messages stay the same.

    Example: counterfoil webhook replay reports --from 4711
    """
    from daemon.desk import webhooks

    count, paused = _write(config, lambda here: webhooks.replay(here, name, since))
    when = f" once it is resumed: counterfoil webhook resume {name}" if paused else ""
    say(f"webhook {name}: goes on with event {since}{when}; events to tell: {count}")


@app.command()
def pause(name: Which, config: ConfigFile = None) -> None:
    """Tell a webhook nothing until it is resumed; what comes meanwhile waits.

    Example: counterfoil webhook pause reports
    """
    from daemon.desk import webhooks

    _write(config, lambda here: webhooks.pause(here, name))
    say(f"webhook {name}: paused")


@app.command()
def resume(name: Which, config: ConfigFile = None) -> None:
    """Go on where a webhook was paused or given up; what waits for its next try is tried at once.

    Example: counterfoil webhook resume reports
    """
    from daemon.desk import webhooks

    _write(config, lambda here: webhooks.resume(here, name))
    say(f"webhook {name}: goes on")


def _write(config: Any, act: Callable[[House], T]) -> T:
    with house(config) as here:
        return _try(lambda: here.store.write(lambda: act(here)).result())


def _try(act: Callable[[], T]) -> T:
    try:
        return act()
    except NoWebhook as error:
        fail(str(error), USAGE)


def _state(one: Overview) -> str:
    standing = one.standing
    if standing is None:
        return "new"
    if standing.paused_at is not None:
        return "given up" if standing.told_at is not None else "paused"
    return "failing" if standing.failing_since is not None else "well"


def _row(one: Overview) -> tuple[object, ...]:
    standing, host = one.standing, one.webhook.host
    if standing is None:
        return one.webhook.name, host, _state(one), "", "", "", ""
    tries = moment(standing.due_at) if standing.due_at and standing.paused_at is None else ""
    return one.webhook.name, host, _state(one), standing.event, one.waiting, tries, standing.response


def _as_dict(one: Overview) -> dict[str, Any]:
    standing = one.standing
    return {
        "name": one.webhook.name,
        "url": one.webhook.url,
        "state": _state(one),
        "event": standing.event if standing else None,
        "waiting": one.waiting,
        "attempts": standing.attempts if standing else 0,
        "failing_since": standing.failing_since if standing else None,
        "due_at": standing.due_at if standing and standing.due_at else None,
        "paused_at": standing.paused_at if standing else None,
        "response": standing.response if standing else "",
    }
