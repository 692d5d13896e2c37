"""``counterfoil inbound audit``: is every mail that is ours in the mailboxes in the ledger as well?"""

from __future__ import annotations

from dataclasses import asdict

import typer

from daemon.cli.terms import FAILED, AsJson, ConfigFile, as_json, fail, house, plain, say, table
from daemon.core.mailbox import sequence_set


def audit(config: ConfigFile = None, json: AsJson = False) -> None:
    """Compare each folder of each mailbox with the ledger; nothing is changed on either side.

    Exits 1 if a mail that is ours is missing from the ledger. One that came just now may be missing until the daemon
    has filed it.

    Example: counterfoil inbound audit --json
    """
    from daemon.cli.mailboxes import Ledger
    from daemon.edge.imap.line import MailboxTrouble
    from daemon.edge.imap.report import FolderReport, audit

    with house(config) as here:
        if not here.config.mailbox:
            fail("no mailbox is configured; write a [[mailbox]]")
        reports: list[FolderReport] = []
        for box in here.config.mailbox:
            try:
                reports += audit(box, Ledger(here))
            except MailboxTrouble as trouble:
                reports += [FolderReport(box.name, name, because=str(trouble)) for name in box.folders]
    if json:
        for report in reports:
            as_json(asdict(report))
    else:
        table(
            ("mailbox", "folder", "mails", "ours", "in the ledger", "missing", "uids"),
            [
                (r.mailbox, r.folder, r.here, r.ours, r.entered, len(r.missing), sequence_set(r.missing)[:200])
                for r in reports
            ],
        )
        for report in reports:
            if report.because:
                say(f"{plain(report.mailbox)}, folder {plain(report.folder)}: {plain(report.because)}")
    if any(report.missing or report.because for report in reports):
        raise typer.Exit(FAILED)
