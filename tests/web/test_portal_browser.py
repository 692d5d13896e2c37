"""The portal in a real browser, without its scripts: the whole way of a request, by mouse and by keyboard alone;
hostile mail, and what it would load; and axe, which must find nothing on any page."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import Page, sync_playwright

from tests.journey.mails import new_mail, reply_to, text_of
from tests.journey.running import AGENT, RunningDesk, until
from tests.journey.sink import Sink
from tests.web.portal import letters_to, link_in, open_portal

CHROMIUM = Path("/usr/bin/chromium")
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PICTURES = os.environ.get("PORTAL_PICTURES", "")
"""A folder to put pictures of every page into, to look at."""
LOGO = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c63f8cfc0f01f00050001ff56c7"
    "2f0d0000000049454e44ae426082"
)
HOSTILE = """
<html><head><style>@import url({0}/style.css); body {{ background: url({0}/body.png) }}</style>
<link rel="stylesheet" href="{0}/link.css"><link rel="preload" as="image" href="{0}/preload.png">
<link rel="dns-prefetch" href="{0}"><meta http-equiv="refresh" content="0;url={0}/refresh"><base href="{0}/"></head>
<body background="{0}/background.png" onload="fetch('{0}/onload')">
<p style="background-image: url({0}/inline.png)">Dear desk,</p>
<img src="{0}/pixel.png" width="1" height="1">
<img srcset="{0}/set.png 2x" src="cid:nothing"><img src=//{1}/protocol.png>
<picture><source srcset="{0}/source.png"><img src="{0}/in-picture.png" alt="A chart"></picture>
<svg><image href="{0}/svg.png"/><use href="{0}/use.svg#a"/></svg>
<video poster="{0}/poster.png" src="{0}/video.mp4" autoplay></video>
<audio src="{0}/audio.mp3" autoplay></audio><iframe src="{0}/frame"></iframe><object data="{0}/object"></object>
<embed src="{0}/embed"><input type="image" src="{0}/input.png">
<table background="{0}/table.png"><tr><td>cell</td></tr></table>
<script src="{0}/script.js"></script><script>new Image().src = "{0}/script.png"</script>
<img src=x onerror="fetch('{0}/error')">
<form action="{0}/form"><button autofocus onfocus="fetch('{0}/focus')">Sign in</button></form>
<a href="javascript:fetch('{0}/js')">click</a> <a href="{0}/followed" ping="{0}/ping">a link</a>
<math><mtext><table><mglyph>
<style><!--</style><img title="--&gt;&lt;img src={0}/mxss.png onerror=alert(1)&gt;"></table></math>
</body></html>
"""


class Canary:
    """A server elsewhere that writes down who asks it for what."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        asked = self.asked

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                asked.append(self.path)
                self.send_response(200)
                self.send_header("Content-Type", "image/png")
                self.end_headers()
                self.wfile.write(LOGO)

            do_POST = do_GET  # noqa: N815 - the names are the library's

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.host = f"127.0.0.1:{self.server.server_address[1]}"
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)

    def __enter__(self) -> Canary:
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Chromium]:
    if not CHROMIUM.exists():
        pytest.skip("there is no /usr/bin/chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=QUIET)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningDesk]:
    folder = tmp_path_factory.mktemp("portal")
    (folder / "logo.png").write_bytes(LOGO)
    portal = f'[portal]\nenabled = true\ntitle = "Example Help"\nlogo_file = "{folder / "logo.png"}"\n'
    with Sink() as sink:
        yield from open_portal(folder, sink, portal)


@pytest.fixture
def page(desk: RunningDesk, chromium: Chromium) -> Iterator[Page]:
    """A page without scripts; whatever a browser complains of is a failure."""
    context = chromium.new_context(base_url=desk.http, java_script_enabled=False, locale="en-GB")
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("request", lambda asked: complaints.append(asked.url) if not asked.url.startswith(desk.http) else None)
    yield page
    context.close()
    assert [one for one in complaints if "404" not in one] == []


def here(link: str) -> str:
    """A link in a mail as the daemon of the test is reached."""
    return "/" + link.partition("://")[2].partition("/")[2]


def test_from_the_first_words_to_the_rating(desk: RunningDesk, page: Page) -> None:
    address = "whole@customer.example"
    page.goto("/")
    page.get_by_role("main").get_by_role("link", name="Submit a request").click()
    page.get_by_label("Your name").fill("A Client")
    page.get_by_label("Your email address").fill(address)
    page.get_by_label("Support").check()
    page.get_by_label("Subject").fill("Printer on fire")
    page.get_by_label("What is it about?").fill("It smokes.\n\nWhat now?")
    page.get_by_label("Attachments").set_input_files({"name": "smoke.png", "mimeType": "image/png", "buffer": LOGO})
    page.get_by_role("button", name="Send").click()
    assert page.get_by_role("heading", level=1).inner_text() == "Thank you, it has reached us"
    acknowledged = until(lambda: letters_to(desk, address, "acknowledgement"))[0]
    number = acknowledged.ticket
    assert number is not None

    page.get_by_role("link", name="Sign in").first.click()
    page.get_by_label("Your email address").fill(address)
    page.get_by_role("button", name="Mail me a link").click()
    link = until(lambda: letters_to(desk, address, "sign-in"))[0]
    page.goto(here(link_in(text_of(link.mail), "sign-in")))
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("link", name="Printer on fire").click()
    assert page.get_by_role("link", name="smoke.png").count() == 1
    page.get_by_label("Your reply").fill("It has stopped smoking.")
    page.get_by_role("button", name="Send reply").click()
    assert page.get_by_role("status").inner_text() == "Your reply has been sent."

    told = until(lambda: [x for x in letters_to(desk, AGENT, "notification") if "stopped" in text_of(x.mail)])[0]
    desk.send(reply_to(told.mail, AGENT, "Good. Leave it off until Monday."), door="inside")
    page.reload()
    page.get_by_text("Good. Leave it off until Monday.").wait_for()
    page.get_by_role("button", name="Close the request").click()
    assert desk.status(number) == "closed"
    page.get_by_role("button", name="Good", exact=True).click()
    page.get_by_text("You said: good. Thank you.").wait_for()
    assert "rated" in desk.events(number)


def test_all_of_it_by_keyboard(desk: RunningDesk, page: Page) -> None:
    address = "keys@customer.example"

    def tab_to(name: str) -> None:
        for _ in range(40):
            page.keyboard.press("Tab")
            focused = page.locator(":focus")
            label = focused.evaluate("e => (e.labels && e.labels[0] ? e.labels[0].innerText : e.innerText) || ''")
            if name in label:
                assert focused.evaluate("e => getComputedStyle(e).outlineStyle") != "none"
                return
        raise AssertionError(f"Tab does not reach {name}")

    page.goto("/")
    page.keyboard.press("Tab")
    assert page.locator(":focus").inner_text() == "To the content"
    tab_to("Submit a request")
    page.keyboard.press("Enter")
    page.wait_for_url("**/submit")
    tab_to("Your email address")
    page.keyboard.type(address)
    tab_to("Support")
    page.keyboard.press("Space")
    tab_to("Subject")
    page.keyboard.type("Keys")
    tab_to("What is it about?")
    page.keyboard.type("No mouse here.")
    tab_to("Send")
    page.keyboard.press("Enter")
    page.wait_for_url("**/submit/sent")
    letter = until(lambda: letters_to(desk, address, "acknowledgement"))[0]
    page.goto(here(link_in(text_of(letter.mail), "open")))
    tab_to("Open request")
    page.keyboard.press("Enter")
    page.wait_for_url("**/tickets/*")
    tab_to("Your reply")
    page.keyboard.type("Still none.")
    tab_to("Send reply")
    page.keyboard.press("Enter")
    page.wait_for_url("**did=replied*")
    tab_to("Close the request")
    page.keyboard.press("Enter")
    page.wait_for_url("**did=closed_now")
    tab_to("Good")
    page.keyboard.press("Enter")
    page.get_by_text("You said: good.").wait_for()
    assert letter.ticket is not None and desk.status(letter.ticket) == "closed"


def hostile_mail(host: str, sender: str) -> EmailMessage:
    mail = new_mail(sender, "Dear desk,", Subject="<script>alert(1)</script> Invoice")
    mail.add_alternative(HOSTILE.format(f"http://{host}", host), subtype="html")
    return mail


def test_i16_a_hostile_mail_loads_nothing_until_its_pictures_are_asked_for(
    desk: RunningDesk, chromium: Chromium, page: Page
) -> None:
    with Canary() as canary:
        first = desk.send(hostile_mail(canary.host, "hostile@customer.example"))
        link = here(link_in(text_of(first.letter("acknowledgement").mail), "open"))
        for scripts in (False, True):
            context = chromium.new_context(base_url=desk.http, java_script_enabled=scripts)
            reader = context.new_page()
            reader.goto(link)
            reader.get_by_role("button", name="Open request").click()
            reader.get_by_text("Dear desk,").wait_for()
            assert "[A chart]" in reader.locator(".words").inner_text()
            reader.wait_for_load_state("networkidle")
            assert canary.asked == []
            assert reader.locator("script, iframe, object, embed, svg, video, .words form, .words [style]").count() == 0
            reader.get_by_role("button", name="Load them").click()
            reader.get_by_role("heading", level=1).wait_for()
            reader.wait_for_load_state("networkidle")
            assert set(canary.asked) == {"/pixel.png", "/in-picture.png"}
            canary.asked.clear()
            context.close()


# -- every page, as it looks


def conversation(desk: RunningDesk, client: str) -> tuple[str, int]:
    """A ticket with all that a page can show; the link that opens it, and its number."""
    address = f"A Client <{client}>"
    mail = new_mail(address, "See the table.", Subject="Invoice 4711 is wrong, and the attachment does not open")
    mail.add_alternative(
        "<h1>Hello</h1><p>this is what I was billed, <b>and it is not right</b>:</p>"
        "<table border=1><tr><th>Item</th><th>Amount</th></tr><tr><td>Paper</td><td>12.00</td></tr>"
        "<tr><td>Ink</td><td>340.00</td></tr></table><ul><li>Please check.</li><li>Then tell me.</li></ul>"
        '<p><img src="cid:shot"> <img src="https://pictures.example/logo.png" alt="Our logo"></p>'
        "<blockquote>What was agreed</blockquote><p><font color=black>Regards</font></p>",
        subtype="html",
    )
    html = mail.get_payload()[1]  # type: ignore[index]
    html.add_related(LOGO, "image", "png", cid="<shot>", filename="shot.png")  # type: ignore[union-attr]
    mail.add_attachment(
        b"%PDF-1.4", "application", "pdf", filename="invoice-4711-of-november-with-a-rather-long-name.pdf"
    )
    first = desk.send(mail)
    told = first.letter("notification", AGENT)
    desk.send(
        reply_to(told.mail, AGENT, "Hello,\n\nwe have looked into it: **Ink** was billed twice.\nIs 12.00 right?"),
        door="inside",
    )
    answer = until(lambda: letters_to(desk, client, "answer"))[0]
    desk.send(reply_to(answer.mail, address, "Yes, it is.\n\nThank you!"))
    return here(link_in(text_of(answer.mail), "open")), first.ticket


@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_and_nothing_is_wider_than_the_screen(
    desk: RunningDesk, chromium: Chromium, width: int, scheme: Literal["light", "dark"]
) -> None:
    client = f"looks-{width}-{scheme}@customer.example"
    link, number = conversation(desk, client)
    context = chromium.new_context(
        base_url=desk.http, viewport={"width": width, "height": 800}, color_scheme=scheme, bypass_csp=True
    )  # axe is a script, which no page of ours would run
    page = context.new_page()

    def look(name: str) -> None:
        results = Axe().run(
            page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
        )
        assert results.violations_count == 0, f"{name}\n{results.generate_report()}"
        assert page.evaluate("document.documentElement.scrollWidth") <= width, name
        if PICTURES:
            page.screenshot(path=f"{PICTURES}/{name}-{width}-{scheme}.png", full_page=True)

    for name, path in (
        ("start", "/"),
        ("submit", "/submit"),
        ("sent", "/submit/sent"),
        ("sign-in", "/sign-in"),
        ("asked", "/sign-in/asked"),
        ("dead", "/sign-in/x"),
        ("open", link),
    ):
        page.goto(path)
        look(name)
    page.get_by_role("button", name="Open request").click()
    look("ticket")
    page.goto("/tickets")
    look("tickets-of-link")
    message = desk.messages(number)[0]["id"]
    page.goto(f"/tickets/{number}/messages/{message}")
    look("message")
    page.goto("/tickets/999999")
    look("lost")
    page.goto("/submit")
    page.get_by_role("button", name="Send").click()
    look("submit-faults")
    page.goto(f"/tickets/{number}")
    page.get_by_role("button", name="Send reply").click()
    look("ticket-faults")
    page.goto("/sign-in")
    page.get_by_label("Your email address").fill(client)
    page.get_by_role("button", name="Mail me a link").click()
    (letter,) = until(lambda: letters_to(desk, client, "sign-in"))
    page.goto(here(link_in(text_of(letter.mail), "sign-in")))
    look("enter")
    page.get_by_role("button", name="Sign in").click()
    look("tickets")
    page.goto("/submit")
    look("submit-signed-in")
    page.goto(f"/tickets/{number}")
    page.get_by_role("button", name="Close the request").click()
    look("ticket-closed")
    page.get_by_role("button", name="Deutsch").click()
    look("ticket-closed-de")
    page.get_by_role("button", name="Abmelden").click()
    look("start-de")
    context.close()
