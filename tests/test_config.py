"""A broken configuration is told whole: each fault with its path, what is wrong and what would be right."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from daemon.config import Config, ConfigurationError, Listener, Relay, built_in, load, parse, unreadable
from daemon.config_doors import NEEDS_ENCRYPTION

DESK = {"name": "support", "address": "support@example.com"}
AGENT = {"name": "Desk Agent", "address": "agent@example.com"}


def faults(data: dict[str, Any]) -> list[str]:
    with pytest.raises(ConfigurationError) as caught:
        parse(data)
    return caught.value.faults


def with_desk(**sections: Any) -> dict[str, Any]:
    return {"desk": [DESK], **sections}


def written(tmp_path: Path, text: str | bytes) -> Path:
    file = tmp_path / "config.toml"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return file


MAILBOX = {"name": "support", "host": "imap.example.com", "username": "support", "password_env": "SECRET"}


def with_mailbox(**options: Any) -> dict[str, Any]:
    return with_desk(mailbox=[MAILBOX | options])


ONE_FAULT = [
    (
        with_desk(mailbox=[{key: value for key, value in MAILBOX.items() if key != "password_env"}]),
        "mailbox[0].username: has no password; write password_file or password_env",
    ),
    (
        with_mailbox(password="x"),
        "mailbox[0].password: a password does not stand in this file; write password_file or password_env",
    ),
    (
        with_mailbox(tls="none"),
        f"mailbox[0].username: {NEEDS_ENCRYPTION}",
    ),
    (with_mailbox(desk="sales"), "mailbox[0].desk: there is no desk 'sales'; write the name of one"),
    (with_mailbox(folders=[]), 'mailbox[0].folders: names none; write at least ["INBOX"]'),
    (
        with_mailbox(folders=["IN\r\nBOX"]),
        "mailbox[0].folders[0]: 'IN\\r\\nBOX' is no name of a folder; write it as the mail program shows it, "
        "such as INBOX/Desk",
    ),
    (
        with_mailbox(flag="\\Seen) x"),
        "mailbox[0].flag: '\\\\Seen) x' is no IMAP flag; write one such as $Counterfoil or \\Seen",
    ),
    (
        with_mailbox(username="a\r\nb"),
        "mailbox[0].username: control characters and line breaks are not allowed here; write it on one line",
    ),
    (with_mailbox(when_filed="move"), 'mailbox[0].move_to: is missing; when_filed = "move" needs it'),
    (
        with_mailbox(when_filed="move", move_to="INBOX"),
        "mailbox[0].move_to: is watched itself; mail moved there would be found again",
    ),
    (with_mailbox(start="today"), "mailbox[0].start: \"today\" is not offered; write 'now', 'unseen' or 'all'"),
    (with_mailbox(poll=0), "mailbox[0].poll: 0 is too small; write at least 1 (seconds)"),
    (
        with_mailbox(trust=["authentication-results"]),
        'mailbox[0].received_by: is missing; trust = ["authentication-results"] needs it',
    ),
    (with_desk(mailbox=[MAILBOX, MAILBOX]), "mailbox[1].name: 'support' is that of mailbox[0] too; give each its own"),
    ({}, "desk: none is configured; write at least one [[desk]] with name and address"),
    ({"desk": [{"name": "support"}]}, 'desk[0].address: is missing; write it, such as address = "support@example.com"'),
    (with_desk(operater="a@example.com"), "operater: no such option; did you mean operator?"),
    (with_desk(colour="red"), "colour: no such option; docs/configuration.md tells all"),
    (with_desk(relay={"hots": "x"}), "relay.hots: no such option; did you mean host?"),
    (
        with_desk(relay={"password": "hunter2"}),
        "relay.password: a password does not stand in this file; write password_file or password_env",
    ),
    (with_desk(listen=[{"port": "25"}]), 'listen[0].port: "25" is no whole number; write one such as 2525'),
    (with_desk(http={"port": 8025.5}), "http.port: 8025.5 is no whole number; write one such as 8025"),
    (with_desk(http={"port": True}), "http.port: true is no whole number; write one such as 8025"),
    (with_desk(listen=[{"port": 70000}]), "listen[0].port: 70000 is too large; write at most 65535"),
    (with_desk(limits={"message_size": 5}), "limits.message_size: 5 is too small; write at least 10000 (bytes)"),
    (with_desk(relay={"host": 25}), "relay.host: 25 is no text; write it in quotes"),
    (
        with_desk(relay={"null_sender": "no"}),
        'relay.null_sender: "no" is neither true nor false; write one of them, without quotes',
    ),
    (
        with_desk(log={"level": "loud"}),
        "log.level: \"loud\" is not offered; write 'debug', 'info', 'warning' or 'error'",
    ),
    (
        with_desk(agent=[{**AGENT, "teams": "support"}]),
        'agent[0].teams: "support" is no list; write one such as ["support"]',
    ),
    (
        with_desk(http={"url": "desk"}),
        'http.url: "desk" is not of the right form; write it such as "http://127.0.0.1:8025"',
    ),
    (
        with_desk(operator="nobody"),
        "operator: 'nobody' is no mail address; write one such as support@example.com",
    ),
    (
        {"desk": [{**DESK, "team": "Second line"}]},
        "desk[0].team: 'Second line' is no name; use up to 40 lower-case letters, digits and hyphens, such as billing",
    ),
    (
        {"desk": [{**DESK, "title": "Support\r\nBcc: x@example.net"}]},
        "desk[0].title: control characters and line breaks are not allowed here; write it on one line",
    ),
    (
        with_desk(listen=[{"trust": ["network"], "trusted_networks": ["office"]}]),
        "listen[0].trusted_networks[0]: 'office' is no network; write one such as 192.0.2.0/24 or 2001:db8::/32",
    ),
    (
        with_desk(listen=[{"trust": ["dns"]}]),
        'listen[0].trust[0]: "dns" is not offered; '
        "write 'submission', 'network', 'dkim', 'authentication-results' or 'header'",
    ),
    ({"desk": DESK}, "desk: may stand several times; write [[desk]], with two brackets"),
    (with_desk(relay=[{"host": "x"}]), "relay: stands once; write [relay], with one bracket"),
    (with_desk(relay="x"), 'relay: "x" is no table; write [relay] on a line of its own, its options below it'),
    (
        with_desk(desk=[DESK, "x"]),
        'desk[1]: "x" is no table; write [[desk]] on a line of its own, its options below it',
    ),
    (
        {"desk": [{**DESK, "address": "a-very-long-name-for-a-desk@example.com"}]},
        "desk[0].address: a-very-long-name-for-a-desk@ leaves no room for reply addresses; choose one of at most 24 "
        'characters before the @, or reply_address = "catch-all"',
    ),
    (
        with_desk(listen=[{"tls": "starttls", "certificate_file": "desk.pem"}]),
        'listen[0].key_file: is missing; tls = "starttls" needs it',
    ),
    (
        with_desk(listen=[{"trust": ["network"]}]),
        'listen[0].trusted_networks: is missing; trust = ["network"] needs it, such as ["192.0.2.0/24"]',
    ),
    (
        with_desk(listen=[{"trust": ["submission"]}]),
        'listen[0].trust: a login needs encryption; write tls = "starttls" or "implicit" (or insecure_login = true)',
    ),
    (
        with_desk(relay={"host": "r", "password_file": "a", "password_env": "B"}),
        "relay.password_file: is set, and password_env too; keep one of them",
    ),
    (
        with_desk(relay={"host": "r", "username": "desk"}),
        "relay.username: has no password; write password_file or password_env",
    ),
    (
        with_desk(relay={"host": "r", "username": "desk", "password_env": "B", "tls": "none"}),
        'relay.username: a login needs encryption; write tls = "starttls" or "implicit" (or insecure_login = true)',
    ),
    (
        with_desk(relay={"username": "desk", "password_env": "B"}),
        "relay.host: is missing; a username is for a relay, so write its name",
    ),
    (with_desk(relay={"retry_longest": 5}), "relay.retry_longest: 5 is shorter than retry_first; write more"),
    (
        {"desk": [DESK, {**DESK, "name": "billing"}]},
        "desk[1].address: 'support@example.com' is that of desk[0] too; give each its own",
    ),
    (
        with_desk(agent=[AGENT, {**AGENT, "address": "Agent@Example.com"}]),
        "agent[1].address: 'Agent@Example.com' is that of agent[0] too; give each its own",
    ),
    (
        with_desk(agent=[{**AGENT, "address": DESK["address"]}]),
        "agent[0].address: 'support@example.com' is a desk's; an agent needs one of their own",
    ),
    (
        with_desk(operator="support@example.com"),
        "operator: is a desk's address; reports to the operator would become tickets; use another",
    ),
    (
        with_desk(listen=[{}, {"protocol": "lmtp"}]),
        "listen[1].port: 2525 on 127.0.0.1 is that of listen[0] too; give each its own",
    ),
    (
        with_desk(http={"port": 2525}, listen=[{}]),
        "http.port: 2525 on 127.0.0.1 is that of listen[0] too; give each its own",
    ),
]


@pytest.mark.parametrize(("data", "sentence"), ONE_FAULT, ids=[s.partition(";")[0][:60] for _, s in ONE_FAULT])
def test_each_fault_is_told_by_one_sentence(data: dict[str, Any], sentence: str) -> None:
    assert faults(data) == [sentence]


def test_all_faults_are_told_at_once_also_those_between_options_beside_a_wrong_one() -> None:
    data = {
        "operator": 7,
        "desk": [{"name": "Support!"}],
        "agent": [AGENT, AGENT],
        "listen": [{"port": -1, "tls": "starttls"}, {"trust": ["network"], "colour": 1}],
        "relay": {"port": "587", "username": "desk"},
    }
    assert [fault.partition(":")[0] for fault in faults(data)] == [
        "agent[1].address",
        "desk[0].address",
        "desk[0].name",
        "listen[0].certificate_file",
        "listen[0].key_file",
        "listen[0].port",
        "listen[1].colour",
        "listen[1].trusted_networks",
        "operator",
        "relay.host",
        "relay.port",
        "relay.username",
    ]


def test_a_conflict_with_an_option_that_is_itself_wrong_is_not_told() -> None:
    assert faults(with_desk(listen=[{"trust": ["submission"], "tls": "startls"}])) == [
        "listen[0].tls: \"startls\" is not offered; write 'none', 'starttls' or 'implicit'"
    ]


def test_a_long_wrong_value_is_cut_short() -> None:
    [fault] = faults(with_desk(relay={"port": "x" * 5000}))
    assert len(fault) < 150


def test_values_made_in_code_are_held_to_the_same_rules() -> None:
    with pytest.raises(ValidationError, match="needs it"):
        Listener(tls="implicit")
    with pytest.raises(ValidationError, match="needs encryption"):
        Relay(host="relay.example.com", username="desk", password_env="SECRET", tls="none")


def test_lists_become_tuples_so_that_a_configuration_cannot_change() -> None:
    config = parse({"desk": [DESK], "agent": [{**AGENT, "teams": ["support", "billing"]}]})
    assert config.agent[0].teams == ("support", "billing")
    assert hash(config) == hash(config.model_copy())
    with pytest.raises(ValidationError, match="frozen"):
        config.relay.port = 26


def test_a_domain_is_kept_in_lower_case() -> None:
    config = parse({"desk": [{**DESK, "address": "Support@EXAMPLE.com"}], "operator": "Post@EXAMPLE.com"})
    assert (config.desk[0].address, config.operator) == ("Support@example.com", "Post@example.com")


def test_a_team_that_nobody_is_in_is_everybody() -> None:
    config = parse(with_desk(agent=[AGENT, {"name": "Biller", "address": "bill@example.com", "teams": ["billing"]}]))
    assert [agent.name for agent in config.members("billing")] == ["Biller"]
    assert len(config.members("nobody")) == 2


def test_the_built_in_defaults_listen_on_this_machine_alone() -> None:
    config = built_in()
    assert {listener.host for listener in config.listen} | {config.http.host} == {"127.0.0.1"}
    assert config.relay.host == ""


def test_a_file_is_loaded_with_or_without_a_byte_order_mark(tmp_path: Path) -> None:
    text = '[[desk]]\nname = "support"\naddress = "support@example.com"\n'
    assert (
        load(written(tmp_path, text))
        == load(written(tmp_path, "\ufeff" + text))
        == Config.model_validate({"desk": ({**DESK},)})
    )


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"desk = [", "is no valid TOML: Invalid value (at end of document)"),
        (b"\xff\xfe", "is not UTF-8; save it as UTF-8"),
    ],
)
def test_a_file_that_is_no_toml_is_named(tmp_path: Path, content: bytes, sentence: str) -> None:
    file = written(tmp_path, content)
    with pytest.raises(ConfigurationError) as caught:
        load(file)
    assert caught.value.faults == [f"{file}: {sentence}"]


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="cannot be read: No such file or directory"):
        load(tmp_path / "config.toml")


def test_a_password_is_the_first_line_of_its_file(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("correct horse \nbattery\n")
    assert Relay(password_file=str(tmp_path / "secret")).password() == "correct horse"


def test_a_password_comes_from_its_environment_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RELAY_PASSWORD", "correct horse")
    assert Relay(password_env="RELAY_PASSWORD").password() == "correct horse"


@pytest.mark.parametrize("trust", ["authentication-results", "header"])
def test_a_hosts_word_counts_only_where_that_host_alone_can_hand_over(trust: str) -> None:
    told = {"trust": [trust], "received_by": "mx.example.com", "header": "X-Auth: Internal", "authserv_id": "mx"}
    assert parse({"desk": [DESK], "listen": [told]}).listen[0].trust == (trust,)
    open_to_all = told | {"host": "0.0.0.0"}
    assert parse({"desk": [DESK], "listen": [open_to_all | {"trusted_networks": ["192.0.2.0/24"]}]})
    for listener, option in ((open_to_all, "trusted_networks"), (told | {"receives_first": True}, "receives_first")):
        with pytest.raises(ConfigurationError) as caught:
            parse({"desk": [DESK], "listen": [listener]})
        assert [fault for fault in caught.value.faults if fault.startswith(f"listen[0].{option}: ")]


def test_without_a_source_there_is_no_password() -> None:
    assert Relay().password() == ""


def test_secrets_and_files_that_cannot_be_read_are_told_with_their_paths(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NO_SUCH_SECRET", raising=False)
    (tmp_path / "empty").write_text("\n")
    (tmp_path / "binary").write_bytes(b"\xff\xff")
    (tmp_path / "desk.pem").write_text("a certificate")
    agents = [
        {"name": file, "address": f"{file}@example.com", "password_file": str(tmp_path / file)}
        for file in ("empty", "binary", "absent")
    ]
    config = parse(
        {
            "desk": [DESK],
            "agent": agents,
            "relay": {"host": "relay.example.com", "username": "desk", "password_env": "NO_SUCH_SECRET"},
            "listen": [
                {
                    "tls": "starttls",
                    "certificate_file": str(tmp_path / "desk.pem"),
                    "key_file": str(tmp_path / "no.key"),
                }
            ],
            "storage": {"templates": str(tmp_path / "none")},
        }
    )
    assert unreadable(config) == [
        f"agent[0].password_file: the first line of {tmp_path}/empty is empty",
        f"agent[1].password_file: {tmp_path}/binary cannot be read: it is not UTF-8",
        f"agent[2].password_file: {tmp_path}/absent cannot be read: No such file or directory",
        f"listen[0].key_file: {tmp_path}/no.key cannot be read; is it there, and may this user read it?",
        "relay.password_env: the environment variable NO_SUCH_SECRET is not set",
        f"storage.templates: {tmp_path}/none is no folder; make it or leave the option out",
    ]
