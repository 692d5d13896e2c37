"""What a mail proves about its author, as pure functions: alignment, Authentication-Results, signatures."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from daemon.core.values import Evidence, Mail
from daemon.mail.alignment import Policy, aligned, organisation, plain_name, policy_names, read_policy
from daemon.mail.authentication import Trust, by_header, by_results, combined
from daemon.mail.authentication_results import Result, Results, read_results
from daemon.mail.dkim_check import check
from daemon.mail.dkim_keys import read_key
from daemon.mail.dkim_signatures import Answer, Inquiry, candidates
from daemon.mail.head import read_head
from daemon.mail.parse import parse
from tests.mail.mails import mail
from tests.signing import record, rsa_key, signed

AGENT = "Agent <agent@desk.example>"
MX = "mx.desk.example"
TRUST = Trust(results=True, received_by=MX, authserv_id=MX)
RECEIVED = b"Received: from x (y [192.0.2.1]) by mx.desk.example with ESMTPS id 1; Mon, 5 Jan 2026 10:00:00 +0000\r\n"
LETTER = mail(
    b"Pull the plug, please.\r\n",
    From=AGENT,
    Message_ID="<1@desk.example>",
    MIME_Version="1.0",
    Content_Type="text/plain; charset=utf-8",
    Content_Transfer_Encoding="7bit",
)
ASKED = Inquiry(
    "desk.example",
    1_767_607_200,
    {"s1._domainkey.desk.example": Answer("found", (record(rsa_key("desk.example")).encode(),))},
)


@pytest.mark.parametrize(
    ("voucher", "author", "relaxed", "strict"),
    [
        ("desk.example", "desk.example", True, True),
        ("DESK.Example.", "desk.example", True, True),
        ("mail.desk.example", "desk.example", True, False),
        ("desk.example", "mail.desk.example", True, False),
        ("a.desk.example", "b.desk.example", True, False),
        ("desk.example", "evildesk.example", False, False),
        ("example", "desk.example", False, False),
        ("co.uk", "shop.co.uk", False, False),
        ("one.co.uk", "two.co.uk", False, False),
        ("github.io", "desk.github.io", False, False),
        ("xn--bcher-kva.example", "bücher.example", True, True),
        ("", "desk.example", False, False),
        ("desk..example", "desk.example", False, False),
        ("desk.example\0", "desk.example", False, False),
    ],
)
def test_domains_are_aligned_below_one_organisational_domain(
    voucher: str, author: str, relaxed: bool, strict: bool
) -> None:
    assert aligned(voucher, author) is relaxed
    assert aligned(voucher, author, strict=True) is strict


@given(st.text(max_size=300))
def test_a_name_that_can_be_looked_up_is_short_and_plain(text: str) -> None:
    name = plain_name(text)
    assert len(name) <= 253
    assert all(0 < len(label) <= 63 for label in name.split(".")) or name == ""
    assert re.fullmatch(r"[a-z0-9._-]*", name)
    assert aligned(organisation(name), name) or not name


def test_the_policy_is_that_of_the_domain_or_of_its_organisation() -> None:
    assert policy_names("a.b.desk.example") == ("_dmarc.a.b.desk.example", "_dmarc.desk.example")
    assert policy_names("desk.example") == ("_dmarc.desk.example",)
    assert read_policy((b"v=DMARC1; p=reject; adkim=S; aspf=r",)) == Policy(strict_dkim=True)
    assert read_policy((b"v=spf1 -all", b"v=DMARC1;p=none")) == Policy()
    assert read_policy((b"v=DMARC1; adkim=s", b"v=DMARC1")) is None
    assert read_policy((b"v=DMARC10",)) is None


# -- Authentication-Results


FORMS = {
    "mx.desk.example; dkim=pass (2048-bit key; unprotected) header.d=desk.example header.b=aB/c+=": Results(
        MX, (Result("dkim", "pass", (("header.d", "desk.example"), ("header.b", "ab/c+="))),)
    ),
    "mx.desk.example 1; none": Results(MX, ()),
    'mx.desk.example;\r\n\tdkim/1 = pass reason = "good; \\"key\\"" header.i=@desk.example;': Results(
        MX, (Result("dkim", "pass", (("reason", 'good; "key"'), ("header.i", "@desk.example"))),)
    ),
    "spf=pass (sender IP is 192.0.2.1) smtp.mailfrom=desk.example; dkim=none (message not signed)\r\n"
    " header.d=none;dmarc=pass action=none header.from=desk.example;compauth=pass reason=100": Results(
        "",
        (
            Result("spf", "pass", (("smtp.mailfrom", "desk.example"),)),
            Result("dkim", "none", (("header.d", "none"),)),
            Result("dmarc", "pass", (("action", "none"), ("header.from", "desk.example"))),
            Result("compauth", "pass", (("reason", "100"),)),
        ),
    ),
    '"mx.desk.example"; spf=pass smtp.mailfrom="a; dmarc=pass"@evil.example': Results(
        MX, (Result("spf", "pass", (("smtp.mailfrom", "a; dmarc=pass@evil.example"),)),)
    ),
    'mx.desk.example; dkim=pass (a "quote) header.d=desk.example': Results(
        MX, (Result("dkim", "pass", (("header.d", "desk.example"),)),)
    ),
}
MALFORMED = [
    "",
    "mx.desk.example; dkim=pass (never closed",
    "mx.desk.example; dkim=pass) header.d=x",
    'mx.desk.example; dkim=pass header.d="x',
    "mx.desk.example; dkim",
    "mx.desk.example; dkim=pass header.d",
    "mx.desk.example; header.d=x",
    "two names; dkim=pass",
    "mx.desk.example; dkim=pass\\; dmarc=pass",
]


@pytest.mark.parametrize("text", FORMS)
def test_results_are_read_as_hosts_write_them(text: str) -> None:
    assert read_results(text.encode()) == FORMS[text]


@pytest.mark.parametrize("text", MALFORMED)
def test_results_that_are_not_in_order_are_not_read(text: str) -> None:
    assert read_results(text.encode()) is None


def test_results_in_arc_begin_with_their_instance() -> None:
    found = read_results(b" i=1; mx.desk.example; dmarc=pass header.from=desk.example", arc=True)
    assert found == Results(MX, (Result("dmarc", "pass", (("header.from", "desk.example"),)),))
    assert read_results(b" mx.desk.example; dmarc=pass", arc=True) is None


@given(st.binary(max_size=300) | st.text(alphabet='ab=;.()"\\ \r\n\t@1', max_size=300).map(str.encode), st.booleans())
def test_whatever_stands_there_is_read_or_is_none(value: bytes, arc: bool) -> None:
    found = read_results(value, arc=arc)
    assert found is None or found.server == found.server.lower()


TOKENS = st.from_regex(r"[a-l][a-l0-9-]{0,7}", fullmatch=True)
WORDS = st.text(alphabet="abcdef0123456789.@-_+/", min_size=1, max_size=20)
QUOTED = st.text(alphabet='ab ;()"\\=', min_size=0, max_size=12)
SPACES = st.sampled_from([" ", "  ", "\r\n\t", ' (a comment; (within) \\) =") '])


@given(
    st.lists(
        st.tuples(TOKENS, TOKENS, st.lists(st.tuples(TOKENS, TOKENS, WORDS | QUOTED.map(lambda t: f'"{t}'))), SPACES),
        min_size=1,
        max_size=4,
    )
)
def test_results_that_are_written_by_the_book_are_read_back(
    given_results: list[tuple[str, str, list[tuple[str, str, str]], str]],
) -> None:
    text, expected = MX, []
    for method, result, properties, space in given_results:
        text += f";{space}{method}={result}"
        known = []
        for kind, name, value in properties:
            plain = value[1:] if value.startswith('"') else value
            escaped = plain.replace("\\", "\\\\").replace('"', '\\"')
            written = f'"{escaped}"' if value.startswith('"') else value
            text += f"{space}{kind}.{name}{space}={space}{written}"
            known.append((f"{kind}.{name}", plain))
        expected.append(Result(method, result, tuple(known)))
    assert read_results(text.encode()) == Results(MX, tuple(expected))


def verdict(raw: bytes, trust: Trust = TRUST) -> Evidence:
    return by_results(raw, read_head(raw), "desk.example", trust)


def test_microsofts_form_counts_where_no_name_is_expected() -> None:
    trust = Trust(results=True, received_by=".protection.example")
    received = b"Received: from a by b1.c.protection.example (10.0.0.1) with SMTP; Mon, 5 Jan 2026 10:00:00 +0000\r\n"
    inner = (
        b"Received: from b1.c.protection.example by d.internal.example with SMTP; Mon, 5 Jan 2026 10:00:01 +0000\r\n"
    )
    found = b"Authentication-Results: dkim=none; dmarc=pass action=none header.from=desk.example;compauth=pass\r\n"
    assert verdict(inner + found + received + LETTER, trust).proved
    assert verdict(found + inner + LETTER, trust).because == "authentication-results-none"
    assert not verdict(inner + received + found + LETTER, trust).proved


def test_googles_form_counts_by_its_arc_copy() -> None:
    trust = Trust(results=True, received_by="mx.google.example", authserv_id="mx.google.example")
    raw = (
        b"Received: by 2002:a05:6000:1 with SMTP id x1; Mon, 5 Jan 2026 02:00:01 -0800 (PST)\r\n"
        b"ARC-Seal: i=1; a=rsa-sha256; cv=none\r\n"
        b"ARC-Authentication-Results: i=1; mx.google.example;\r\n"
        b"       dkim=pass header.i=@desk.example header.s=s1 header.b=AbCd;\r\n"
        b"       spf=pass (google.example: domain of agent@desk.example designates 192.0.2.1 as permitted sender)"
        b" smtp.mailfrom=agent@desk.example;\r\n"
        b"       dmarc=pass (p=NONE sp=NONE dis=NONE) header.from=desk.example\r\n"
        b"Received: from mail.desk.example (mail.desk.example. [192.0.2.1]) by mx.google.example with ESMTPS id z\r\n"
        b"        for <support@other.example>; Mon, 05 Jan 2026 02:00:01 -0800 (PST)\r\n"
        b"Authentication-Results: mx.google.example; dmarc=fail header.from=evil.example\r\n"
    )
    assert verdict(raw + LETTER, trust).proved
    assert not verdict(raw.replace(b"ARC-Auth", b"X-Auth") + LETTER, trust).proved


def test_spf_alone_ties_a_mail_to_its_address_and_proves_no_agent() -> None:
    found = verdict(
        b"Authentication-Results: mx.desk.example; spf=pass smtp.mailfrom=desk.example\r\n" + RECEIVED + LETTER
    )
    assert (found.proved, found.address) == (False, "authentication-results")


@settings(max_examples=300)
@given(
    st.lists(
        st.sampled_from(
            [
                RECEIVED,
                RECEIVED.replace(b"from x", b"from x("),
                b"Received: from mx.desk.example by mx.desk.example with LMTP; Mon, 5 Jan 2026 10:00:00 +0000\r\n",
                b"Authentication-Results: mx.desk.example; dmarc=pass header.from=desk.example\r\n",
                b"ARC-Authentication-Results: i=1; mx.desk.example; dkim=pass header.d=desk.example\r\n",
                b"Authentication-Results: dmarc=pass header.from=desk.example\r\n",
                b"X-Folded: a\r\n b\r\n",
                b" \r\n",
                b"no header\r\n",
                b"\r\n",
            ]
        )
        | st.binary(max_size=40),
        max_size=8,
    )
)
def test_nothing_below_our_hosts_received_ever_proves(block: list[bytes]) -> None:
    assert not verdict(RECEIVED + b"".join(block) + LETTER).proved


def test_the_header_of_the_host_must_be_the_only_one() -> None:
    wanted = "X-Auth: Internal"
    assert by_header(b"x-auth:Internal\r\n" + LETTER, wanted).proved
    assert by_header(b"x-auth: internal\r\n" + LETTER, wanted).because == "header-differs"
    assert by_header(LETTER, wanted).because == "header-absent"
    assert by_header(LETTER + b"X-Auth: Internal\r\n", wanted).because == "header-absent"


def test_one_proof_is_enough_and_every_refusal_is_told() -> None:
    proof = Evidence(True, "header")
    tied = Evidence(False, "dkim-headers-unsigned", "dkim", detail="to")
    assert combined([tied, proof]) == replace(proof, address="dkim")
    told = combined([Evidence(False, "header-absent"), tied])
    assert (told.because, told.address) == ("header-absent", "dkim")
    assert told.detail == "header-absent; dkim-headers-unsigned (to)"


# -- signatures


@pytest.mark.parametrize("canonical", [(b"relaxed", b"relaxed"), (b"simple", b"simple"), (b"relaxed", b"simple")])
@pytest.mark.parametrize("raw", [LETTER, LETTER + b"\r\n" * 1000, LETTER[: LETTER.index(b"Pull")]])
def test_a_sound_signature_proves_in_each_canonical_form(canonical: tuple[bytes, bytes], raw: bytes) -> None:
    assert check(signed(raw, canonical=canonical), ASKED).proved


def test_a_signature_survives_other_line_ends_and_empty_lines_at_the_end() -> None:
    raw = signed(LETTER)
    assert check(raw.replace(b"\r\n", b"\n"), ASKED).proved
    assert check(raw + b"\r\n\r\n", ASKED).proved
    assert check(raw + b"\n\n\r\n", ASKED).proved
    assert not check(raw.replace(b"\r\n", b"\r"), ASKED).proved
    assert not check(raw + b"\r\r\n", ASKED).proved


BLOCKS = st.lists(
    st.builds(
        lambda name, value: name + b":" + value + b"\r\n",
        st.sampled_from(
            b"To Cc Subject From Date Message-ID In-Reply-To References Reply-To Content-Type MIME-Version Sender "
            b"Content-Transfer-Encoding Content-Disposition Received DKIM-Signature X-Odd Auto-Submitted".split()
        ),
        st.sampled_from(
            [
                b" agent@desk.example",
                b" <2@desk.example>",
                b" text/html",
                b" base64",
                b" quoted-printable",
                b" attachment; filename=a.txt",
                b' multipart/mixed; boundary="Pull"',
                b" v=1; a=rsa-sha256; d=desk.example; s=s1; h=from; bh=AAAA; b=AAAA",
                b" x;",
                b"",
            ]
        ),
    )
    | st.sampled_from(
        [b" folded\r\n", b"\r\n", b"From x\r\n", b"X-Odd : y\r\n", b": y\r\n", b"no header\r\n", b"\xef\xbb\xbf"]
    )
    | st.binary(max_size=20),
    max_size=5,
).map(b"".join)
MATTERS = (
    "sender subject to cc reply_to date message_id text html reply_text quoted_text signature_text attachments".split()
)
SIGNED_LETTER = signed(LETTER)
UNPROVED = (LETTER, signed(LETTER, "evil.example"), signed(LETTER, without=["to"]), signed(LETTER, length=True))


@settings(max_examples=400)
@given(BLOCKS)
@example(b"Content-Transfer-Encoding: base64\r\n")
@example(b"To: other@desk.example\r\n")
def test_no_headers_on_top_change_what_a_proved_mail_says(block: bytes) -> None:
    before, raw = parse(SIGNED_LETTER), block + SIGNED_LETTER
    assert isinstance(before, Mail)
    if check(raw, ASKED).proved:
        after = parse(raw)
        assert isinstance(after, Mail)
        same = [name for name in MATTERS if getattr(before, name) != getattr(after, name)]
        assert same in ([], ["text", "reply_text", "attachments"]), same
        assert not after.reply_text or not same


@settings(max_examples=200)
@given(BLOCKS)
def test_no_headers_on_top_prove_what_was_not_proved(block: bytes) -> None:
    for raw in UNPROVED:
        assert not check(block + raw, ASKED).proved


@given(st.binary(max_size=400) | BLOCKS)
def test_no_bytes_make_the_check_raise(raw: bytes) -> None:
    assert not check(raw, ASKED).proved
    assert not check(b"DKIM-Signature: " + raw, ASKED).proved


def test_of_many_signatures_a_handful_is_verified() -> None:
    one = SIGNED_LETTER[: SIGNED_LETTER.index(b"From:")]
    many = b"".join(one.replace(b"s=s1", b"s=s%d" % n) for n in range(2, 92))
    head = read_head(many + LETTER)
    assert head is not None
    assert len(candidates(head, "desk.example")) <= 4
    assert not check(many + LETTER, ASKED).proved
    assert check(b"DKIM-Signature: v=1; d=x\r\n" * 40 + SIGNED_LETTER, ASKED).proved


def test_a_huge_tag_or_an_endless_line_is_not_looked_at() -> None:
    assert check(b"DKIM-Signature: v=1; d=" + b"a" * 12_000 + b"\r\n" + SIGNED_LETTER, ASKED).proved
    assert check(SIGNED_LETTER + b" " * 100_000, ASKED).because == "dkim-unchecked"


@pytest.mark.parametrize(
    ("text", "because"),
    [
        ("v=DKIM2; p=AAAA", "dkim-key-missing"),
        ("p=AAAA; p=BBBB", "dkim-key-missing"),
        ("k=ed25519; p=AAAA", "dkim-key-missing"),
        ("s=tlsrpt; p=AAAA", "dkim-key-missing"),
        ("h=sha1; p=AAAA", "dkim-key-missing"),
        ("p=%%%", "dkim-key-missing"),
        ("p=" + "A" * 5000, "dkim-key-missing"),
        ("p=", "dkim-key-revoked"),
        ("t=y:s; p=AAAA", "dkim-key-on-trial"),
    ],
)
def test_a_record_that_is_no_key_says_why(text: str, because: str) -> None:
    assert read_key((text.encode(),), "rsa") == because


def test_a_key_for_the_domain_itself_verifies_no_signature_of_a_subdomain() -> None:
    raw = signed(LETTER).replace(b"i=@desk.example", b"i=@sub.desk.example")
    only = Answer("found", (record(rsa_key("desk.example"), "t=s; ").encode(),))
    assert check(raw, replace(ASKED, keys={"s1._domainkey.desk.example": only})).because == "dkim-not-aligned"
