"""Fields of the operator's own on a running desk: filled in by mail, by routing and by command, and asked for."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from tests.journey.conftest import PATIENT
from tests.journey.mails import fresh, new_mail, reply_to, text_of
from tests.journey.receipt import Receipt
from tests.journey.running import RunningDesk
from tests.journey.sink import Sink

FIELDS = """
[[field]]
name = "product"
title = "Product"
kind = "choice"
choices = ["VPN", "printer"]
required_on_resolve = true

[[field]]
name = "serial"
kind = "text"

[[field]]
name = "hours"
kind = "number"

[[field]]
name = "invoice"
teams = ["billing"]

[[routing]]
name = "vpn"
subject = ["vpn"]
fields = { product = "vpn", serial = "words of a rule", invoice = "7" }
"""


@pytest.fixture
def desk(open_desk: Callable[..., RunningDesk], own_sink: Sink) -> RunningDesk:
    return open_desk(own_sink, tables=PATIENT + FIELDS)


def does(desk: RunningDesk, first: Receipt, words: str) -> Receipt:
    letter = next(x for x in first.letters if x.kind == "notification")
    return desk.send(reply_to(letter.mail, letter.recipient, words), "inside")


def values(desk: RunningDesk, number: int) -> dict[str, str]:
    rows = desk.rows("SELECT name, value FROM ticket_field WHERE ticket_id = ?", number)
    return {row["name"]: row["value"] for row in rows}


def changes(desk: RunningDesk, number: int) -> list[dict[str, object]]:
    wanted = "SELECT data FROM event WHERE ticket_id = ? AND kind = 'field_changed' ORDER BY id"
    return [json.loads(row["data"]) for row in desk.rows(wanted, number)]


def test_agents_fill_fields_in_and_resolve_only_then(desk: RunningDesk) -> None:
    first = desk.send(new_mail(fresh()))
    number = first.ticket
    refused = does(desk, first, "#resolve\n\nAll is well.").letter("unclear")
    assert "“#field product” is missing" in text_of(refused.mail)
    assert desk.status(number) == "new"
    receipt = does(
        desk, first, "#resolve\n#field product: Printer\n#field serial SN 12\n#field hours 01.50\n\nAll is well."
    )
    assert "Product: printer" in text_of(receipt.letter("receipt").mail)
    assert desk.status(number) == "resolved"
    assert values(desk, number) == {"product": "printer", "serial": "SN 12", "hours": "1.5"}
    assert changes(desk, number) == [
        {"field": "product", "from": None, "to": "printer"},
        {"field": "serial"},
        {"field": "hours", "from": None, "to": "1.5"},
    ]
    assert does(desk, first, "#undo").letters
    assert values(desk, number) == {}
    does(desk, first, "#field serial x")
    does(desk, first, "#field serial none")
    assert values(desk, number) == {}


def test_a_line_that_fills_in_nothing_is_told(desk: RunningDesk) -> None:
    first = desk.send(new_mail(fresh()))
    for line, sentence in (
        ("#field invoice 7", "“invoice” is no field of this request"),
        ("#field produkt vpn", "Did you mean product?"),
        ("#field product scanner", "“scanner” is not offered for this field"),
        ("#field hours many", "“many” is no number"),
        ("#field serial", "lacks what it is about"),
    ):
        assert sentence in " ".join(text_of(does(desk, first, line).letter("unclear").mail).split())


def test_routing_fills_in_what_a_ticket_of_its_team_has(desk: RunningDesk) -> None:
    first = desk.send(new_mail(fresh(), Subject="VPN is away"))
    assert values(desk, first.ticket) == {"product": "VPN", "serial": "words of a rule"}
    assert changes(desk, first.ticket) == [
        {"field": "product", "rule": "vpn", "from": None, "to": "VPN"},
        {"field": "serial", "rule": "vpn"},
    ]


def test_the_operator_fills_fields_in_by_command(desk: RunningDesk) -> None:
    number = str(desk.send(new_mail(fresh())).ticket)
    refused = desk.run("ticket", "set", number, "--status", "resolved")
    assert refused.returncode == 2
    assert f"ticket {number} cannot be resolved without Product" in refused.stderr
    for wrong, sentence in (
        ("product", "has no value"),
        ("hours=x", "is no number"),
        ("nothing=1", "there is no field"),
    ):
        assert sentence in desk.run("ticket", "set", number, "--field", wrong).stderr
    done = desk.run("ticket", "set", number, "--status", "resolved", "--field", "product=vpn", "--field", "hours=2")
    assert "product: nothing → VPN" in done.stdout, done.stderr
    assert desk.status(int(number)) == "resolved"
    assert "product: VPN" in desk.run("ticket", "show", number).stdout
    desk.run("ticket", "set", number, "--field", "hours=")
    assert values(desk, int(number)) == {"product": "VPN"}
