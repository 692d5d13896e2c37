"""Agents who work by mail: how soon their answers leave, how long lists take, how evenly tickets are shared.

    bin/bench agents [--answers N] [--lists N] [--tickets N] [--shared N]

The desk has so many open tickets, each with two promises that run: a third are the agent's, a third nobody's, a third a
colleague's, and the agent leads the team. On it the morning digest is made as the daemon makes it, from the rows to the
outbox. Then the daemon itself runs on it with undo_seconds = 0: a customer writes, the agent answers the notification,
and the clock runs from the agent's 250 to the customer's copy at the relay; `#queue team`, by mail to the agent's own
address, likewise. As nearly all is done before the 250, it also runs from the beginning of the conversation. At last
new desks share tickets among three and four agents; nothing is finished meanwhile.
"""

from __future__ import annotations

import argparse
import json
import smtplib
import tempfile
import time
from collections.abc import Mapping, Sequence
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP, default
from email.utils import make_msgid, parseaddr
from functools import partial
from pathlib import Path
from statistics import median, quantiles
from typing import Any

from bench import promised, servers
from bench.corpus import DESK
from bench.relay import Arrivals, arrived, relay
from bench.rounds import verdict
from daemon import logs
from daemon.desk import digests
from tests.databases import look, rewrite
from tests.promises.desk import SimulatedDesk

AGENT, COLLEAGUE = "agent@example.com", "colleague@example.com"
SETTINGS: dict[str, Any] = promised.PROMISING | {
    "desk": [{"name": "support", "address": DESK}],
    "agent": [
        {"name": "Desk Agent", "address": AGENT, "leads": ["support"]},
        {"name": "A Colleague", "address": COLLEAGUE},
    ],
}
ANSWER, DIGEST, LIST, UNEVEN = 0.5, 2.0, 5.0, 1.0
"""Bounds: three in seconds; tickets that one agent may have more than another."""
Took = tuple[float, float]
WARM_UP = 3
TABLES = """
[[agent]]
name = "A Colleague"
address = "{colleague}"
[[listen]]
name = "agents"
port = {port}
trust = ["network"]
trusted_networks = ["127.0.0.0/8"]
[agents]
undo_seconds = 0
[[calendar]]
{calendar}
[[policy]]
{policy}
"""


def main(arguments: list[str]) -> int:
    options = _options(arguments)
    logs.configure("error")
    with tempfile.TemporaryDirectory(prefix="agents-") as name:
        folder = Path(name)
        personal = _digest(folder, options.tickets)
        _by_mail(folder, personal, options.answers, options.lists)
    for strategy in ("round-robin", "least-open"):
        for agents in (3, 4):
            _shared(strategy, agents, options.shared)
    return 0


def _digest(folder: Path, tickets: int) -> str:
    """Fill the desk, and print how long its digest takes; the agent's own address there."""
    (folder / "secret.key").write_text(servers.KEYS)
    began = time.perf_counter()
    here = SimulatedDesk(f"sqlite:///{folder}/counterfoil.db", folder, SETTINGS, int(time.time()))
    try:
        promised.fill(here, tickets)
        agent, colleague = here.house.agents
        rewrite(here.url, "UPDATE ticket SET assignee_id = ? WHERE id % 3 = 0", agent.person)
        rewrite(here.url, "UPDATE ticket SET assignee_id = ? WHERE id % 3 = 1", colleague.person)
        there = look(here.url, "SELECT count(*) AS n FROM ticket")[0]["n"]
        print(f"tickets    {there:,} open ones with two promises each, made in {time.perf_counter() - began:.0f} s\n")
        took = []
        for _ in range(5 + 1):
            began = time.perf_counter()
            made = here.house.store.read(lambda: digests.compose(here.house, agent))
            assert made is not None
            here.house.store.write(partial(digests.queue, here.house, made)).result()
            took.append(time.perf_counter() - began)
    finally:
        here.close()
    print(f"a digest over {there:,} tickets: {_told(took[1:], DIGEST)}", flush=True)
    return here.house.book.reply_address("support", 0, here.house.keyring.token(0, agent.person))


def _by_mail(folder: Path, personal: str, answers: int, lists: int) -> None:
    """Print how soon an agent's answer is at the relay, and how soon a list is."""
    arrivals, inside = Arrivals(), servers.free_port()
    calendar, policy = _toml(promised.OFFICE), _toml(promised.STANDARD)
    tables = TABLES.format(colleague=COLLEAGUE, port=inside, calendar=calendar, policy=policy)
    with relay(arrivals) as port, servers.daemon(folder, port, sends=True, extra=tables) as running:
        took = [_answer(running.port, inside, arrivals, number) for number in range(WARM_UP + answers)]
        _tell("an answer, to the customer's copy at the relay", took[WARM_UP:], ANSWER)
        took = [_list(inside, arrivals, personal, number) for number in range(WARM_UP + lists)]
        _tell("#queue team, to the list at the relay", took[WARM_UP:], LIST)
    print()


def _answer(outside: int, inside: int, arrivals: Arrivals, number: int) -> Took:
    """A customer writes, the agent answers; how soon the answer is at the relay."""
    customer, subject = f"customer{number}@example.net", f"Order {number:05}"
    _send(outside, customer, DESK, subject, "It has not arrived.")
    told = message_from_bytes(arrived(arrivals, AGENT, f"] {subject}".encode()).content, policy=default)
    body = told.get_body(("plain",))
    assert body is not None
    quoted = "\n".join(f"> {line}" for line in body.get_content().splitlines())
    words = f"It leaves today.\n\nOn Monday, {DESK} wrote:\n{quoted}"
    began, accepted = _send(
        inside, AGENT, parseaddr(told["Reply-To"])[1], f"Re: {told['Subject']}", words, told["Message-ID"]
    )
    at = arrived(arrivals, customer, b"It leaves today.").at
    return at - accepted, at - began


def _list(inside: int, arrivals: Arrivals, personal: str, number: int) -> Took:
    began, accepted = _send(inside, AGENT, personal, f"List {number:05}", "#queue team")
    at = arrived(arrivals, AGENT, b"Subject: Support: Your team").at
    return at - accepted, at - began


def _send(port: int, sender: str, recipient: str, subject: str, words: str, answers: str = "") -> Took:
    """Send a mail, which answers another one or none; the instants at which that began and at which it was accepted."""
    mail = EmailMessage(policy=SMTP)
    mail["From"], mail["To"], mail["Subject"] = sender, recipient, subject
    mail["Message-ID"] = make_msgid(domain="bench.example.net")
    if answers:
        mail["In-Reply-To"] = answers
    mail.set_content(words)
    began = time.monotonic()
    with smtplib.SMTP("127.0.0.1", port, timeout=30) as client:
        client.sendmail(sender, [recipient], mail.as_bytes())
        return began, time.monotonic()


def _shared(strategy: str, agents: int, tickets: int) -> None:
    """Print how evenly a team's tickets are shared."""
    settings = promised.PLAIN | {
        "desk": [{"name": "support", "address": DESK, "acknowledge": False}],
        "agent": [{"name": f"Agent {i}", "address": f"agent{i}@example.com"} for i in range(agents)],
        "team": [{"name": "support", "assign": strategy}],
    }
    with promised.desk(settings) as here:
        for number in range(tickets):
            here.write(f"customer{number}@example.net", DESK)
        rows = look(here.url, "SELECT assignee_id, count(*) AS n FROM ticket GROUP BY assignee_id")
    shares = sorted(row["n"] for row in rows if row["assignee_id"] is not None)
    uneven = shares[-1] - shares[0] if len(shares) == agents and sum(shares) == tickets else tickets
    print(f"{strategy}, {tickets} tickets among {agents}: {shares}, {verdict(uneven, UNEVEN)}")


def _tell(what: str, took: Sequence[Took], bound: float) -> None:
    """Print seconds from the 250, which are judged, and from the beginning."""
    print(f"{what}, {len(took)} times:")
    print(f"  from the agent's 250: {_told([one for one, _ in took], bound)}")
    print(f"  from the beginning of their conversation: {_told([whole for _, whole in took])}", flush=True)


def _told(seconds: Sequence[float], bound: float | None = None) -> str:
    typical = median(seconds)
    late = quantiles(seconds, n=10, method="inclusive")[-1]
    told = f"median {typical:.3f} s, nine in ten {late:.3f} s, longest {max(seconds):.3f} s"
    return told if bound is None else f"{told}, {verdict(typical, bound)}"


def _toml(table: Mapping[str, Any]) -> str:
    return "\n".join(f"{name} = {json.dumps(value)}" for name, value in table.items())


def _options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bin/bench agents", description="Measure agents' mail.")
    parser.add_argument("--answers", type=int, default=100, help="answers whose way to the customer is timed")
    parser.add_argument("--lists", type=int, default=20, help="lists that are asked for by mail")
    parser.add_argument("--tickets", type=int, default=5000, help="open tickets of the desk")
    parser.add_argument("--shared", type=int, default=300, help="tickets that are shared among agents")
    return parser.parse_args(arguments)
