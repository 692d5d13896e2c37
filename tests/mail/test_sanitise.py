"""HTML loads nothing and runs nothing (invariant 16)."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daemon.mail.limits import DEFAULT
from daemon.mail.markup import to_lines
from daemon.mail.sanitise import sanitise
from tests.mail.mails import mail, read


def harmless(html: str) -> str:
    clean, _ = sanitise(html, DEFAULT)
    assert clean is not None
    return clean


@pytest.mark.parametrize(
    "html",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        '<img src="http://evil.example/pixel.png" srcset="http://evil.example/2x">',
        '<a href="javascript:alert(1)">a</a>',
        '<a href="data:text/html,x">a</a>',
        '<div style="background:url(http://evil.example/x)">a</div>',
        '<div style="background-color:u\\72l(http://evil.example/x)">a</div>',
        "<style>@import 'http://evil.example/x'</style>",
        '<link rel=stylesheet href="http://evil.example/x">',
        '<meta http-equiv=refresh content="0;url=http://evil.example/">',
        '<base href="http://evil.example/">',
        '<form action="http://evil.example/"><input name=p></form>',
        '<iframe src="http://evil.example/"></iframe>',
        '<object data="http://evil.example/"></object>',
        "<svg><image href=http://evil.example/ /></svg>",
        '<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=alert(1)&gt;">',
        '<video poster="http://evil.example/x"></video>',
        '<table background="http://evil.example/x"><tr><td>a</table>',
    ],
)
def test_i16_nothing_runs_and_nothing_is_fetched(html: str) -> None:
    clean = harmless(html).lower()
    assert "evil.example" not in clean.replace('href="http://evil.example', "") or "<a " in clean
    for forbidden in (
        "evil.example",
        "javascript:",
        "<script",
        "<style",
        "onerror=alert",
        "url(",
        "<form",
        "data:text",
    ):
        assert forbidden not in clean


def test_i16_links_and_pictures_of_the_mail_itself_stay() -> None:
    clean = harmless(
        '<a href="https://shop.example/1">a</a><img src="cid:pic@x" alt="p"><a href="mailto:a@b.example">m</a>'
    )
    assert 'href="https://shop.example/1"' in clean
    assert 'rel="noopener noreferrer"' in clean
    assert 'src="cid:pic@x"' in clean
    assert 'href="mailto:a@b.example"' in clean


def test_harmless_styles_and_tables_stay() -> None:
    clean = harmless('<table border="1"><tr><td style="color:red;position:fixed" colspan="2">a</td></tr></table>')
    assert 'style="color:red"' in clean
    assert 'colspan="2"' in clean


def test_html_too_deep_for_the_sanitiser_is_kept_as_text_alone() -> None:
    seen = read(mail(b"<div>" * 5000 + b"words", Content_Type="text/html"))
    assert (seen.text, seen.html) == ("words", None)
    assert "html-too-deep" in seen.defects


def test_sloppy_html_is_not_too_deep() -> None:
    assert sanitise("<p>a<br><li>b<td>c" * 500, DEFAULT)[1] is None


def test_what_a_reader_does_not_see_is_not_in_the_text() -> None:
    hidden = "<div style='display:none'>pre<div>in</div>pre</div><!-- c -->"
    html = f"<head><title>t</title><style>s</style></head>{hidden}Shown"
    assert to_lines(html).text == "Shown"


def test_tables_lists_and_preformatted_text_keep_their_shape() -> None:
    table = "<table><tr><td>Order</td><td>42</td></tr><tr><td>Price</td><td>7&nbsp;&euro;</td></tr></table>"
    html = f"{table}<ul><li>a<li>b</ul><pre>x\n  y</pre>"
    assert to_lines(html).text == "Order 42\nPrice 7 €\n\n- a\n- b\n\nx\n  y"


PIECES = (
    "<div> </div> < > a <p \" ' <!-- --> <pre> <br> &amp; &# = <blockquote> </blockquote> <td> <script> </script> <a "
    "href=' <li> <b> </b>"
).split(" ")


@settings(deadline=None)
@given(st.lists(st.sampled_from([*PIECES, " ", "\n"]), max_size=60))
def test_any_html_has_a_text(pieces: list[str]) -> None:
    lines = to_lines("".join(pieces))
    assert len(lines.lines) == len(lines.marks)
    sanitise("".join(pieces), DEFAULT)
