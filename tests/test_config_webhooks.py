"""What a webhook's section may say, and what is said of one that is wrong."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from daemon.config import Config, ConfigurationError, parse, unreadable

HOOK = {"name": "reports", "url": "https://example.net/hooks", "secret_env": "HOOK_SECRET"}


def with_hook(**options: Any) -> dict[str, Any]:
    row = {key: value for key, value in (HOOK | options).items() if value is not None}
    return {"desk": [{"name": "support", "address": "support@example.com"}], "webhook": [row]}


def hook(**options: Any) -> Config:
    return parse(with_hook(**options))


@pytest.mark.parametrize(
    ("options", "fault"),
    [
        ({"url": "ftp://example.net/"}, "webhook[0].url: 'ftp://example.net/' is no URL of the web; write one such as"),
        ({"url": "https://example.net:x/"}, "webhook[0].url: 'https://example.net:x/' is no URL; write one such as"),
        ({"url": "https://user:secret@example.net/"}, "webhook[0].url: a user or a password does not stand in a URL"),
        ({"url": "https://example.net/#a"}, "webhook[0].url: what stands behind # never reaches a server"),
        ({"url": "https://example.net/a b"}, "webhook[0].url: 'https://example.net/a b' is no URL of the web"),
        ({"url": "https:///hook"}, "webhook[0].url: '' is neither a name nor an address"),
        ({"url": "http://2130706433/"}, "webhook[0].url: '2130706433' is neither a name nor an address"),
        ({"url": "http://0177.0.0.1/"}, "webhook[0].url: '0177.0.0.1' is neither a name nor an address"),
        ({"url": "http://0x7f000001/"}, "webhook[0].url: '0x7f000001' is neither a name nor an address"),
        ({"url": "http://127.1/"}, "webhook[0].url: '127.1' is neither a name nor an address"),
        ({"url": "http://[fe80::1%25eth0]/"}, "webhook[0].url: 'fe80::1%25eth0' is neither a name nor"),
        ({"url": "http://example.net\\@127.0.0.1/"}, "webhook[0].url: 'http://example.net\\\\@127.0.0.1/' is no URL"),
        ({"events": ["ticket_opend"]}, "webhook[0].events[0]: 'ticket_opend' is no kind of event; the kinds: agent_"),
        ({"desks": ["sales"]}, "webhook[0].desks: there is no desk 'sales'; desks: support"),
        ({"teams": ["sales"]}, "webhook[0].teams: there is no team 'sales'; teams: support"),
        (
            {"allow": ["*"]},
            "webhook[0].allow[0]: '*' is neither a name nor a network; write one such as hooks.internal",
        ),
        ({"secret_env": None}, "webhook[0].secret_file: is missing; messages are signed, so write secret_file or"),
        ({"secret_file": "x"}, "webhook[0].secret_file: is set, and secret_env too; keep one of them"),
        ({"retry_longest": 2}, "webhook[0].retry_longest: 2 is shorter than retry_first; write more"),
    ],
)
def test_a_broken_section_is_told_with_what_would_be_right(options: dict[str, Any], fault: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        hook(**options)
    (told,) = caught.value.faults
    assert told.startswith(fault)


def test_two_webhooks_of_one_name_are_a_fault() -> None:
    data = with_hook()
    data["webhook"] *= 2
    with pytest.raises(ConfigurationError, match=r"webhook\[1\].name: 'reports' is that of webhook\[0\] too"):
        parse(data)


@pytest.mark.parametrize(
    "url",
    [
        "https://example.net",
        "http://192.0.2.1:8080/a?b=c",
        "http://[2001:db8::1]/",
        "http://localhost/",
        "http://app:1/",
    ],
)
def test_names_and_addresses_are_urls(url: str) -> None:
    assert hook(url=url, allow=["192.0.2.0/24", "2001:db8::/32", "localhost"]).webhook[0].url == url


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "10.1.2.3", "169.254.169.254", "[::1]"])
def test_an_address_that_could_never_be_called_is_told_at_once(host: str) -> None:
    with pytest.raises(ConfigurationError, match=r"webhook\[0\].url: .* is not public; allow = "):
        hook(url=f"http://{host}/")
    assert hook(url=f"http://{host}/", allow=[host.strip("[]")])


def test_what_is_allowed_is_a_name_or_a_network() -> None:
    webhook = hook(allow=["Hooks.Internal", "10.1.2.3", "10.1.0.0/16", "fd00::/8"]).webhook[0]
    assert webhook.allowed_names == {"hooks.internal"}
    assert [str(one) for one in webhook.allowed_networks] == ["10.1.2.3/32", "10.1.0.0/16", "fd00::/8"]


def test_a_secret_that_cannot_be_read_is_told_by_check(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HOOK_SECRET", raising=False)
    assert unreadable(hook()) == ["webhook[0].secret_env: the environment variable HOOK_SECRET is not set"]
    monkeypatch.setenv("HOOK_SECRET", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    assert unreadable(hook()) == []
    (fault,) = unreadable(hook(ca_file=str(tmp_path / "ca.pem")))
    assert fault.startswith("webhook[0].ca_file: ")
