"""``counterfoil contact``: the cards of people, and two persons who turn out to be one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

import typer

from daemon.cli.terms import USAGE, AsJson, ConfigFile, as_json, block, fail, house, moment, plain, say, table
from daemon.desk.house import House
from daemon.store.people import Contact

app = typer.Typer(no_args_is_help=True, help="People: show, list, set, join, split.")

ADDRESS = typer.Argument(metavar="ADDRESS", help="One of the person's addresses.")
Whose = Annotated[str, ADDRESS]


@app.command()
def show(address: Whose, config: ConfigFile = None, json: AsJson = False) -> None:
    """Show somebody's card: their addresses, what is noted of them, and their tickets.

    Example: counterfoil contact show customer@example.net
    """
    from daemon.desk import contacts

    with house(config) as here:
        card = _try(lambda: here.store.read(lambda: contacts.card(address)))
    if json:
        as_json(_as_dict(card))
        return
    _tell(card)


@app.command("list")
def list_(
    config: ConfigFile = None,
    words: Annotated[
        str, typer.Option("--words", metavar="TEXT", help="Only those with it in name, organisation or address.")
    ] = "",
    limit: Annotated[int, typer.Option("--limit", min=1, help="Most rows.")] = 50,
    json: AsJson = False,
) -> None:
    """List people by name.

    Example: counterfoil contact list --words example.net
    """
    from daemon.store import people

    with house(config) as here:
        cards = here.store.read(lambda: people.contacts(words, limit))
    if json:
        for card in cards:
            as_json(_as_dict(card, with_tickets=False))
        return
    table(
        ("name", "organisation", "language", "addresses"),
        [(c.name, c.organisation, c.language or "", ", ".join(c.addresses)) for c in cards],
    )


@app.command("set")
def set_(
    address: Whose,
    config: ConfigFile = None,
    name: Annotated[str | None, typer.Option("--name", help="How they are called.")] = None,
    phone: Annotated[str | None, typer.Option("--phone", help="Their telephone number.")] = None,
    organisation: Annotated[str | None, typer.Option("--organisation", help="Where they belong.")] = None,
    remark: Annotated[str | None, typer.Option("--remark", help="What agents should know of them.")] = None,
    language: Annotated[
        str | None,
        typer.Option("--language", help="The language in which they are written to, such as de; none = not known."),
    ] = None,
) -> None:
    """Write on somebody's card; an empty value clears it.

    Example: counterfoil contact set customer@example.net --organisation "Example GmbH" --language de
    """
    from daemon.desk import contacts

    given = {"name": name, "phone": phone, "organisation": organisation, "remark": remark, "language": language}
    wanted = {field: value for field, value in given.items() if value is not None}
    if not wanted:
        fail("nothing to write; give --name, --phone, --organisation, --remark or --language", USAGE)
    _write(config, lambda here: contacts.change(here, address, wanted))


@app.command()
def join(
    address: Whose,
    other: Annotated[str, typer.Argument(metavar="ADDRESS", help="An address of who is the same person.")],
    config: ConfigFile = None,
) -> None:
    """Make two persons one: addresses and tickets of the second go to the first; what each wrote stays theirs.

    Example: counterfoil contact join customer@example.net customer@example.org
    """
    from daemon.desk import contacts

    _write(config, lambda here: contacts.join(here, address, other))


@app.command()
def split(address: Whose, config: ConfigFile = None) -> None:
    """Make the owner of one of several addresses a person of their own; undoes a join with all that came by it.

    Example: counterfoil contact split customer@example.org
    """
    from daemon.desk import contacts

    _write(config, lambda here: contacts.split(here, address))


def _write(config: Any, act: Callable[[House], Contact]) -> None:
    with house(config) as here:
        card = _try(lambda: here.store.write(lambda: act(here)).result())
    _tell(card)


def _try(act: Callable[[], Contact]) -> Contact:
    from daemon.desk.contacts import NoContact

    try:
        return act()
    except NoContact as error:
        fail(str(error), USAGE)


def _tell(card: Contact) -> None:
    say(plain(card.name) or "(no name)")
    for address in card.addresses:
        say(f"  {plain(address)}{'' if address in card.proved else ' (not proved)'}")
    for name in ("organisation", "phone", "language"):
        if value := getattr(card, name):
            say(f"{name}: {plain(value)}")
    say(f"known since: {moment(card.created_at)} UTC")
    if card.tickets:
        say("tickets: " + ", ".join(f"#{number}" for number in card.tickets))
    if card.remark:
        say(f"\n{block(card.remark)}")


def _as_dict(card: Contact, *, with_tickets: bool = True) -> dict[str, Any]:
    addresses = [{"address": one, "proved": one in card.proved} for one in card.addresses]
    told = {
        "person": card.id,
        "name": card.name,
        "addresses": addresses,
        "language": card.language,
        "phone": card.phone,
        "organisation": card.organisation,
        "remark": card.remark,
        "created_at": card.created_at,
    }
    return told | ({"tickets": list(card.tickets)} if with_tickets else {})
