"""kill -9 at random moments, over and over: is anything lost, doubled or half done?

    bin/bench crash [--kills N] [--seed N] [--database sqlite|postgresql|both] [--no-imap]

Rounds of some kills each, every one on an empty database, with clients that send each mail until they hear 250, two
mailboxes into which mail is laid, agents who answer, and a relay that refuses, hangs and hangs up. Behind the last
kill of a round the outbox runs dry, and then an oracle that trusts none of our code compares what the world saw with
what the database holds (tests/crash). A round's seed gives its mails, the relay's moods and the blows; the round is
run once more by ``--seed`` with that number and ``--kills`` with the kills of one round.
"""

from __future__ import annotations

import argparse
import sys
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.crash.harness import Plan, Report, run
from tests.crash.places import Place, place

ROUND = 25
COLUMNS = ("kills", "workers", "acknowledged", "again", "appended", "letters", "repeated")
KINDS = ("lost", "doubled", "half", "wrong")


def main(arguments: list[str]) -> int:
    options = _options(arguments)
    databases = ("sqlite", "postgresql") if options.database == "both" else (options.database,)
    reports: dict[str, list[Report]] = defaultdict(list)
    done = 0
    with place() as where:
        for number in range(-(-options.kills // ROUND)):
            database = databases[number % len(databases)]
            kills = min(ROUND, options.kills - done)
            report = _round(where, str(options.seed + number), database, kills, imap=options.imap)
            reports[database].append(report)
            done += kills
            print(f"{done:>5} of {options.kills}  {database:<11} {report}", flush=True)
    _table(reports)
    return int(any(report.faults for some in reports.values() for report in some))


def _options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="bin/bench crash",
        description="Kill the daemon under load, over and over, and compare what the world saw with what it kept.",
        epilog="examples:\n"
        "  bin/bench crash                            520 kills over both databases, some 25 minutes\n"
        "  bin/bench crash --kills 50                 one round on each database\n"
        "  bin/bench crash --kills 25 --seed 7 --database sqlite --no-imap",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--kills", type=int, default=520, help="kills of the whole daemon; those of workers come on top"
    )
    parser.add_argument("--seed", type=int, default=1, help="seed of the first round; each further one has the next")
    parser.add_argument("--database", choices=("sqlite", "postgresql", "both"), default="both")
    parser.add_argument("--imap", action=argparse.BooleanOptionalAction, default=True, help="mailboxes on a Dovecot")
    return parser.parse_args(arguments)


def _round(where: Place, seed: str, database: str, kills: int, *, imap: bool) -> Report:

    def tell(report: Report) -> None:
        if sys.stdout.isatty():
            print(f"  seed {seed}: {report.kills} kills", end="\r", flush=True)

    with TemporaryDirectory(prefix="crash-", ignore_cleanup_errors=True) as temporary:
        folder = Path(temporary)
        mailboxes = where.mailboxes() if imap else None
        report = run(Plan(seed, where.database(database, folder), kills=kills, mailboxes=mailboxes), folder, tell)
    report.evidence = None
    return report


def _table(reports: dict[str, list[Report]]) -> None:
    heads = ("kills", "workers", "acknowledged", "sent again", "by IMAP", "letters", "repeated")
    print(f"\n{'':<12}" + "".join(f"{head:>13}" for head in heads) + "".join(f"{kind:>9}" for kind in KINDS))
    together = [report for some in reports.values() for report in some]
    for database, some in (*reports.items(), ("together", together)):
        figures: Sequence[int] = [sum(getattr(r, column) for r in some) for column in COLUMNS]
        faults = [sum(r.count(kind) for r in some) for kind in KINDS]
        print(f"{database:<12}" + "".join(f"{n:>13,}" for n in figures) + "".join(f"{n:>9}" for n in faults))
