"""How soon a search finds, on a desk with a past, by kind of question; and what a mail costs to be findable.

    bin/bench search [--tickets N] [--questions N] [--database sqlite|postgresql|both]

Each ticket has a subject with its order's number, a requester with a name of two words, and two or three messages of
some 60 words. Words are as frequent as in a language (Zipf), of 60,000; the first stand in nearly every message. Each
question is asked twice as an agent does: the best 50, ranked; the numbers are of the second time. No caches are
dropped.
"""

from __future__ import annotations

import argparse
import itertools
import random
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from statistics import median, quantiles
from typing import Any

import peewee as pw

from bench.rounds import verdict
from daemon.store import indexing, search
from daemon.store.db import Store, open_store
from daemon.store.tables import MailAddress, Message, Person, Raw, Ticket
from tests.databases import postgres_server

BOUND = 50.0
"""Milliseconds, 95 of 100 questions."""
CPU_A_MAIL = 2.8
"""Milliseconds of intake for a mail (docs/measurements.md)."""
VOCABULARY, PEOPLE, AT_ONCE = 60_000, 20_000, 500
MERGED = 50
"""Of so many tickets one was merged into another."""
SHA256 = "0" * 64


class Past:
    """Rows of tickets from a seed."""

    def __init__(self, tickets: int) -> None:
        self.tickets = tickets
        self.random = random.Random(7)
        made: dict[str, None] = {}
        while len(made) < VOCABULARY:
            made[self._word(self.random.choice((1, 2, 2, 3, 3, 4)))] = None
        self.words = list(made)
        self._weights = list(itertools.accumulate(1 / (rank + 3) for rank in range(VOCABULARY)))
        names = [self._word(3).title() for _ in range(700)]
        self.names = [f"{self.random.choice(names)} {self.random.choice(names)}" for _ in range(PEOPLE)]

    def _word(self, syllables: int) -> str:
        one = self.random.choice
        return "".join(one("bcdfghklmnprstvwz") + one("aeiou") + one(("", "", "n", "r", "s")) for _ in range(syllables))

    def text(self, length: int) -> str:
        return " ".join(self.random.choices(self.words, cum_weights=self._weights, k=length))

    def rows(self, first: int, last: int) -> Iterator[tuple[type[pw.Model], dict[str, Any]]]:
        for number in range(first, last + 1):
            person = self.random.randrange(PEOPLE) + 1
            subject = f"Order {number + 500_000} {self.text(4)}"
            yield Ticket, {
                "id": number, "desk": "support", "subject": subject, "status": _status(number),
                "merged_into": number - 1 if number % MERGED == 0 else None,
                "team": "support", "requester": person, "channel": "smtp", "opened_at": number, "updated_at": number,
            }  # fmt: skip
            for _ in range(self.random.choice((2, 2, 3, 4))):
                words = self.text(int(self.random.lognormvariate(3.8, 0.8)) + 3)
                yield Message, {
                    "ticket": number, "kind": "customer", "state": "filed", "author": person, "channel": "smtp",
                    "subject": subject, "words": words, "raw_bytes": SHA256, "because": "", "evidence": "",
                    "at": number, "received_at": number,
                }  # fmt: skip


def main(arguments: list[str]) -> int:
    options = _options(arguments)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="search-")))
        if options.database != "postgresql":
            _measure(f"sqlite:///{folder}/desk.db", options)
        if options.database != "sqlite":
            _measure(stack.enter_context(postgres_server()).new_database(), options)
    return 0


def _options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bin/bench search")
    parser.add_argument("--tickets", type=int, default=100_000)
    parser.add_argument("--questions", type=int, default=40, help="of each kind")
    parser.add_argument("--database", choices=("sqlite", "postgresql", "both"), default="both")
    return parser.parse_args(arguments)


def _measure(url: str, options: argparse.Namespace) -> None:
    past = Past(options.tickets)
    store = open_store(url)
    try:
        _fill(store, past)
        began = time.perf_counter()
        indexing.rebuild(lambda job: store.write(job).result())
        print(f"\n{url.partition(':')[0]}: entries made in {time.perf_counter() - began:.0f} s")
        _tell_cost(store, past)
        _tell_questions(store, past, options.questions)
    finally:
        store.close()


def _fill(store: Store, past: Past) -> None:
    def people() -> None:
        Raw.insert(sha256=SHA256, size=0, content=b"").execute()
        for low in range(0, PEOPLE, AT_ONCE):
            named = list(enumerate(past.names[low : low + AT_ONCE], low + 1))
            Person.insert_many([{"name": name, "created_at": 0} for _, name in named]).execute()
            MailAddress.insert_many([_address(number, name) for number, name in named]).execute()

    store.write(people).result()
    for low in range(1, past.tickets + 1, AT_ONCE):
        rows = list(past.rows(low, min(low + AT_ONCE - 1, past.tickets)))
        for table in (Ticket, Message):
            some = [row for of, row in rows if of is table]
            store.write(lambda table=table, some=some: table.insert_many(some).execute()).result()  # type: ignore[misc]
    if not indexing.is_sqlite():
        store.write(lambda: store.database.execute_sql("ANALYZE")).result()


def _status(number: int) -> str:
    return "merged" if number % MERGED == 0 else "open" if number % 10 == 1 else "closed"


def _address(number: int, name: str) -> dict[str, Any]:
    address = f"{name.replace(' ', '.').lower()}{number}@client{number % 900}.example.net"
    return {"key": address, "address": address, "person": number}


def _tell_cost(store: Store, past: Past) -> None:
    """The processor's time of the writer for the two entries of a mail from somebody new, each mail a job."""
    mails = [(number, past.names[number], past.text(60)) for number in range(1, 2_001)]

    def write(number: int, name: str, words: str) -> None:
        address = f"{name.replace(' ', '.')}@new{number}.example.net"
        indexing.add_person(PEOPLE + number, name, address)
        indexing.add_message(past.tickets * 5 + number, number, "customer", "filed", f"Order {number}", words)

    before = store.write(time.thread_time).result()
    for job in [store.write(partial(write, *mail)) for mail in mails]:
        job.result()
    cost = (store.write(time.thread_time).result() - before) / len(mails) * 1_000
    print(f"findable   {cost:.3f} ms of CPU a mail, {cost / CPU_A_MAIL:.2f} of the {CPU_A_MAIL} ms of its intake")


def _kinds(past: Past) -> dict[str, Callable[[], str]]:
    chance = random.Random(11)

    def word(low: int, high: int) -> str:
        return past.words[chance.randrange(low, high)]

    def person() -> tuple[int, str]:
        number = chance.randrange(PEOPLE) + 1
        return number, past.names[number - 1]

    return {
        "a rare word": lambda: word(3_000, 40_000),
        "an order": lambda: f"order {500_001 + chance.randrange(past.tickets)}",
        "an address": lambda: str(_address(*person())["address"]),
        "a name": lambda: person()[1],
        "two words": lambda: f"{word(100, 3_000)} {word(100, 3_000)}",
        "three words": lambda: f"{word(10, 300)} {word(100, 3_000)} {word(1_000, 9_000)}",
        "a phrase": lambda: f'"{word(5, 60)} {word(5, 300)}"',
        "a beginning": lambda: f"{word(1_000, 20_000)[:4]}*",
        "all but": lambda: f"{word(1_000, 9_000)} -{word(10, 300)}",
        "open, from": lambda: f"from:{person()[1].split()[0]} status:open",
        "a common word": lambda: word(10, 200),
        "two common words": lambda: f"{word(5, 100)} {word(5, 100)}",
        "the commonest": lambda: word(0, 5),
    }


def _tell_questions(store: Store, past: Past, count: int) -> None:
    all_took: list[float] = []
    print(f"{'':<18}{'found':>8}{'median':>9}{'p95':>9}{'most':>9}  ms")
    for kind, question in _kinds(past).items():
        took, found = [], []
        for _ in range(count):
            text = question()
            store.read(lambda text=text: search.ranked(text, 50, notes=True))  # type: ignore[misc]
            began = time.perf_counter()
            found.append(len(store.read(lambda text=text: search.ranked(text, 50, notes=True))))  # type: ignore[misc]
            took.append((time.perf_counter() - began) * 1_000)
        all_took += took
        print(f"{kind:<18}{median(found):>8.0f}{median(took):>9.1f}{_p95(took):>9.1f}{max(took):>9.1f}", flush=True)
    print(f"{'all':<18}{'':>8}{median(all_took):>9.1f}{_p95(all_took):>9.1f}{max(all_took):>9.1f}", end="  ")
    print(verdict(_p95(all_took), BOUND))


def _p95(values: list[float]) -> float:
    return quantiles(values, n=20)[-1]
