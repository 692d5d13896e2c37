"""``counterfoil token``: the bearer tokens of the API."""

from __future__ import annotations

from typing import Annotated

import typer

from daemon import clock
from daemon.cli.terms import USAGE, AsJson, ConfigFile, as_json, fail, house, moment, plain, say, table

app = typer.Typer(no_args_is_help=True, help="Tokens of the API: create, list, revoke.")


@app.command()
def create(
    name: Annotated[str, typer.Argument(metavar="NAME", help="What it is for, such as webshop.")],
    scope: Annotated[
        list[str], typer.Option("--scope", metavar="SCOPE", help="What it may do; may stand several times.")
    ],
    config: ConfigFile = None,
    agent: Annotated[str, typer.Option("--agent", metavar="ADDRESS", help="It acts as this agent.")] = "",
    requester: Annotated[
        str, typer.Option("--requester", metavar="ADDRESS", help="It sees and changes this customer's tickets alone.")
    ] = "",
    expires: Annotated[
        str, typer.Option("--expires", metavar="TIME", help="For how long it is good: 90d, 12h; never = no end.")
    ] = "90d",
) -> None:
    """Make a token and print it, once: nobody can read it again.

    Example: counterfoil token create webshop --scope tickets:read --scope tickets:write --expires 90d
    """
    from daemon.desk import tokens

    token = tokens.PREFIX + clock.token()
    until = "" if expires == "never" else expires
    with house(config) as here:
        try:
            here.store.write(lambda: tokens.create(here, token, name, scope, agent, requester, until)).result()
        except tokens.NoToken as error:
            fail(str(error), USAGE)
    say(token)


@app.command("list")
def list_(config: ConfigFile = None, json: AsJson = False) -> None:
    """List all tokens; what they are is not known.

    Example: counterfoil token list
    """
    from daemon.store import tokens

    with house(config) as here:
        kept, now = here.store.read(tokens.every), here.now()
        address = here.store.read(lambda: {one.person: _address(one.person) for one in kept})
    if json:
        for one in kept:
            told = {"token": one.id, "name": one.name, "state": one.state(now), "role": one.role}
            told |= {"address": address[one.person], "scopes": one.scopes.split(), "created_at": one.created_at}
            as_json(told | {"expires_at": one.expires_at, "used_at": one.used_at, "revoked_at": one.revoked_at})
        return
    table(
        ("no", "name", "state", "acts for", "expires", "last used", "scopes"),
        [
            (
                one.id,
                one.name,
                one.state(now),
                f"{one.role} {address[one.person] or ''}".strip(),
                moment(one.expires_at) or "never",
                moment(one.used_at) or "never",
                one.scopes,
            )
            for one in kept
        ],
    )


@app.command()
def revoke(
    name: Annotated[str, typer.Argument(metavar="NAME|NUMBER", help="Name of the token, or its number in the list.")],
    config: ConfigFile = None,
) -> None:
    """Have a token grant nothing from now on.

    Example: counterfoil token revoke webshop
    """
    from daemon.desk import tokens

    with house(config) as here:
        try:
            revoked = here.store.write(lambda: tokens.revoke(here, name)).result()
        except tokens.NoToken as error:
            fail(str(error), USAGE)
    say(f"{plain(revoked.name)} grants nothing any longer")


def _address(person: int | None) -> str | None:
    from daemon.store import facts

    found = facts.person(person) if person is not None else None
    return found.address if found else None
