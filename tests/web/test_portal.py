"""The clients' portal over HTTP, from a daemon that runs: what a browser without scripts sees and may do."""

from __future__ import annotations

import re
from collections.abc import Iterator

import httpx
import pytest

from tests.databases import PostgresServer
from tests.journey.mails import new_mail, reply_to, text_of
from tests.journey.running import AGENT, RunningDesk, until
from tests.journey.sink import Sink
from tests.web.portal import CLIENT, PORTAL, Browser, letters_to, link_in, open_portal

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c63f8cfc0f01f00050001ff56c7"
    "2f0d0000000049454e44ae426082"
)

FIELDS = """
[[field]]
name = "product"
title = "Product"
kind = "choice"
choices = ["printer", "vpn"]
teams = ["support"]
portal = true

[[field]]
name = "since"
title = "Since when"
kind = "date"
portal = true

[[field]]
name = "cost"
kind = "number"
"""


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningDesk]:
    with Sink() as sink:
        yield from open_portal(tmp_path_factory.mktemp("portal"), sink, PORTAL + FIELDS)


@pytest.fixture
def browser(desk: RunningDesk) -> Iterator[Browser]:
    with Browser(desk) as browser:
        yield browser


def newest_ticket(desk: RunningDesk) -> int:
    return int(desk.rows("SELECT max(id) AS last FROM ticket")[0]["last"] or 0)


def test_a_request_becomes_the_mail_that_it_would_have_been(desk: RunningDesk, browser: Browser) -> None:
    page = browser.submit("It smokes.\r\n\r\nWhat now?", "Smoke", address="first@customer.example")
    assert page.status_code == 200 and page.url.path == "/submit/sent"
    number = newest_ticket(desk)
    (row,) = [one for one in desk.inbound() if one["ticket_id"] == number]
    assert (row["source"], row["state"], row["because"]) == ("portal", "filed", "no-ticket-named")
    (message,) = desk.messages(number)
    assert (message["words"], message["evidence"], message["channel"]) == (
        "It smokes.\n\nWhat now?",
        "no-evidence",
        "portal",
    )
    assert not desk.is_proved("first@customer.example")
    (letter,) = letters_to(desk, "first@customer.example", "acknowledgement")
    assert "Smoke" not in letter.raw.decode()  # unproved: no word of theirs
    assert link_in(text_of(letter.mail), "open")
    assert letters_to(desk, AGENT, "notification")


def test_a_form_sent_twice_is_one_request(desk: RunningDesk, browser: Browser) -> None:
    browser.get("/submit")
    fields = {"address": "twice@customer.example", "desk": "support", "subject": "Twice", "words": "Once."}
    first = browser.page
    browser.send("/submit", **fields)
    number = newest_ticket(desk)
    browser.page = first
    browser.send("/submit", **fields)
    assert newest_ticket(desk) == number


def test_what_a_form_lacks_is_told_with_what_was_written(browser: Browser) -> None:
    page = browser.submit("", "", address="nobody", name="<b>", desk="")
    assert page.status_code == 422
    assert 'aria-invalid="true"' in page.text and "&lt;b&gt;" in page.text
    for words in ("no email address", "write what it is about", "write a subject", "choose one of these"):
        assert words in browser.text()
    assert browser.submit(address="support@desk.example").status_code == 422


def test_a_robot_is_thanked_and_nothing_is_kept(desk: RunningDesk, browser: Browser) -> None:
    before = newest_ticket(desk)
    assert browser.submit(website="https://spam.example").status_code == 200
    assert newest_ticket(desk) == before


def test_attachments_arrive_and_are_downloads(desk: RunningDesk, browser: Browser) -> None:
    browser.get("/submit")
    files = [("files", ("smoke.png", PNG, "image/png")), ("files", ("page.html", b"<script>1</script>", "text/html"))]
    fields = {"address": "files@customer.example", "desk": "support", "subject": "Files", "words": "See."}
    browser.send("/submit", files=files, **fields)
    number = newest_ticket(desk)
    browser.sign_in("files@customer.example")
    browser.get(f"/tickets/{number}")
    assert browser.page
    links = re.findall(r'href="(/tickets/[^"]*/files/[0-9]+)"', browser.page.text)
    assert len(links) == 2
    picture, page = (browser.http.get(link) for link in links)
    assert picture.content == PNG and picture.headers["content-type"] == "image/png"
    assert page.headers["content-type"] == "application/octet-stream"
    for one in (picture, page):
        assert one.headers["content-disposition"].startswith("attachment;")
        assert one.headers["x-content-type-options"] == "nosniff"
    with Browser(desk) as stranger:
        assert stranger.http.get(links[0]).status_code == 404


def test_the_operators_own_fields_are_filled_in(desk: RunningDesk, browser: Browser) -> None:
    page = browser.get("/submit")
    assert "Product" in page.text and "Since when" in page.text and 'name="field-cost"' not in page.text
    fields = {
        "address": "fields@customer.example",
        "desk": "support",
        "subject": "Fields",
        "words": "See there.\n> all of it",
    }
    page = browser.send("/submit", **fields, **{"field-product": "fax", "field-since": "2026-11-01"})
    assert page.status_code == 422 and "This does not fit here." in page.text
    before = newest_ticket(desk)
    browser.send("/submit", **fields, **{"field-product": "vpn", "field-since": "2026-11-01", "field-cost": "9"})
    number = newest_ticket(desk)
    assert number == before + 1
    rows = desk.rows("SELECT name, value FROM ticket_field WHERE ticket_id = ? ORDER BY name", number)
    assert [(row["name"], row["value"]) for row in rows] == [("product", "vpn"), ("since", "2026-11-01")]
    words = desk.messages(number)[0]["words"]
    assert words == "See there.\n> all of it\n\nProduct: vpn\nSince when: 2026-11-01"  # no line is taken for a quote
    browser.sign_in("fields@customer.example")
    assert "Since when" in browser.get(f"/tickets/{number}").text


def test_a_link_signs_in_once_and_the_answer_tells_nothing(desk: RunningDesk, browser: Browser) -> None:
    browser.submit(address="known@customer.example")
    browser.get("/sign-in")
    known = browser.send("/sign-in", address="Known@customer.example")
    (letter,) = until(lambda: letters_to(desk, "known@customer.example", "sign-in"))
    browser.get("/sign-in")
    unknown = browser.send("/sign-in", address="unknown@customer.example")
    assert known.text == unknown.text and known.url == unknown.url
    link = link_in(text_of(letter.mail), "sign-in")
    token = link.rpartition("/")[2]
    assert not desk.rows("SELECT 1 FROM sign_in WHERE digest = ?", token)
    assert browser.get(link).status_code == 200  # a scanner's look uses nothing up
    assert browser.get(link).status_code == 200
    assert browser.send(link).url.path == "/tickets"
    assert "Printer" in browser.text()
    with Browser(desk) as other:
        assert other.get(link).status_code == 404
        assert other.send(link).status_code in (403, 404)
        other.get("/")
        assert other.send(link).status_code == 404
    browser.send("/sign-out")
    assert browser.get("/tickets").url.path == "/sign-in"


def test_an_agent_gets_no_link(desk: RunningDesk, browser: Browser) -> None:
    browser.get("/sign-in")
    assert browser.send("/sign-in", address=AGENT).url.path == "/sign-in/asked"
    browser.submit(address="after@customer.example")
    browser.sign_in("after@customer.example")  # the writer takes one after the other
    assert not letters_to(desk, AGENT, "sign-in")


def test_a_link_lapses(desk: RunningDesk, browser: Browser) -> None:
    browser.submit(address="late@customer.example")
    browser.get("/sign-in")
    browser.send("/sign-in", address="late@customer.example")
    (letter,) = until(lambda: letters_to(desk, "late@customer.example", "sign-in"))
    desk.rewrite("UPDATE sign_in SET expires_at = 1 WHERE used_at IS NULL AND kind = 'link'")
    link = link_in(text_of(letter.mail), "sign-in")
    assert browser.get(link).status_code == 404
    assert browser.send(link).status_code == 404


def test_a_conversation_goes_on_by_mail_and_page(desk: RunningDesk, browser: Browser) -> None:
    first = desk.send(new_mail("talks@customer.example", "It <b>burns</b>.", Subject="Fire"))
    notification = first.letter("notification", AGENT)
    browser.sign_in("talks@customer.example")
    page = browser.get(f"/tickets/{first.ticket}")
    assert "It &lt;b&gt;burns&lt;/b&gt;." in page.text
    desk.send(reply_to(notification.mail, AGENT, "#note internal: he is difficult\n"), door="inside")
    answered = desk.send(reply_to(notification.mail, AGENT, "Pour water on it."), door="inside")
    answer = answered.letter("answer")
    page = browser.get(f"/tickets/{first.ticket}")
    assert "Pour water on it." in page.text and "difficult" not in page.text
    assert "Waiting for you" in browser.text()
    sent = browser.send(f"/tickets/{first.ticket}/reply", words="It is out.\r\n-- thanks")
    assert "Your reply has been sent" in browser.text() and sent.url.path == f"/tickets/{first.ticket}"
    message = desk.messages(first.ticket)[-1]
    assert (message["kind"], message["because"], message["evidence"]) == ("customer", "reply-token", "sign-in")
    assert desk.status(first.ticket) == "open"
    told = [one for one in letters_to(desk, AGENT, "notification") if "It is out." in text_of(one.mail)]
    assert told
    # the link of the mail opens this conversation, and no other
    with Browser(desk) as other:
        link = link_in(text_of(answer.mail), "open")
        other.get(link)
        assert "Pour water" not in other.text()
        other.send(link)
        assert "Pour water on it." in other.text()
        assert "the link of one request" in (other.get("/tickets") and other.text())


def test_nobody_sees_what_is_not_theirs(desk: RunningDesk, browser: Browser) -> None:
    mine = desk.send(new_mail("mine@customer.example", "Secret words."))
    browser.submit(address="else@customer.example")
    browser.sign_in("else@customer.example")
    missing = browser.get("/tickets/999999")
    theirs = browser.get(f"/tickets/{mine.ticket}")
    assert missing.status_code == theirs.status_code == 404
    assert missing.text == theirs.text
    browser.get("/tickets")
    for path in ("reply", "close", "rate"):
        assert browser.send(f"/tickets/{mine.ticket}/{path}", words="Ha.", verdict="good").status_code == 404
        browser.get("/tickets")
    number = desk.messages(mine.ticket)[0]["id"]
    assert browser.get(f"/tickets/{mine.ticket}/messages/{number}").status_code == 404


def test_what_is_held_or_for_colleagues_is_not_shown(desk: RunningDesk, browser: Browser) -> None:
    first = desk.send(new_mail("held@customer.example"))
    told = first.letter("notification", AGENT).mail
    held = desk.send(reply_to(told, AGENT, "Words that nobody proved."))
    assert held.row["state"] == "filed" or held.row["state"] == "quarantined"
    desk.send(reply_to(told, AGENT, "#note Words for colleagues.\n"), door="inside")
    browser.sign_in("held@customer.example")
    text = browser.get(f"/tickets/{first.ticket}").text
    assert "nobody proved" not in text and "for colleagues" not in text


def test_customers_of_merged_tickets_see_nothing_of_each_other(desk: RunningDesk, browser: Browser) -> None:
    one = desk.send(new_mail("one@customer.example", "The words of one.", Subject="One"))
    other = desk.send(new_mail("other@customer.example", "The words of the other.", Subject="Other"))
    desk.send(reply_to(other.letter("notification", AGENT).mail, AGENT, "The answer to the other."), door="inside")
    merging = reply_to(other.letter("notification", AGENT).mail, AGENT, f"#merge #{one.ticket}\n")
    desk.send(merging, door="inside")
    assert desk.status(other.ticket) == "merged"
    answered = desk.send(reply_to(one.letter("notification", AGENT).mail, AGENT, "An answer to both."), door="inside")
    assert len([x for x in answered.letters if x.kind == "answer"]) == 2
    browser.sign_in("other@customer.example")
    assert "Other" in browser.text() and ">One<" not in browser.get("/tickets").text
    page = browser.get(f"/tickets/{other.ticket}")
    for words in ("The words of the other.", "The answer to the other.", "An answer to both."):
        assert words in page.text, words
    assert "The words of one." not in page.text
    assert browser.get(f"/tickets/{one.ticket}").status_code == 404
    browser.get(f"/tickets/{other.ticket}")
    browser.send(f"/tickets/{other.ticket}/reply", words="More of the other.")
    assert [m["words"] for m in desk.messages(one.ticket)][-1] == "More of the other."
    with Browser(desk) as theirs:
        theirs.sign_in("one@customer.example")
        page = theirs.get(f"/tickets/{one.ticket}")
        assert "The words of one." in page.text and "An answer to both." in page.text
        assert "of the other" not in page.text and "to the other" not in page.text
        assert theirs.get(f"/tickets/{other.ticket}").status_code == 404


def test_whom_an_agent_takes_in_sees_what_came_since(desk: RunningDesk, browser: Browser) -> None:
    first = desk.send(new_mail("asks@customer.example", "Private words."))
    told = first.letter("notification", AGENT).mail
    desk.rewrite("UPDATE message SET at = at - 100 WHERE ticket_id = ?", first.ticket)
    desk.send(reply_to(told, AGENT, "#cc joins@customer.example\n\nHello both."), door="inside")
    browser.sign_in("joins@customer.example")
    page = browser.get(f"/tickets/{first.ticket}")
    assert "Hello both." in page.text and "Private words." not in page.text
    assert "Close the request" not in page.text
    assert browser.send(f"/tickets/{first.ticket}/close").status_code == 200
    assert desk.status(first.ticket) == "pending"


def test_the_requester_closes_reopens_and_rates(desk: RunningDesk, browser: Browser) -> None:
    number = desk.send(new_mail("closes@customer.example")).ticket
    browser.sign_in("closes@customer.example")
    browser.get(f"/tickets/{number}")
    browser.send(f"/tickets/{number}/close")
    assert desk.status(number) == "closed" and "The request is closed." in browser.text()
    browser.send(f"/tickets/{number}/rate", verdict="bad")
    assert "You said: not good." in browser.text()
    browser.send(f"/tickets/{number}/rate", verdict="good")
    assert "You said: good." in browser.text()
    assert desk.events(number).count("rated") == 2
    assert browser.send(f"/tickets/{number}/reply", words="").status_code == 422
    browser.send(f"/tickets/{number}/reply", words="No, not yet.")
    assert desk.status(number) == "open"
    changed = desk.rows("SELECT * FROM event WHERE ticket_id = ? AND kind = 'status_changed' ORDER BY id", number)
    assert [one["because"] for one in changed] == ["closed-by-customer", "customer-replied"]
    assert changed[0]["actor_id"] == desk.ticket(number)["requester_id"]


def test_a_form_of_another_reader_is_refused(desk: RunningDesk, browser: Browser) -> None:
    browser.get("/submit")
    with Browser(desk) as other:
        other.get("/submit")
        browser.page = other.page
        assert browser.send("/submit", address=CLIENT, desk="support", subject="x", words="x").status_code == 403
        assert other.http.post("/submit", data={"words": "x"}).status_code == 403
    assert httpx.post(desk.http + "/sign-in", data={"address": CLIENT}).status_code == 403


def test_every_page_is_small_strict_and_kept_nowhere(desk: RunningDesk, browser: Browser) -> None:
    browser.submit(address="pages@customer.example")
    browser.sign_in("pages@customer.example")
    number = newest_ticket(desk)
    for path in (
        "/",
        "/submit",
        "/submit/sent",
        "/sign-in",
        "/sign-in/asked",
        "/tickets",
        f"/tickets/{number}",
        "/sign-in/x",
        "/rate/x",
        "/undo/1-x",
        "/confirm/1-x",
        "/docs",
    ):
        page = browser.get(path)
        assert len(page.content) < 30_000, path
        policy = page.headers["content-security-policy"]
        assert "unsafe" not in policy and "default-src 'none'" in policy and "script-src" not in policy
        assert page.headers["cache-control"] == "no-store"
        assert not re.search(r"""(?:src|href)=["']?(?:https?:)?//|<script|style=""", page.text), path
        assert "<link" not in page.text  # nothing blocks the first paint


def test_many_requests_are_listed_page_by_page_each_once(desk: RunningDesk, browser: Browser) -> None:
    client = "many@customer.example"
    numbers = {desk.send(new_mail(client, Subject=f"Number {n}")).ticket for n in range(53)}
    browser.sign_in(client)
    seen, path = [], "/tickets"
    while path:
        page = browser.get(path)
        seen += [int(number) for number in re.findall(r'href="/tickets/(\d+)"', page.text)]
        path = "".join(re.findall(r'href="(/tickets\?page=\d+)" rel="next"', page.text))
    assert len(seen) == 53 and set(seen) == numbers
    assert 'rel="prev"' in page.text
    assert browser.get("/tickets?page=99").status_code == browser.get("/tickets?page=-1").status_code == 200


def test_the_language_is_the_browsers_until_another_is_chosen(desk: RunningDesk) -> None:
    with Browser(desk, "fr, de-AT;q=0.8, en;q=0.5") as browser:
        assert 'lang="de"' in browser.get("/").text and "Anfrage stellen" in browser.text()
        assert 'lang="en"' in browser.send("/lang", language="en", back="/sign-in").text
        assert browser.page and browser.page.url.path == "/sign-in"
        assert browser.send("/lang", language="de", back="//evil.example").url.path == "/"


def test_cookies_are_the_hosts_alone(desk: RunningDesk, browser: Browser) -> None:
    browser.submit(address="cookies@customer.example")
    browser.sign_in("cookies@customer.example")
    set_cookie = browser.http.get("/", headers={"Cookie": ""}).headers.get("set-cookie", "")
    assert "httponly" in set_cookie.lower() or not set_cookie
    assert {c.name for c in browser.http.cookies.jar} == {"desk-form", "desk-session"}


def test_long_conversations_and_long_mails_stay_small(desk: RunningDesk, browser: Browser) -> None:
    first = desk.send(new_mail("long@customer.example", "A line of words.\n" * 3000, Subject="Long"))
    browser.sign_in("long@customer.example")
    page = browser.get(f"/tickets/{first.ticket}")
    assert len(page.content) < 30_000 and "Show the whole message" in page.text
    whole = re.search(r'href="(/tickets/[^"]*/messages/[0-9]+)"', page.text)
    assert whole and browser.get(whole[1]).text.count("A line of words.") == 3000


def test_too_much_is_refused_with_a_page(desk: RunningDesk, browser: Browser) -> None:
    browser.get("/submit")
    page = browser.send("/submit", files=[("files", ("big.bin", b"x" * 30_000_000, "image/png"))], words="x")
    assert page.status_code == 413 and "too large" in browser.text()
    browser.get("/submit")
    many = [("files", (f"{number}.txt", b"x", "text/plain")) for number in range(11)]
    page = browser.send("/submit", files=many, words="x")
    assert page.status_code == 413 and "More than 10 files" in browser.text()
    page = browser.submit("word " * 180_000, "Long")
    assert page.status_code == 422 and "This is too long" in browser.text() and "word word" in browser.text()
    page = browser.submit("word " * 600_000, "Long")
    assert page.status_code == 413 and "too large" in browser.text()


def test_a_files_name_is_the_one_that_its_owner_gave_it(desk: RunningDesk, browser: Browser) -> None:
    browser.get("/submit")
    form = f'--x\r\nContent-Disposition: form-data; name="form"\r\n\r\n{browser.hidden("form")}\r\n'
    for name, value in (("address", "names@customer.example"), ("desk", "support"), ("subject", "s"), ("words", "w")):
        form += f'--x\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
    form += '--x\r\nContent-Disposition: form-data; name="files"; filename="a %22b%22.txt"\r\n\r\nhi\r\n--x--\r\n'
    kind = {"Content-Type": "multipart/form-data; boundary=x"}
    assert browser.http.post("/submit", content=form.encode(), headers=kind).url.path == "/submit/sent"
    (name,) = desk.rows("SELECT name FROM attachment ORDER BY message_id DESC LIMIT 1")
    assert "%22" not in name["name"] and "b" in name["name"]


def test_addresses_in_plain_words_are_links_that_tell_nobody_where_they_stood(
    desk: RunningDesk, browser: Browser
) -> None:
    words = 'See https://help.example/a?b="c"&d (or <script>), not javascript:alert(1).'
    first = desk.send(new_mail("links@customer.example", words))
    browser.sign_in("links@customer.example")
    page = browser.get(f"/tickets/{first.ticket}").text
    (link,) = re.findall(r"<a [^>]*help.example[^>]*>", page)
    assert 'rel="noopener noreferrer nofollow"' in link and 'href="https://help.example/a?b=&#34;c&#34;&amp;d"' in link
    assert "<script>" not in page and 'href="javascript' not in page
    tricky = desk.send(
        new_mail("links@customer.example", "HTTPS://UPPER.example/X and https://a.example/\u202egpj.exe")
    )
    page = browser.get(f"/tickets/{tricky.ticket}").text
    assert 'href="https://UPPER.example/X"' in page and 'href="https://a.example/gpj.exe"' in page
    assert "\u202e" not in page
    assert "Time zone: UTC." in browser.text()
    asked = tricky.letter("notification", AGENT).mail
    desk.send(reply_to(asked, AGENT, "See https://desk.example/how, please."), door="inside").letter("answer")
    assert '<a href="https://desk.example/how"' in browser.get(f"/tickets/{tricky.ticket}").text


@pytest.mark.parametrize(
    "body",
    [b"", b"--x\r\n", b"form=%ff&words=%00", b"\0" * 1000, b"&" * 10_000, b"a=1&" * 1000],
)
@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/x", ""])
def test_broken_forms_are_refused(desk: RunningDesk, body: bytes, kind: str) -> None:
    headers = {"Content-Type": kind} if kind else {}
    for path in ("/submit", "/sign-in", "/lang", "/tickets/1/reply"):
        answer = httpx.post(desk.http + path, content=body, headers=headers)
        assert answer.status_code in (400, 403), (path, answer.status_code)


def test_a_desk_may_have_no_portal_or_no_submission(tmp_path_factory: pytest.TempPathFactory) -> None:
    with Sink() as sink:
        for portal, start, submit in (("", 404, 404), (PORTAL + "submit = false\n", 200, 404)):
            for desk in open_portal(tmp_path_factory.mktemp("off"), sink, portal):
                letter = desk.send(new_mail("off@customer.example")).letter("acknowledgement")
                assert ("/open/" in text_of(letter.mail)) == (start == 200)
                with Browser(desk) as browser:
                    assert browser.get("/").status_code == start
                    assert browser.get("/submit").status_code == submit
                    assert "/submit" not in browser.get("/").text
                    if start == 404:
                        assert browser.get("/sign-in").status_code == browser.get("/tickets").status_code == 404


def test_a_server_keeps_it_as_well(tmp_path_factory: pytest.TempPathFactory, postgres: PostgresServer) -> None:
    with Sink() as sink:
        folder = tmp_path_factory.mktemp("postgresql")
        for desk in open_portal(folder, sink, PORTAL + FIELDS, database=postgres.new_database()):
            test_a_conversation_goes_on_by_mail_and_page(desk, browser := Browser(desk))
            test_customers_of_merged_tickets_see_nothing_of_each_other(desk, browser)
            browser.http.close()
            with Browser(desk) as other:
                test_attachments_arrive_and_are_downloads(desk, other)
            with Browser(desk) as other:
                test_the_operators_own_fields_are_filled_in(desk, other)
            with Browser(desk) as other:
                test_the_requester_closes_reopens_and_rates(desk, other)


def test_floods_end(tmp_path_factory: pytest.TempPathFactory) -> None:
    limits = "[limits]\nmails_per_minute = 9\nautomatic_per_address = 2\n"
    with Sink() as sink:
        for desk in open_portal(tmp_path_factory.mktemp("flood"), sink, limits=limits):
            flood(desk, "flood@customer.example")


def flood(desk: RunningDesk, address: str) -> None:
    with Browser(desk) as browser:
        for _ in range(3):
            browser.submit(address=address)
        assert len(letters_to(desk, address, "acknowledgement")) == 2
        for _ in range(4):
            browser.get("/sign-in")
            browser.send("/sign-in", address=address)
        until(lambda: len(letters_to(desk, address, "sign-in")) == 2)
        page = next(page for _ in range(20) if (page := browser.submit(address=address)).status_code != 200)
        assert page.status_code == 429 and page.headers["retry-after"] == "60"


def test_a_request_from_a_german_page_is_acknowledged_in_german(desk: RunningDesk) -> None:
    with Browser(desk, "de") as browser:
        browser.submit("VPN 4711", "VPN", address="kundin@customer.example")
    (letter,) = letters_to(desk, "kundin@customer.example", "acknowledgement")
    assert "vielen Dank" in text_of(letter.mail)
