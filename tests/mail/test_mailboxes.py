"""Address headers as they come."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon.core.values import Address
from daemon.mail.limits import DEFAULT
from daemon.mail.mailboxes import read_mailboxes


def found(text: str) -> list[tuple[str, str]]:
    return [(one.name, one.address) for one in read_mailboxes(text, DEFAULT).addresses]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("carol@customer.example", [("", "carol@customer.example")]),
        ("Carol <carol@customer.example>", [("Carol", "carol@customer.example")]),
        ("carol@customer.example (Carol)", [("Carol", "carol@customer.example")]),
        ('"Doe, \\"J\\"" <j@d.example>, k@d.example', [('Doe, "J"', "j@d.example"), ("", "k@d.example")]),
        ("=?utf-8?q?M=2C_=3Ca=40b=2Ec=3E?= <x@y.example>", [("M, <a@b.c>", "x@y.example")]),
        (
            "Team: a@x.example, B <b@x.example>;, c@x.example",
            [("", "a@x.example"), ("B", "b@x.example"), ("", "c@x.example")],
        ),
        ("undisclosed-recipients:;", []),
        ("<@relay.example,@other.example:c@x.example>", [("", "c@x.example")]),
        ("mailto:c@x.example", [("", "c@x.example")]),
        ("Carol carol@x.example", [("", "carol@x.example")]),
        ("a@x.example; b@x.example", [("", "a@x.example"), ("", "b@x.example")]),
        (".<m@x.example>", [(".", "m@x.example")]),
        ("'Carol' <c@x.example>", [("Carol", "c@x.example")]),
        ("john..doe@docomo.example", [("", "john..doe@docomo.example")]),
        ("jörg@münchen.example", [("", "jörg@münchen.example")]),
        ("a@[192.0.2.1]", [("", "a@[192.0.2.1]")]),
    ],
)
def test_an_address_header_is_read_as_people_mean_it(text: str, expected: list[tuple[str, str]]) -> None:
    assert found(text) == expected


@pytest.mark.parametrize(
    "spelling",
    [
        '(x)"alice"(y)@(z)DESK.EXAMPLE.',
        "alice @ desk.example",
        "<alice@Desk.Example.>",
        '"alice"@desk.example',
        "Someone (c) <(d)alice@desk.example(e)>",
    ],
)
def test_no_spelling_hides_an_address(spelling: str) -> None:
    assert [address for _, address in found(spelling)] == ["alice@desk.example"]


@pytest.mark.parametrize(
    "text",
    [
        "mallory@",
        "@desk.example",
        "a b@",
        '"mal\\ Bcc: v@other.example"@evil.example',
        '"-oQ/tmp $(id)"@evil.example',
        "idna@[=?utf-8?q?=0D=0ABcc:_x@y?=",
        "alice@des\u212a.example",
        "a@" + "x" * 400,
    ],
)
def test_an_address_that_cannot_be_answered_is_left_out(text: str) -> None:
    seen = read_mailboxes(text, DEFAULT)
    assert seen.addresses == []
    assert seen.count == 1


@given(st.text(max_size=200))
def test_any_text_is_read_without_an_error_and_holds_no_control_character(text: str) -> None:
    for one in read_mailboxes(text, DEFAULT).addresses:
        assert isinstance(one, Address)
        assert one.address.count("@") == 1
        assert (one.address + one.name).isprintable() or not any(ord(char) < 32 for char in one.address + one.name)


def test_twenty_thousand_addresses_are_not_read_to_the_end() -> None:
    assert read_mailboxes("a@b.example," * 20_000, DEFAULT).count == DEFAULT.recipients + 1
