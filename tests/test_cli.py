"""The command line as a contract: what it prints, how it ends, and that no fault ends in a traceback."""

from __future__ import annotations

import json
import mailbox
import re
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.journey.commands import commands, environment
from tests.journey.mails import fresh, new_mail
from tests.journey.running import LISTENERS, RunningDesk, until
from tests.journey.sink import Sink

FILE_KEYS = {"path", "outcome", "because", "ticket", "message"}
INSPECT_KEYS = set(
    "path subject from to cc reply_to date message_id in_reply_to references text html reply_text quoted_text "
    "signature_text attachments automatic bounce outcome because defects authentication".split()
)
DESK = '[[desk]]\nname = "support"\naddress = "support@desk.example"\n'
BROKEN = (
    b"From: a@customer.example\r\nFrom: b@customer.example\r\nTo: support@desk.example\r\nSubject: two\r\n\r\n"
    b"Two authors."
)
SECRET = "hunter2hunter2"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> RunningDesk:
    """A configured desk that does not run: the commands work on its database alone."""
    return RunningDesk(tmp_path_factory.mktemp("home"), None)


@pytest.fixture
def sink() -> Iterator[Sink]:
    with Sink() as relay:
        yield relay


def counterfoil(
    folder: Path, *arguments: str, config: str | None = None, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run a command in a folder, with this text as its config.toml."""
    if config is not None:
        (folder / "config.toml").write_text(config, "utf-8")
    return commands().run(folder, list(arguments), environment=environment)


def is_one_clear_refusal(done: subprocess.CompletedProcess[str], *words: str, code: int = 2) -> None:
    """It ended with this code and a short text for people that names all these."""
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    assert done.stderr.count("\n") < 12
    for word in words:
        assert word in done.stderr, done.stderr


def written(folder: Path, name: str, raw: bytes | None = None) -> str:
    file = folder / name
    file.write_bytes(raw if raw is not None else new_mail(fresh()).as_bytes())
    return str(file)


def counts(home: RunningDesk) -> list[int]:
    tables = ("ticket", "message", "event", "inbound", "outbox", "raw", "person")
    return [home.rows(f"SELECT count(*) AS n FROM {t}")[0]["n"] for t in tables]


# -- file


def test_file_prints_one_line_a_mail_from_files_mbox_maildir_and_pipe(home: RunningDesk, tmp_path: Path) -> None:
    box = mailbox.mbox(tmp_path / "box")
    folder = mailbox.Maildir(tmp_path / "folder")
    for _ in range(2):
        box.add(new_mail(fresh()).as_bytes())
        folder.add(new_mail(fresh()).as_bytes())
    box.close()
    rows = home.json(
        "file",
        written(tmp_path, "one.eml"),
        str(tmp_path / "box"),
        str(tmp_path / "folder"),
        written(tmp_path, "broken.eml", BROKEN),
        "-",
        given=new_mail(fresh()).as_bytes(),
    )
    assert [set(r) for r in rows] == [FILE_KEYS] * 7
    assert [r["outcome"] for r in rows] == ["filed"] * 5 + ["quarantined", "filed"]
    assert [Path(r["path"]).name for r in rows[:3]] == ["one.eml", "box#1", "box#2"]
    assert rows[-1]["path"] == "-"
    assert len({r["ticket"] for r in rows if r["ticket"]}) == 6


def test_file_again_is_recognised(home: RunningDesk, tmp_path: Path) -> None:
    file = written(tmp_path, "one.eml")
    first, second = home.json("file", file)[0], home.json("file", file)[0]
    assert (second["outcome"], second["because"]) == ("ignored", "duplicate")
    assert second["ticket"] == first["ticket"]


def test_file_dry_run_tells_the_same_and_stores_nothing(home: RunningDesk, tmp_path: Path) -> None:
    file = written(tmp_path, "one.eml")
    home.json("ticket", "list", "--json")
    before = counts(home)
    (rehearsed,) = home.json("file", "--dry-run", file)
    assert counts(home) == before
    (real,) = home.json("file", file)
    assert {k: rehearsed[k] for k in ("outcome", "because")} == {k: real[k] for k in ("outcome", "because")}


def test_file_exits_75_when_the_mail_cannot_be_stored(home: RunningDesk, tmp_path: Path) -> None:
    large = new_mail(fresh(), "A line that fills a disk.\n" * 20_000).as_bytes()
    home.json("ticket", "list", "--json")
    home.switch("full", True)
    try:
        done = home.run("file", "-", given=large)
    finally:
        home.switch("full", False)
    assert done.returncode == 75
    assert json.loads(done.stdout)["outcome"] == "deferred"
    assert "Traceback" not in done.stderr
    assert home.json("file", "-", given=large)[0]["outcome"] == "filed"


def test_file_names_the_desk_that_is_written_to(home: RunningDesk) -> None:
    raw = new_mail(fresh(), To="someone@elsewhere.example").as_bytes()
    (row,) = home.json("file", "--to", "billing@desk.example", "-", given=raw)
    assert home.ticket(row["ticket"])["desk"] == "billing"
    is_one_clear_refusal(home.run("file", "--to", "x@elsewhere.example", "-", given=raw), "billing@desk.example")


def test_file_refuses_what_is_missing_or_too_large(home: RunningDesk, tmp_path: Path) -> None:
    missing = str(tmp_path / "missing.eml")
    is_one_clear_refusal(home.run("file", missing), missing, code=1)
    huge = home.run("file", "-", given=b"From: a@customer.example\r\n\r\n" + b"x" * 27_000_000)
    assert huge.returncode == 1
    assert json.loads(huge.stdout)["because"] == "too-large"


# -- inspect


def test_inspect_prints_exactly_the_keys_of_the_contract(home: RunningDesk, tmp_path: Path) -> None:
    mail = new_mail(f"A Customer <{fresh()}>", Cc="other@customer.example")
    mail.add_attachment(b"%PDF", maintype="application", subtype="pdf", filename="a.pdf")
    before = sorted(p.name for p in home.folder.iterdir())
    good, broken = home.json("inspect", written(tmp_path, "a.eml", mail.as_bytes()), written(tmp_path, "b.eml", BROKEN))
    assert set(good) == set(broken) == INSPECT_KEYS
    assert set(good["from"]) == {"name", "address"}
    assert set(good["attachments"][0]) == {"name", "content_type", "size", "sha256", "content_id", "inline"}
    assert good["cc"] == [{"name": "", "address": "other@customer.example"}]
    assert (good["outcome"], broken["outcome"]) == ("accepted", "quarantined")
    assert sorted(p.name for p in home.folder.iterdir()) == before


def test_inspect_tells_machines_and_bounces(home: RunningDesk, tmp_path: Path) -> None:
    auto = new_mail(fresh(), Auto_Submitted="auto-replied").as_bytes()
    bounce = (
        b"From: MAILER-DAEMON@mx.example\r\nTo: support@desk.example\r\nSubject: Undelivered\r\nMIME-Version: 1.0\r\n"
        b"Content-Type: multipart/report; report-type=delivery-status; boundary=x\r\n\r\n--x\r\n"
        b"Content-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example\r\n\r\n"
        b"Final-Recipient: rfc822; gone@customer.example\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n--x--\r\n"
    )
    machine, returned = home.json("inspect", written(tmp_path, "a.eml", auto), written(tmp_path, "b.eml", bounce))
    assert machine["automatic"]["kind"] == "auto-reply"
    assert set(returned["bounce"]) == {"message_id", "recipients"}
    (recipient,) = returned["bounce"]["recipients"]
    assert set(recipient) == {"address", "status", "smtp_code", "action", "reason", "permanent"}
    assert (recipient["address"], recipient["status"]) == ("gone@customer.example", "5.1.1")


# -- inbound and ticket


def test_inbound_lists_shows_retries_and_discards(home: RunningDesk, tmp_path: Path) -> None:
    raw = BROKEN.replace(b"two", fresh().encode())
    assert home.json("file", written(tmp_path, "broken.eml", raw))[0]["outcome"] == "quarantined"
    row = home.json("inbound", "list", "--state", "quarantined", "--json")[-1]
    number = str(row["id"])
    assert {"id", "state", "because", "source", "desk", "from", "subject", "ticket", "received_at"} <= set(row)
    shown = home.run("inbound", "show", number, "--raw", str(tmp_path / "raw.eml"))
    assert row["because"] in shown.stdout
    assert (tmp_path / "raw.eml").read_bytes() == raw
    assert home.json("inbound", "retry", number)[0]["outcome"] == "quarantined"
    is_one_clear_refusal(home.run("inbound", "release", number), "inbound retry", code=1)
    assert home.json("inbound", "discard", number)[0]["because"] == "discarded-by-operator"
    is_one_clear_refusal(home.run("inbound", "retry", number), "ignored", code=1)
    listed = home.run("inbound", "list").stdout.splitlines()
    assert listed[0].split()[:4] == ["NO", "RECEIVED", "STATE", "BECAUSE"]
    assert any("discarded-by-operator" in line for line in listed)


def test_inbound_releases_and_discards_what_is_held_for_an_agent(home: RunningDesk) -> None:
    for decision, state in (("release", "filed"), ("discard", "ignored")):
        raw = new_mail("agent@desk.example", f"Please {decision}.").as_bytes()
        assert home.json("file", "-", given=raw)[0]["because"] == "agent-unproved"
        number = home.json("inbound", "list", "--limit", "1", "--json")[0]["id"]
        assert home.json("inbound", decision, str(number))[0]["outcome"] == state


def test_ticket_lists_shows_and_changes(home: RunningDesk) -> None:
    (filed,) = home.json("file", "-", given=new_mail(fresh(), "Smoke!", Subject="Smoke").as_bytes())
    number = str(filed["ticket"])
    assert home.json("ticket", "list", "--json")[-1]["id"] == filed["ticket"]
    assert home.json("ticket", "list", "subject:SMOKE", "smok*", "--json")[0]["id"] == filed["ticket"]
    assert home.json("ticket", "list", "--json", "--status", "spam", "--", "smoke", "-fire") == []
    is_one_clear_refusal(home.run("ticket", "list", "status:lost"), "is no status")
    shown = home.run("ticket", "show", number).stdout
    assert shown.startswith(f"#{number}  Smoke\n")
    assert "\nassignee: nobody\ntype: question\n" in shown
    assert "Smoke!" in shown
    changed = home.run("ticket", "set", number, "--status", "resolved", "--assignee", "agent@desk.example")
    assert "status changed new → resolved" in changed.stdout
    assert home.status(filed["ticket"]) == "resolved"
    assert "nothing to change" in home.run("ticket", "set", number, "--status", "resolved").stdout
    is_one_clear_refusal(home.run("ticket", "set", number, "--status", "pending"), "closed, open")
    is_one_clear_refusal(home.run("ticket", "set", number, "--priority", "enormous"), "urgent")
    is_one_clear_refusal(home.run("ticket", "set", number, "--assignee", "nobody@x.example"), "agent@desk.example")


def test_ticket_show_says_whose_a_ticket_is_and_what_it_is(home: RunningDesk) -> None:
    number = str(home.json("file", "-", given=new_mail(fresh(), "Smoke!").as_bytes())[0]["ticket"])
    given = ("--assignee", "agent@desk.example", "--tag", "vpn", "--tag", "contract", "--type", "incident")
    assert home.run("ticket", "set", number, *given, "--snooze", "2126-12-01 09:00").returncode == 0
    shown = home.run("ticket", "show", number).stdout
    assert re.search(r"(?m)^assignee: .*<agent@desk\.example>$", shown)
    assert "\ntype: incident\ntags: contract, vpn\nput aside until: 2126-12-01 09:00:00 UTC\n" in shown
    home.run("ticket", "set", number, "--status", "resolved")
    assert re.search(r"(?m)^resolved: \d{4}-\d\d-\d\d ", home.run("ticket", "show", number).stdout)
    told = home.json("ticket", "show", number, "--json")[0]
    assert (told["tags"], told["assignee_address"]) == (["contract", "vpn"], "agent@desk.example")
    assert [one["address"] for one in told["participants"]] == [told["requester_address"]]


def test_what_does_not_exist_is_said_in_a_sentence(home: RunningDesk) -> None:
    is_one_clear_refusal(home.run("ticket", "show", "999999"), "ticket list", code=1)
    is_one_clear_refusal(home.run("ticket", "why", "999999"), "ticket list", code=1)
    is_one_clear_refusal(home.run("ticket", "set", "999999", "--status", "open"), "ticket list")
    is_one_clear_refusal(home.run("inbound", "show", "999999"), "inbound list", code=1)
    is_one_clear_refusal(home.run("inbound", "list", "--state", "lost"), "quarantined")
    is_one_clear_refusal(home.run("ticket", "list", "--status", "lost"), "pending")


def test_numbers_beyond_any_database_are_said_in_a_sentence(home: RunningDesk) -> None:
    is_one_clear_refusal(home.run("ticket", "show", "9" * 30), "NUMBER")
    is_one_clear_refusal(home.run("inbound", "retry", "9" * 30), "NUMBER")


def test_an_unknown_command_or_option_is_a_matter_of_usage(tmp_path: Path) -> None:
    is_one_clear_refusal(counterfoil(tmp_path, "frobnicate"), "frobnicate")
    is_one_clear_refusal(counterfoil(tmp_path, "file", "--frobnicate", "x"), "--frobnicate")


# -- check, and a configuration that is broken


def test_check_finds_a_good_configuration_good(tmp_path: Path, sink: Sink) -> None:
    relay = f'[relay]\nhost = "127.0.0.1"\nport = {sink.port}\ntls = "none"\n'
    done = counterfoil(tmp_path, "check", "--connect", config=DESK + relay)
    assert done.returncode == 0, done.stderr
    assert "support@desk.example" in done.stdout
    assert "127.0.0.1: good" in done.stdout


def test_check_names_the_relay_that_does_not_answer(tmp_path: Path) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
        relay = f'[relay]\nhost = "127.0.0.1"\nport = {port}\ntls = "none"\n'
        is_one_clear_refusal(counterfoil(tmp_path, "check", "--connect", config=DESK + relay), str(port), code=1)


def test_check_names_a_wrong_password_and_does_not_print_it(tmp_path: Path, sink: Sink) -> None:
    sink.relay.credentials = {"desk": "another password"}
    relay = (
        f'[relay]\nhost = "127.0.0.1"\nport = {sink.port}\ntls = "none"\ninsecure_login = true\n'
        'username = "desk"\npassword_env = "RELAY_PASSWORD"\n'
    )
    done = counterfoil(tmp_path, "check", "--connect", config=DESK + relay, RELAY_PASSWORD=SECRET)
    is_one_clear_refusal(done, "relay.username", code=1)
    assert SECRET not in done.stdout + done.stderr


@pytest.mark.parametrize("command", ["run", "check", "ticket"])
def test_every_fault_of_a_configuration_is_told_at_once_with_its_path(tmp_path: Path, command: str) -> None:
    faulty = (
        '[[desk]]\nname = "Support Desk"\naddress = "support"\n[[agent]]\nname = "A"\n'
        '[limits]\nmessage_size = "big"\n[relay]\nhots = "x"\n[http]\nport = 70000\n'
    )
    arguments = (command, "list") if command == "ticket" else (command,)
    done = counterfoil(tmp_path, *arguments, config=faulty)
    is_one_clear_refusal(
        done, "desk[0].name", "desk[0].address", "agent[0].address", "limits.message_size", "relay.hots", "http.port"
    )
    assert not (tmp_path / "var").exists()


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ("[[desk]\nname =", ("config.toml", "TOML")),
        (DESK + "[relay]\nhost = 'x'\nusername = 'y'\n", ("password_file",)),
        (DESK + "[relay]\nhost = 'x'\nusername = 'y'\npassword_env = 'NOT_SET_ANYWHERE'\n", ("NOT_SET_ANYWHERE",)),
        (DESK + "[relay]\nhost = 'x'\nusername = 'y'\npassword_file = 'gone.txt'\n", ("gone.txt",)),
        (DESK + "[storage]\ntemplates = 'gone'\n", ("storage.templates", "gone")),
        (DESK + "[storage]\ndatabase = 'mysql://x'\n", ("storage.database", "sqlite:///")),
        (
            DESK + "[http]\nport = 0\n[[listen]]\nport = 0\n"
            "tls = 'implicit'\ncertificate_file = 'c.pem'\nkey_file = 'k.pem'\n",
            ("c.pem",),
        ),
        (DESK + "[[agent]]\nname = 'A'\naddress = 'a@b.example'\npassword_file = 'none.txt'\n", ("none.txt",)),
    ],
)
def test_the_daemon_does_not_start_on_a_broken_configuration(
    tmp_path: Path, config: str, words: tuple[str, ...]
) -> None:
    done = counterfoil(tmp_path, "run", config=config)
    is_one_clear_refusal(done, *words)


def test_the_daemon_says_from_where_mail_comes_when_nothing_listens(tmp_path: Path) -> None:
    mailbox = "[[mailbox]]\nname = 'support'\nhost = '127.0.0.1'\nport = 1\nusername = 'u'\npassword_env = 'PATH'\n"
    (tmp_path / "config.toml").write_text(f"listen = []\n{DESK}{mailbox}[http]\nport = 0\n", "utf-8")
    with subprocess.Popen(
        [sys.executable, "-m", "daemon", "run"], cwd=tmp_path, env=environment(), stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        try:
            assert "is running: mailbox support on 127.0.0.1:1, API on http://" in process.stdout.readline()
        finally:
            process.terminate()


def test_the_daemon_does_not_start_on_a_broken_template(tmp_path: Path) -> None:
    folder = tmp_path / "mine" / "mail" / "en"
    folder.mkdir(parents=True)
    (folder / "acknowledgement.txt").write_text("Subject: hello\n{{ nothing.of.that.name }\n")
    done = counterfoil(tmp_path, "run", config=DESK + "[storage]\ntemplates = 'mine'\n")
    is_one_clear_refusal(done, "acknowledgement.txt")


def test_the_daemon_does_not_start_on_a_template_that_names_what_is_not_there(tmp_path: Path) -> None:
    folder = tmp_path / "mine" / "mail" / "en"
    folder.mkdir(parents=True)
    (folder / "acknowledgement.txt").write_text("Subject: hello\n{{ customer_password }}\n")
    done = counterfoil(tmp_path, "run", config=DESK + "[storage]\ntemplates = 'mine'\n")
    is_one_clear_refusal(done, "acknowledgement.txt", "customer_password")


def test_the_daemon_does_not_start_on_a_database_that_is_none(tmp_path: Path) -> None:
    (tmp_path / "var").mkdir()
    (tmp_path / "var" / "counterfoil.db").write_bytes(b"This is a letter, and no database. " * 100)
    done = counterfoil(tmp_path, "run", config=DESK)
    is_one_clear_refusal(done, "counterfoil.db", "restore a backup")


def test_the_daemon_does_not_start_on_a_database_of_a_newer_version(tmp_path: Path) -> None:
    assert counterfoil(tmp_path, "ticket", "list", config=DESK).returncode == 0
    connection = sqlite3.connect(tmp_path / "var" / "counterfoil.db")
    with connection:
        connection.execute("INSERT INTO schema_migration (name, applied) VALUES ('9999_future', '2030-01-01')")
    connection.close()
    is_one_clear_refusal(counterfoil(tmp_path, "run"), "newer Counterfoil", "9999_future")


def test_the_daemon_does_not_start_on_keys_that_are_none(tmp_path: Path) -> None:
    (tmp_path / "var").mkdir()
    (tmp_path / "var" / "secret.key").write_text("not a key\n")
    done = counterfoil(tmp_path, "run", config=DESK)
    is_one_clear_refusal(done, "secret.key", "line 1")
    assert "not a key" not in done.stderr


def test_the_daemon_does_not_start_where_it_may_not_write(tmp_path: Path) -> None:
    (tmp_path / "var").write_text("a file in the way of the folder")
    is_one_clear_refusal(counterfoil(tmp_path, "run", config=DESK), "var")


@pytest.mark.parametrize(
    "door", ["[[listen]]\nport = {port}\n[http]\nport = 0\n", "[[listen]]\nport = 0\n[http]\nport = {port}\n"]
)
def test_the_daemon_does_not_start_on_a_port_that_is_taken(tmp_path: Path, door: str) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = counterfoil(tmp_path, "run", config=DESK + door.format(port=port))
    is_one_clear_refusal(done, str(port), "port")


def test_a_second_daemon_does_not_start_on_the_same_database(tmp_path: Path) -> None:
    first = RunningDesk(tmp_path, None).start()
    try:
        is_one_clear_refusal(first.run("run"), "another Counterfoil")
        assert first.lives()
    finally:
        assert first.end() == 0


def test_the_daemon_starts_beside_a_relay_that_refuses_its_password_and_says_so(tmp_path: Path, sink: Sink) -> None:
    sink.relay.credentials = {"desk": "another password"}
    login = 'insecure_login = true\nusername = "desk"\npassword_env = "DESK_TEST_PASSWORD"\n'
    desk = RunningDesk(tmp_path, sink, tables=login).start()
    try:
        assert desk.send(new_mail(fresh())).code == 250
        until(lambda: "degraded" in desk.get("http://x/health")[1])
        health = desk.get("http://x/health")[1]
        assert "relay.username" in health
        assert environment()["DESK_TEST_PASSWORD"] not in health + desk.log.read_text()
        sink.relay.credentials = {"desk": environment()["DESK_TEST_PASSWORD"]}
        until(lambda: len(sink.arrived) == 3)
    finally:
        assert desk.end() == 0


def test_the_configuration_is_found_by_option_by_environment_and_in_the_folder(tmp_path: Path) -> None:
    for name in ("option", "environment", "folder"):
        (tmp_path / f"{name}.toml").write_text(DESK.replace("support@", f"{name}@"))
    (tmp_path / "here").mkdir()
    here = tmp_path / "here"
    assert "support@example.com" in counterfoil(here, "check").stdout
    assert "folder@" in counterfoil(here, "check", config=(tmp_path / "folder.toml").read_text()).stdout
    variable = {"COUNTERFOIL_CONFIG": str(tmp_path / "environment.toml")}
    assert "environment@" in counterfoil(here, "check", **variable).stdout
    chosen = counterfoil(here, "check", "--config", str(tmp_path / "option.toml"), **variable)
    assert "option@" in chosen.stdout


def test_a_configuration_that_is_named_must_be_there(tmp_path: Path) -> None:
    is_one_clear_refusal(counterfoil(tmp_path, "check", "--config", "gone.toml"), "gone.toml")


def test_the_program_starts_as_a_module_and_as_a_command(tmp_path: Path) -> None:
    for program in ([sys.executable, "-m", "daemon"], [str(Path(sys.executable).with_name("counterfoil"))]):
        (tmp_path / "config.toml").write_text("[[desk]\n")
        done = subprocess.run(
            [*program, "check"], cwd=tmp_path, env=environment(), capture_output=True, text=True, timeout=20
        )
        is_one_clear_refusal(done, "config.toml", "TOML")


def test_the_example_listeners_of_these_tests_are_good(tmp_path: Path) -> None:
    assert counterfoil(tmp_path, "check", config=DESK + LISTENERS).returncode == 0
