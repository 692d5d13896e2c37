"""``counterfoil inbound``: the ledger. Where is my mail?"""

from __future__ import annotations

import asyncio
import re
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from daemon.cli import audit
from daemon.cli.terms import FAILED, HIGHEST, AsJson, ConfigFile, as_json, fail, house, moment, plain, say, table
from daemon.core.reasons import REASONS, sentence
from daemon.desk.house import House

app = typer.Typer(
    no_args_is_help=True, help="The ledger of every mail seen: list, show, retry, release, discard, audit."
)
app.command("audit")(audit.audit)

Number = Annotated[
    int,
    typer.Argument(metavar="NUMBER", min=1, max=HIGHEST, help="Number in the ledger, as in: counterfoil inbound list"),
]
REASON = re.compile(r"[a-z0-9-]+(?=[: ]|$)")
STATES = ("filed", "ignored", "quarantined", "failed")


@app.command("list")
def list_(
    config: ConfigFile = None,
    state: Annotated[str, typer.Option("--state", help="filed, ignored, quarantined or failed; else all.")] = "",
    limit: Annotated[int, typer.Option("--limit", min=1, help="Most rows, the newest.")] = 50,
    json: AsJson = False,
) -> None:
    """List the newest mails, the newest last.

    Example: counterfoil inbound list --state quarantined
    """
    from daemon.store import ledger

    if state and state not in STATES:
        fail(f"--state {state} is none; one of {', '.join(STATES)}", 2)
    with house(config) as here:
        rows = here.store.read(lambda: ledger.rows(state or None, limit=limit))
    if json:
        for row in rows:
            as_json(public(row))
        return
    table(
        ("no", "received", "state", "because", "ticket", "from", "subject"),
        [
            (
                r["id"],
                moment(r["received_at"]),
                r["state"],
                r["because"],
                r["ticket"],
                r["from_text"][:40],
                r["subject"][:60],
            )
            for r in rows
        ],
    )


@app.command()
def show(
    number: Number,
    config: ConfigFile = None,
    json: AsJson = False,
    raw: Annotated[
        Path | None, typer.Option("--raw", metavar="FILE", help="Write the mail's bytes as they came into this file.")
    ] = None,
) -> None:
    """Show one mail's row, and what its reason means.

    Example: counterfoil inbound show 17 --raw mail.eml
    """
    from daemon.store import raw as kept

    with house(config) as here:
        row = _row(here, number)
        if raw is not None:
            try:
                raw.write_bytes(here.store.read(lambda: kept.read(row["raw_bytes"])))
            except OSError as error:
                fail(f"{raw} cannot be written: {error.strerror}", FAILED)
    if json:
        as_json(public(row))
        return
    for key, value in public(row).items():
        if value not in (None, ""):
            say(f"{key:16} {plain(moment(value) if key.endswith('_at') else value)}")
    say(f"\n{sentence(row['because'])}")
    for doubt in str(row["error"] or "").split("; "):
        named = REASON.match(doubt)
        if named and named[0] in REASONS:
            say(REASONS[named[0]])


@app.command()
def retry(
    numbers: Annotated[list[int], typer.Argument(metavar="NUMBER...", min=1, max=HIGHEST)], config: ConfigFile = None
) -> None:
    """Try failed and quarantined mail again, from the bytes that were kept.

    Example: counterfoil inbound retry 17 18
    """
    from daemon.store.ledger import TRIED_AGAIN

    with house(config) as here:
        for number in numbers:
            row = _row(here, number)
            if row["state"] not in TRIED_AGAIN:
                fail(f"mail {number} is {row['state']}; only failed and quarantined mail can be tried again")
            as_json(asyncio.run(_retry(here, row)))


async def _retry(here: House, row: dict[str, Any]) -> dict[str, Any]:
    from daemon.app import intake
    from daemon.desk import repair

    with intake(here) as (reception, _):
        outcome = await repair.again(here, reception, row["id"])
    return {"inbound": row["id"], "outcome": outcome.state, "because": outcome.because, "ticket": outcome.ticket}


@app.command()
def release(number: Number, config: ConfigFile = None) -> None:
    """Vouch for a held agent's mail as the operator: it is carried out as if the agent had confirmed it.

    Example: counterfoil inbound release 17
    """
    _settle(config, number, "confirmed")


@app.command()
def discard(number: Number, config: ConfigFile = None) -> None:
    """Let a held, quarantined or failed mail rest; it stays in the ledger.

    Example: counterfoil inbound discard 17
    """
    _settle(config, number, "discarded")


def _settle(config: Path | None, number: int, decision: Literal["confirmed", "discarded"]) -> None:
    from daemon.desk import settling
    from daemon.store.ledger import TRIED_AGAIN

    with house(config) as here:
        row = _row(here, number)
        try:
            outcome = here.store.write(lambda: settling.settle(here, number, decision)).result()
        except settling.NotWaiting as error:
            waits = row["state"] in TRIED_AGAIN and "nothing waits" in str(error)
            fail(str(error) + (f"; to try it again: counterfoil inbound retry {number}" if waits else ""))
    as_json({"inbound": number, "outcome": outcome.state, "because": outcome.because, "ticket": outcome.ticket})


def _row(here: House, number: int) -> dict[str, Any]:
    from daemon.store import ledger

    row = here.store.read(lambda: ledger.row(number))
    if row is None:
        fail(f"the ledger has no mail {number}; see: counterfoil inbound list")
    return row


def public(row: dict[str, Any]) -> dict[str, Any]:
    """A row of the ledger under the names that people know."""
    shown = (
        "id",
        "state",
        "because",
        "source",
        "source_key",
        "desk",
        "recipient",
        "sender",
        "peer",
        "from_text",
        "subject",
        "rfc_message_id",
        "ticket",
        "message",
        "attempts",
        "retry_at",
        "error",
        "received_at",
        "recorded_at",
        "raw_bytes",
    )
    return {
        {"from_text": "from", "rfc_message_id": "message_id", "raw_bytes": "sha256"}.get(k, k): row[k] for k in shown
    }
