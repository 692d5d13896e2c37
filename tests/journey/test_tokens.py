"""Tokens by command, against a running daemon."""

from __future__ import annotations

import re
import urllib.request

import pytest

from tests.journey.mails import fresh, new_mail
from tests.journey.running import AGENT, RunningDesk


def test_a_token_is_printed_once_listed_without_itself_and_revoked(desk: RunningDesk) -> None:
    customer = fresh()
    desk.send(new_mail(customer))
    name = customer.partition("@")[0]
    made = desk.run("token", "create", name, "--scope", "tickets:read", "--requester", customer, "--expires", "90d")
    token = made.stdout.strip()
    assert re.fullmatch(r"cf_[A-Za-z0-9_-]{43}", token), made.stderr
    (row,) = [row for row in desk.json("token", "list", "--json") if row["name"] == name]
    assert (row["state"], row["role"], row["address"], row["scopes"]) == (
        "in force",
        "requester",
        customer,
        ["tickets:read"],
    )
    assert row["expires_at"] == row["created_at"] + 90 * 86_400
    shown = desk.run("token", "list").stdout
    assert name in shown
    assert token not in shown + desk.log.read_text()
    again = desk.run("token", "create", name, "--scope", "tickets:read")
    assert again.returncode == 2
    assert "already" in again.stderr
    assert desk.run("token", "revoke", name).returncode == 0
    (row,) = [row for row in desk.json("token", "list", "--json") if row["name"] == name]
    assert row["state"] == "revoked"
    assert desk.run("token", "revoke", name).returncode == 2


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--scope", "tickets:eat"), "tickets:eat is no scope"),
        (("--scope", "admin", "--agent", "nobody@example.net"), "is no agent"),
        (("--scope", "admin", "--agent", AGENT, "--requester", AGENT), "name one of them"),
        ((), "--scope"),
    ],
)
def test_a_token_that_makes_no_sense_is_refused(desk: RunningDesk, arguments: tuple[str, ...], sentence: str) -> None:
    refused = desk.run("token", "create", "strange", *arguments)
    assert refused.returncode == 2
    assert sentence in refused.stderr
    assert "cf_" not in refused.stdout


def test_metrics_count_the_mail_that_came(desk: RunningDesk) -> None:
    desk.send(new_mail(fresh()))
    with urllib.request.urlopen(f"{desk.http}/metrics", timeout=10) as answer:
        text = answer.read().decode()
    filed = re.findall(r'^counterfoil_mails_in\{outcome="filed"\} (\S+)$', text, re.MULTILINE)
    assert float(filed[0]) >= 1
    assert "@" not in text
