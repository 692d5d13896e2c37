"""Signed addresses: what we write we read again, and what we did not write grants nothing."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon.mail.address import TOKEN_LENGTH, AddressBook, Keyring, Mode, Recipient, message_id, read_message_id

OLD, NEW = (1, b"o" * 32), (2, b"n" * 32)
KEYS = Keyring((NEW, OLD))
DESKS: tuple[tuple[str, str, Mode, str], ...] = (
    ("support", "Support@example.com", "plus", "-"),
    ("billing", "billing@example.com", "separator", "_"),
    ("billing-de", "billing_de@example.com", "separator", "_"),
    ("sales", "sales@sales.example.com", "catch-all", "-"),
    ("office", "office@office.example.com", "none", "-"),
)
BOOK = AddressBook(DESKS)
numbers = st.integers(0, 10**12 - 1)
marking = st.sampled_from(["support", "billing", "billing-de", "sales"])


@given(numbers, numbers)
def test_a_token_is_short_lower_case_and_names_its_person(ticket: int, person: int) -> None:
    token = KEYS.token(ticket, person)
    assert len(token) == TOKEN_LENGTH == 26 and token == token.lower() and token.isalnum()
    assert KEYS.person_of(token, ticket, [person + 1, person, person + 2]) == person


@given(numbers, numbers)
def test_a_token_to_rate_names_its_person_and_opens_nothing_else(ticket: int, person: int) -> None:
    token = KEYS.rate_token(ticket, person)
    assert KEYS.rater(token, ticket, [person + 1, person]) == person
    assert KEYS.rater(token, ticket + 1, [person]) is None
    assert KEYS.rater(KEYS.token(ticket, person), ticket, [person]) is None
    assert KEYS.person_of(token, ticket, [person]) is None


def test_i21_an_old_key_still_verifies_and_a_dropped_one_does_not() -> None:
    old = Keyring((OLD,)).token(1042, 7)
    assert KEYS.person_of(old, 1042, [3, 7]) == 7
    assert Keyring((NEW,)).person_of(old, 1042, [3, 7]) is None
    assert KEYS.token(1042, 7) == Keyring((NEW,)).token(1042, 7)


def test_i21_a_token_for_another_purpose_ticket_person_or_key_is_worthless() -> None:
    tokens = {
        KEYS.token(1042, 7),
        KEYS.token(1042, 8),
        KEYS.token(1043, 7),
        KEYS.token(104, 27),
        KEYS.rate_token(1042, 7),
        KEYS.bounce_token(1042),
        KEYS.confirm_token(1042),
        Keyring((OLD,)).token(1042, 7),
        Keyring(((3, NEW[1]),)).token(1042, 7),
    }
    assert len(tokens) == 9
    assert not KEYS.is_bounce_token(KEYS.confirm_token(17), 17)
    assert not KEYS.is_confirm_token(KEYS.bounce_token(17), 17)
    assert KEYS.is_bounce_token(KEYS.bounce_token(17).upper(), 17)
    assert KEYS.is_confirm_token(KEYS.confirm_token(17), 17)


@given(st.text(), numbers)
def test_any_text_in_place_of_a_token_belongs_to_nobody(token: str, ticket: int) -> None:
    assert KEYS.person_of(token, ticket, range(3)) is None
    assert not KEYS.is_bounce_token(token, ticket)


def test_mail_systems_that_fold_letter_case_do_no_harm() -> None:
    assert KEYS.person_of(KEYS.token(1, 2).upper(), 1, [2]) == 2


def test_a_search_looks_at_every_candidate() -> None:
    asked = []

    def persons() -> itertools.chain[int]:
        return itertools.chain(asked.append(p) or p for p in range(5))  # type: ignore[func-returns-value]

    assert KEYS.person_of(KEYS.token(1, 0), 1, persons()) == 0
    assert asked == [0, 1, 2, 3, 4]


def test_a_key_file_is_read_as_it_was_written() -> None:
    assert Keyring.from_text(KEYS.to_text()) == KEYS
    assert Keyring.from_text("# keys\n\n1 " + OLD[1].hex() + "\n2 " + NEW[1].hex().upper() + "\n") == KEYS


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "no key"),
        ("1 zz\n", "line 1"),
        ("1 00\n", "shorter than 128 bits"),
        ("1 " + "00" * 32 + "\n1 " + "11" * 32 + "\n", "same version"),
        ("1 " + "00" * 32 + "\nsecret " + "11" * 32, "line 2"),
    ],
)
def test_a_broken_key_file_gets_a_sentence_without_the_key(text: str, says: str) -> None:
    with pytest.raises(ValueError, match=says) as raised:
        Keyring.from_text(text)
    assert "1111" not in str(raised.value)


@given(marking, numbers, st.booleans())
def test_every_signed_address_is_read_again(desk: str, number: int, upper: bool) -> None:
    written = {
        "reply": BOOK.reply_address(desk, number, KEYS.token(number, 7)),
        "bounce": BOOK.bounce_address(desk, number, KEYS.bounce_token(number)),
        "confirm": BOOK.confirm_address(desk, number, KEYS.confirm_token(number)),
    }
    for kind, address in written.items():
        assert len(address.rpartition("@")[0]) <= 64
        read = BOOK.read(address.upper() if upper else address)
        assert read is not None and (read.desk, read.kind, read.number) == (desk, kind, number)
    read = BOOK.read(written["reply"])
    assert read is not None and KEYS.person_of(read.token, number, [3, 7]) == 7


def test_the_forms_of_a_reply_address() -> None:
    token = KEYS.token(1042, 7)
    assert BOOK.reply_address("support", 1042, token) == f"Support+1042-{token}@example.com"
    assert BOOK.reply_address("billing", 1042, token) == f"billing_1042-{token}@example.com"
    assert BOOK.reply_address("sales", 1042, token) == f"1042-{token}@sales.example.com"
    assert BOOK.reply_address("office", 1042, token) == "office@office.example.com"
    assert BOOK.bounce_address("support", 17, token) == f"Support+b17-{token}@example.com"
    assert BOOK.confirm_address("support", 17, token) == f"Support+c17-{token}@example.com"


@pytest.mark.parametrize(
    "address",
    [
        "support@example.com",
        "SUPPORT@EXAMPLE.COM",
        "Support+anything@example.com",
        "support+@example.com",
        "support+1042-short@example.com",
        "support+01042-" + "a" * 26 + "@example.com",
    ],
)
def test_the_desk_is_found_under_its_address_and_its_sub_addresses(address: str) -> None:
    assert BOOK.read(address) == Recipient("support", "desk")


@pytest.mark.parametrize(
    "address",
    [
        "",
        "@",
        "support",
        "support@",
        "@example.com",
        "support@example.org",
        "supporter@example.com",
        "billing_x@example.com",
        "billing-1@example.com",
        "anyone@sales.example.com",
        "office+x@office.example.com",
        "ſupport@example.com",
        "support@example.com.evil.example",
        "support@example.com\r\n",
        "other%support@example.com",
        "a" * 400 + "@example.com",
    ],
)
def test_what_is_not_ours_is_refused(address: str) -> None:
    assert BOOK.read(address) is None


def test_a_desk_whose_address_begins_like_another_is_not_confused_with_it() -> None:
    token = KEYS.token(5, 1)
    read = BOOK.read(BOOK.reply_address("billing-de", 5, token))
    assert read == Recipient("billing-de", "reply", 5, token)


def test_a_domain_beyond_ascii_is_the_same_in_both_its_forms() -> None:
    book = AddressBook([("support", "support@xn--bcher-kva.example", "plus", "-")])
    assert book.read("support@bücher.example") == Recipient("support", "desk")


@given(
    st.text(max_size=400) | st.builds("{}@{}".format, st.text(), st.sampled_from(["example.com", "sales.example.com"]))
)
def test_reading_is_total(text: str) -> None:
    read = BOOK.read(text)
    assert read is None or read.desk in {row[0] for row in DESKS}
    assert read_message_id(text) is None


def test_an_address_that_does_not_fit_is_not_written() -> None:
    book = AddressBook([("long", "a" * 40 + "@example.com", "plus", "-")])
    with pytest.raises(ValueError, match="no reply address fits"):
        book.reply_address("long", 1, KEYS.token(1, 1))


@given(numbers, numbers, st.text("abcdefghijklmnopqrstuvwxyz234567", min_size=1, max_size=16))
def test_a_message_id_of_ours_is_read_again(ticket: int, person: int, nonce: str) -> None:
    token = KEYS.token(ticket, person)
    written = message_id(ticket, token, nonce, "example.com")
    assert read_message_id(written) == read_message_id(f" <{written.upper()}> ") == (ticket, token)


def test_message_ids_of_others_say_nothing() -> None:
    for text in ("<a@b>", "1042@example.com", f"1042-{'a' * 25}.n@example.com", f"x1042-{'a' * 26}.n@example.com"):
        assert read_message_id(text) is None


@given(numbers, marking)
def test_a_probe_is_known_by_its_token_and_is_no_reply(number: int, desk: str) -> None:
    token = KEYS.probe_token(number)
    assert BOOK.read(BOOK.probe_address(desk, number, token)) == Recipient(desk, "probe", number, token)
    assert KEYS.is_probe_token(token, number)
    assert not KEYS.is_probe_token(KEYS.bounce_token(number), number)
    assert KEYS.person_of(token, number, [number]) is None
