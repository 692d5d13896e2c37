"""A mail as a page shows it: nothing runs, nothing loads by itself, and it has the page's looks."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon.core.values import Mail
from daemon.mail.viewing import hosts_of, shown, view, view_answer

CANARY = "https://canary.example/x.png"


def mail(html: str, subtype: str = "html") -> bytes:
    head = (
        f'From: a@customer.example\r\nSubject: x\r\nMIME-Version: 1.0\r\nContent-Type: text/{subtype}; charset="utf-8"'
    )
    return f"{head}\r\n\r\n{html}".encode("utf-8", "surrogatepass")


def seen(html: str, *, remote: bool = False) -> str:
    read = view(mail(html))
    assert isinstance(read, Mail)
    return shown(read.html or "", lambda name: "/files/1" if name == "shot" else None, "picture", remote=remote)


def test_i16_pictures_from_elsewhere_wait_until_they_are_asked_for() -> None:
    html = f'<p>Look: <img src="{CANARY}"> <img src="{CANARY}" alt="a chart"></p>'
    assert seen(html) == "<p>Look: [picture] [a chart]</p>"
    assert seen(html, remote=True).count(f'src="{CANARY}"') == 2
    read = view(mail(html))
    assert isinstance(read, Mail) and hosts_of(read.html or "") == ("https://canary.example",)


def test_pictures_in_the_mail_are_shown_from_our_own_address() -> None:
    assert 'src="/files/1"' in seen('<img src="cid:shot" alt="a &quot;shot&quot;">')
    assert seen('<img src="cid:other">') == ""


@pytest.mark.parametrize(
    "source",
    [
        "https://evil.example; script-src *",
        "https://evil.example'unsafe-inline'",
        "https://user:word@evil.example/",
        "https://evil.example:99999999/",
        "//evil.example/x.png",
        "data:image/svg+xml,<svg/>",
        "javascript:alert(1)",
        "https:///x.png",
        "https://[::1]/x.png",
        "ftp://evil.example/x.png",
    ],
)
def test_no_source_reaches_the_policy_that_is_no_plain_host(source: str) -> None:
    read = view(mail(f'<p>a<img src="{source}"></p>'))
    assert isinstance(read, Mail)
    assert hosts_of(read.html or "") == ()
    assert "<img" not in shown(read.html or "", lambda _: None, "picture", remote=True)


def test_looks_are_the_pages_own() -> None:
    html = '<h1 style="color:red">Big</h1><p bgcolor=red><font color=black size=7>words</font></p><center>mid</center>'
    assert seen(html) == '<div class="heading">Big</div><p>words</p>mid'


def test_of_a_reply_only_the_new_words_are_shown() -> None:
    html = (
        "<p>New <b>words</b>.</p><p>On Mon, 5 Jan 2026, desk@example.com wrote:</p><blockquote><p>Old</p></blockquote>"
    )
    assert seen(html) == "<p>New <b>words</b>.</p>"


def test_an_alternative_text_stays_text() -> None:
    assert seen('<img src="https://canary.example/" alt="&lt;script&gt;1&lt;/script&gt;">') == (
        "[&lt;script&gt;1&lt;/script&gt;]"
    )


def test_of_a_letter_the_agents_words_are_shown() -> None:
    page = '<body><div class="words" dir="auto"><p style="x">Yes.</p></div><a href="https://desk.example/open/1">x</a></body>'
    assert view_answer(page) == "<p>Yes.</p>"
    assert view_answer("<body><p>Yes.</p></body>") is None


@given(st.text(alphabet=st.sampled_from("<>/=\"' abimgsrcpohte:;.&#x0\\\n"), max_size=200))
def test_whatever_the_html_nothing_runs(html: str) -> None:
    page = seen(html + f'<img src="{CANARY}">')
    assert "canary" not in re.sub(r"\[[^\]]*\]", "", page) or "<img" not in page
    assert not re.search(r"<(script|style|iframe|form|svg)|<[^>]+\son[a-z]+=", page)
