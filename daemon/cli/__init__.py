"""The command line. Each command is a module that is imported when it is called; all faults end in one clear sentence.

Exit codes: 0 done, 1 failed, 2 usage or configuration, 75 try again later.
"""

from __future__ import annotations

import sys

import typer

from daemon.cli import check, contact, demo, file, inbound, inspect, play, run, studies, ticket, token

app = typer.Typer(
    name="counterfoil",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="An email helpdesk that runs like a mail server and is studied like a data set.",
    epilog="Examples: counterfoil run · counterfoil check --connect · counterfoil ticket why 1042",
)
app.command("run")(run.run)
app.command("check")(check.check)
app.command("file")(file.file)
app.command("inspect")(inspect.inspect)
app.command("demo")(demo.demo)
app.command("play")(play.play)
app.command("snapshot")(studies.snapshot)
app.command("report")(studies.report)
app.add_typer(inbound.app, name="inbound")
app.add_typer(ticket.app, name="ticket")
app.add_typer(contact.app, name="contact")
app.add_typer(token.app, name="token")


def main() -> None:
    """Run the command that was typed."""
    try:
        app(prog_name="counterfoil")
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(1)
