"""How fast a mailbox is emptied into the ledger, and how soon a mail in it is answered; the server is a real Dovecot.

    bin/bench mailbox [--mails N] [--letters N]

First as many mails of the same mix come by SMTP over 8 connections and, into the same database, out of a mailbox in
which they wait, unread; nothing is sent out in either. By SMTP the clock runs from the first mail to the last answer,
by IMAP from the daemon's start to the last row in the ledger. Then mail is put, one at a time, into a mailbox that is
watched by IDLE, and the clock runs from the end of APPEND to the acknowledgement at the relay. Dovecot itself tells of
new mail only after half a second.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from email.message import EmailMessage
from pathlib import Path
from statistics import median, quantiles

from bench import client, corpus, servers
from bench.corpus import Sample
from bench.relay import Arrivals, arrived, relay
from tests.imap.dovecot import Dovecot, dovecot
from tests.imap.servers import SECRET, Account

CONNECTIONS = 8
WARM_UP = 200
FLOOR, AIM = 0.7, 1.0
SECONDS = 1.0
LONGEST_WAIT = 600.0


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="bin/bench mailbox", description="Measure mail that comes by IMAP.")
    parser.add_argument("--mails", type=int, default=5000, help="mails that wait in the mailbox")
    parser.add_argument("--letters", type=int, default=50, help="mails whose acknowledgement is waited for")
    options = parser.parse_args(arguments)
    os.environ["DESK_TEST_PASSWORD"] = SECRET
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-")))
        server = stack.enter_context(dovecot())
        _empty(server, folder / "quiet", options.mails)
        if options.letters:
            _answer(server, folder / "loud", options.letters)
    return 0


def _empty(server: Dovecot, folder: Path, mails: int) -> None:
    with servers.daemon(folder, sends=False) as one:
        client.send(one.port, corpus.batch("warm-up", WARM_UP, []), CONNECTIONS, lambda: None)
        samples = corpus.batch("smtp", mails, one.known(1_000))
        elapsed, before, after = client.send(one.port, samples, CONNECTIONS, one.cpu)
        by_smtp, cpu_by_smtp = mails / elapsed, (after - before) / mails * 1000
        waiting = corpus.batch("imap", mails, one.known(1_000))
    account = server.account()
    _fill(server, account, waiting)
    with servers.daemon(folder, sends=False, extra=account.table(start="unseen", poll=60)) as one:
        began, before = time.monotonic(), one.cpu()
        while (filed := _filed(one)) < mails:
            if time.monotonic() - began > LONGEST_WAIT:
                raise SystemExit(f"{filed} of {mails} mails were filed; see {one.folder / 'log'}")
            time.sleep(0.02)
        by_imap, cpu_by_imap = mails / (time.monotonic() - began), (one.cpu() - before) / mails * 1000
    print(f"mail       {corpus.described(waiting)}")
    print(f"\n{'nothing sent out':<52}{'mails a second':>16}{'ms CPU':>8}")
    print(f"{f'by SMTP, {CONNECTIONS} connections':<52}{by_smtp:>16.0f}{cpu_by_smtp:>8.1f}")
    print(f"{'out of a mailbox':<52}{by_imap:>16.0f}{cpu_by_imap:>8.1f}")
    share = by_imap / by_smtp
    reached = "reaches the aim" if share >= AIM else "keeps the floor" if share >= FLOOR else "MISSES the floor"
    print(f"\nmailbox ÷ SMTP {share:.2f}, {reached} (floor {FLOOR}, aim {AIM})")


def _fill(server: Dovecot, account: Account, samples: Sequence[Sample]) -> None:
    """Put mail where the server keeps it: faster than telling it of each."""
    account.uids()  # the server makes the mailbox
    new = server.folder / "mail" / account.user / "Maildir" / "new"
    owner = new.stat()
    for number, sample in enumerate(samples):
        file = new / f"{1_790_000_000 + number}.M{number}.bench"
        file.write_bytes(sample.raw)
        os.chown(file, owner.st_uid, owner.st_gid)
    if len(account.uids()) != len(samples):
        raise SystemExit("the mailbox does not hold what was put into it")


def _filed(one: servers.Daemon) -> int:
    return int(one.outbox.execute("SELECT count(*) FROM inbound WHERE source = 'imap:support'").fetchone()[0])


def _answer(server: Dovecot, folder: Path, letters: int) -> None:
    account = server.account()
    arrivals = Arrivals()
    with (
        relay(arrivals) as port,
        servers.daemon(folder, port, sends=True, extra=account.table(poll=60)) as one,
        account.client() as program,
    ):
        while not one.outbox.execute("SELECT count(*) FROM mail_folder").fetchone()[0]:
            time.sleep(0.02)
        spent = []
        for number in range(letters):
            time.sleep(0.3)  # let the daemon go back to IDLE, as it is when mail comes now and then
            customer = f"customer{number}@example.net"
            program.append("INBOX", _letter(number, customer))
            began = time.monotonic()
            spent.append(arrived(arrivals, customer).at - began)
    typical = median(spent)
    late = quantiles(spent, n=10)[-1] if len(spent) > 1 else typical
    verdict = "keeps" if typical < SECONDS else "MISSES"
    print(f"\nAPPEND into an IDLE mailbox to the acknowledgement at the relay, {letters} times:")
    print(f"median {typical:.2f} s, p90 {late:.2f} s, longest {max(spent):.2f} s: {verdict} the limit of {SECONDS:g} s")


def _letter(number: int, customer: str) -> bytes:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = customer, corpus.DESK, f"Order {number}"
    mail["Message-ID"] = f"<{number}.mailbox@client.example.net>"
    mail.set_content("It has not arrived.")
    return mail.as_bytes(policy=mail.policy.clone(linesep="\r\n"))
