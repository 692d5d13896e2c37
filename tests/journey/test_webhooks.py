"""Other systems hear of events: all of them, in their order, under the same id if twice; and the dead are given up."""

from __future__ import annotations

import signal
import socket
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from standardwebhooks.webhooks import Webhook as Verifier

from tests.endpoint import Endpoint, status
from tests.journey.conftest import PATIENT
from tests.journey.mails import fresh, new_mail
from tests.journey.receipt import Letter
from tests.journey.running import RunningDesk, until

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
OPERATOR = 'operator = "operator@desk.example"'
Open = Callable[..., RunningDesk]


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    with Endpoint() as server:
        yield server


@pytest.fixture
def open_hooked(open_desk: Open, tmp_path: Path) -> Open:
    """A desk with webhooks: a name, an endpoint and its options in TOML for each."""
    (tmp_path / "secret").write_text(SECRET)

    def start(*hooks: tuple[str, Endpoint, str]) -> RunningDesk:
        return open_desk(None, OPERATOR, PATIENT + "".join(hook(tmp_path, *one) for one in hooks))

    return start


def hook(folder: Path, name: str, endpoint: Endpoint, options: str = "") -> str:
    return (
        f'\n[[webhook]]\nname = "{name}"\nurl = "{endpoint.url}"\nsecret_file = "{folder / "secret"}"\n'
        f'allow = ["127.0.0.1/32"]\nretry_first = 1\nretry_longest = 1\ntimeout = 2\n{options}\n'
    )


def wrote(desk: RunningDesk, count: int = 1) -> None:
    for _ in range(count):
        assert desk.send(new_mail(fresh())).code == 250


def events(desk: RunningDesk, *kinds: str) -> list[str]:
    """The ids of the messages about all events, or those of some kinds, in the order of commits."""
    rows = desk.rows("SELECT event_id, kind FROM v1_event ORDER BY event_id")
    return [f"event_{row['event_id']}" for row in rows if not kinds or row["kind"] in kinds]


def quiet(desk: RunningDesk) -> None:
    """Nothing more happens by itself: all mail has left."""
    until(lambda: not desk.rows("SELECT 1 AS n FROM outbox WHERE state = 'queued'"))


def hears_all(desk: RunningDesk, endpoint: Endpoint, *kinds: str) -> None:
    """It hears of every event of these kinds, once and in order."""
    quiet(desk)
    until(lambda: endpoint.ids[-1:] == events(desk, *kinds)[-1:])
    assert endpoint.ids == events(desk, *kinds)


def listed(desk: RunningDesk, name: str) -> dict[str, Any]:
    return next(one for one in desk.json("webhook", "list", "--json") if one["name"] == name)


@contextmanager
def locked(desk: RunningDesk) -> Iterator[None]:
    """While this holds, nobody writes down how far an endpoint is."""
    if desk.url.startswith("postgresql:"):
        with psycopg.connect(desk.url) as there:
            there.execute("LOCK TABLE webhook IN EXCLUSIVE MODE")
            yield
        return
    here = sqlite3.connect(desk.database, timeout=20, isolation_level=None)
    try:
        here.execute("BEGIN IMMEDIATE")
        yield
    finally:
        here.close()


def words(letter: Letter) -> str:
    body = letter.mail.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


def test_an_endpoint_hears_of_every_event_in_order_one_at_a_time_and_signed(
    open_hooked: Open, endpoint: Endpoint
) -> None:
    desk = open_hooked(("all", endpoint, ""))
    wrote(desk, 5)
    desk.run("ticket", "set", "1", "--status", "resolved")  # by another process
    hears_all(desk, endpoint)
    assert endpoint.together == 1
    first = endpoint.received[0]
    said = Verifier(SECRET).verify(first.body, first.headers)
    row = desk.rows("SELECT * FROM v1_event ORDER BY event_id")[0]
    assert said["type"] == "ticket.ticket_opened"
    assert said["data"]["ticketId"] == f"ticket_{row['ticket_id']}"
    assert said["data"]["actorId"] == f"user_{row['actor_id']}"
    everything = b"".join(one.body for one in endpoint.received)
    assert b"@" not in everything and b"Printer" not in everything and b"fire" not in everything
    moved = next(one.said for one in endpoint.received if one.said["type"] == "ticket.status_changed")
    assert moved["data"]["data"] == {"from": "new", "to": "resolved"}


def test_each_endpoint_hears_what_it_wishes_and_a_dead_one_holds_up_no_other(
    open_hooked: Open, endpoint: Endpoint
) -> None:
    with Endpoint() as billing, Endpoint() as dead:
        dead.answers = [dead.hang] * 100
        desk = open_hooked(
            ("opened", endpoint, 'events = ["ticket_opened"]'),
            ("billing", billing, 'desks = ["billing"]\nteams = ["billing"]'),
            ("dead", dead, ""),
        )
        wrote(desk, 2)
        desk.send(new_mail(fresh(), To="billing@desk.example"))
        hears_all(desk, endpoint, "ticket_opened")
        quiet(desk)
        mine = desk.rows("SELECT event_id FROM v1_event WHERE ticket_id = 3 ORDER BY event_id")
        until(lambda: len(billing.ids) >= len(mine))
        assert billing.ids == [f"event_{row['event_id']}" for row in mine]
        assert set(dead.ids) == {"event_1"}


def test_what_is_not_taken_comes_again_under_its_id_before_anything_newer(
    open_hooked: Open, endpoint: Endpoint
) -> None:
    endpoint.answers = [status(500), endpoint.die, status(302, "Location: http://169.254.169.254/"), endpoint.lie_short]
    desk = open_hooked(("all", endpoint, ""))
    wrote(desk, 2)
    quiet(desk)
    until(lambda: endpoint.ids[-1:] == events(desk)[-1:])
    assert endpoint.ids[:4] == ["event_1"] * 4
    assert endpoint.ids[3:] == events(desk)
    signatures = {one.body for one in endpoint.received[:4]}
    assert len(signatures) == 1
    until(lambda: listed(desk, "all")["state"] == "well")


def test_i27_killed_while_an_endpoint_thinks_it_tells_again_under_the_same_id(
    open_hooked: Open, endpoint: Endpoint
) -> None:
    asked, may_end = threading.Event(), threading.Event()

    def think(line: socket.socket) -> None:
        asked.set()
        may_end.wait(20)

    endpoint.answers = [status(200), think]
    desk = open_hooked(("all", endpoint, ""))
    wrote(desk)
    assert asked.wait(20)
    desk.end(signal.SIGKILL)
    may_end.set()
    assert len(endpoint.ids) == 2
    desk.start()
    wrote(desk)
    quiet(desk)
    until(lambda: endpoint.ids[-1:] == events(desk)[-1:])
    assert endpoint.ids == [endpoint.ids[0], endpoint.ids[1], *events(desk)[1:]]


def test_i27_killed_between_an_answer_and_its_commit_it_tells_again_under_the_same_id(
    open_hooked: Open, endpoint: Endpoint
) -> None:
    asked, may_answer, heard = threading.Event(), threading.Event(), threading.Event()

    def answer_later(line: socket.socket) -> None:
        asked.set()
        may_answer.wait(20)
        line.sendall(status(200))
        while line.recv(100):
            pass
        heard.set()

    endpoint.answers = [answer_later]
    desk = open_hooked(("all", endpoint, ""))
    wrote(desk)
    assert asked.wait(20)
    with locked(desk):
        may_answer.set()
        assert heard.wait(20)
        desk.end(signal.SIGKILL)
    desk.start()
    quiet(desk)
    until(lambda: endpoint.ids[-1:] == events(desk)[-1:])
    assert endpoint.ids[:2] == ["event_1", "event_1"]
    assert endpoint.ids[1:] == events(desk)


def test_a_new_endpoint_begins_now_and_a_known_one_goes_on_where_it_was(
    open_hooked: Open, endpoint: Endpoint, tmp_path: Path
) -> None:
    desk = open_hooked(("old", endpoint, ""))
    wrote(desk)
    hears_all(desk, endpoint)
    desk.end()
    with Endpoint() as young:
        desk.config.write_text(desk.config.read_text() + hook(tmp_path, "young", young))
        desk.start()
        before = len(events(desk))
        wrote(desk)
        hears_all(desk, endpoint)
        until(lambda: young.ids[-1:] == events(desk)[-1:])
        assert young.ids == events(desk)[before:]


def test_an_endpoint_that_takes_nothing_is_paused_the_operator_told_once_and_resumed(
    open_hooked: Open, endpoint: Endpoint
) -> None:
    endpoint.answers = [status(500)] * 1000
    desk = open_hooked(("all", endpoint, "give_up_after = 2"))
    wrote(desk)
    until(lambda: listed(desk, "all")["state"] == "given up")
    tried = len(endpoint.ids)
    wrote(desk)
    quiet(desk)
    assert len(endpoint.ids) == tried
    (report,) = [letter for letter in desk.letters() if letter.kind == "report"]
    assert report.recipient == "operator@desk.example"
    assert report.mail["Subject"] == "Webhook all was paused: HTTP 500"
    assert "counterfoil webhook resume all" in words(report)
    assert listed(desk, "all")["waiting"] == len(events(desk))
    endpoint.answers = []
    endpoint.received.clear()
    assert desk.run("webhook", "resume", "all").stdout == "webhook all: goes on\n"
    hears_all(desk, endpoint)
    assert len([letter for letter in desk.letters() if letter.kind == "report"]) == 1


def test_an_endpoint_that_is_gone_is_paused_at_once(open_hooked: Open, endpoint: Endpoint) -> None:
    endpoint.answers = [status(410)]
    desk = open_hooked(("all", endpoint, ""))
    wrote(desk)
    until(lambda: listed(desk, "all")["state"] == "given up")
    assert endpoint.ids == ["event_1"]
    assert "asked never to be called again" in words(next(x for x in desk.letters() if x.kind == "report"))


def test_the_operator_pauses_resumes_replays_and_skips(open_hooked: Open, endpoint: Endpoint) -> None:
    desk = open_hooked(("all", endpoint, ""))
    wrote(desk)
    hears_all(desk, endpoint)
    assert desk.run("webhook", "pause", "all").returncode == 0
    wrote(desk)
    assert listed(desk, "all")["state"] == "paused"
    assert desk.run("webhook", "pause", "all").returncode == 2
    desk.run("webhook", "resume", "all")
    hears_all(desk, endpoint)

    endpoint.received.clear()
    assert "goes on with event 2" in desk.run("webhook", "replay", "all", "--from", "2").stdout
    quiet(desk)
    until(lambda: endpoint.ids[-1:] == events(desk)[-1:])
    assert endpoint.ids == events(desk)[1:]

    desk.run("webhook", "pause", "all")
    wrote(desk)
    quiet(desk)
    endpoint.received.clear()
    desk.run("webhook", "replay", "all", "--from", f"event_{len(events(desk)) + 1}")
    desk.run("webhook", "resume", "all")
    wrote(desk)
    quiet(desk)
    until(lambda: endpoint.ids[-1:] == events(desk)[-1:])
    assert endpoint.received[0].said["type"] == "ticket.ticket_opened"
    refused = desk.run("webhook", "replay", "all", "--from", "99999")
    assert refused.returncode == 2
    assert "there is no event 99999; the newest is " in refused.stderr
    strange = desk.run("webhook", "replay", "all", "--from", "ticket_5")
    assert (strange.returncode, "'ticket_5' is no event" in strange.stderr) == (2, True)


def test_a_trial_tells_what_was_answered(open_hooked: Open, endpoint: Endpoint) -> None:
    desk = open_hooked(("all", endpoint, ""))
    done = desk.run("webhook", "test", "all")
    assert (done.returncode, done.stdout) == (0, "webhook all: taken, HTTP 204\n")
    assert endpoint.received[0].said["type"] == "webhook.test"
    endpoint.answers = [status(500)]
    done = desk.run("webhook", "test", "all")
    assert (done.returncode, done.stderr) == (1, "counterfoil: webhook all: HTTP 500\n")
    done = desk.run("webhook", "test", "nobody")
    assert done.returncode == 2
    assert "there is no webhook 'nobody'; configured: all" in done.stderr
