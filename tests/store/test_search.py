"""The search on both databases: what is found, by whom, from when on and until when."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from playhouse.migrations import Runner

from daemon.core.query import SearchError
from daemon.core.values import Address
from daemon.desk import contacts
from daemon.store import commit, dialects, holds, indexing, people, query, replies, search
from daemon.store.db import Store, open_store
from daemon.store.migrate import FOLDER
from daemon.store.tables import About, Attachment, Message, Raw, Ticket, TicketTag
from daemon.web.api import filters
from daemon.web.api.callers import Caller
from tests.databases import look, rewrite
from tests.promises.desk import SimulatedDesk, simulated

ANNA, BORIS = Address("Anna Müller", "anna.mueller@example.net"), Address("Борис Ёлкин", "boris@example.org")


def says(
    ticket: int,
    words: str,
    kind: str = "customer",
    state: str = "filed",
    subject: str = "",
    names: tuple[str, ...] = (),
) -> int:
    """A message of a ticket; its number."""
    Raw.insert(sha256="0" * 64, size=0, content=b"").on_conflict_ignore().execute()
    number = int(
        Message.insert(
            ticket=ticket,
            kind=kind,
            state=state,
            channel="smtp",
            subject=subject,
            words=words,
            raw_bytes="0" * 64,
            because="",
            evidence="",
            at=0,
            received_at=0,
        ).execute()
    )
    for part, name in enumerate(names):
        Attachment.insert(
            message=number,
            part=part,
            name=name,
            content_type="",
            size=0,
            sha256="",
            inline=False,
            encoding="",
            offset=0,
            length=0,
        ).execute()
    indexing.index_message(number)
    return number


def opened(store: Store, subject: str, *words: str, by: Address = ANNA, names: tuple[str, ...] = ()) -> int:
    """A ticket in which these words were said; its number."""

    def write() -> int:
        person = commit.person(by, "", 0)
        ticket = int(
            Ticket.insert(
                desk="support",
                subject=subject,
                status="open",
                team="support",
                requester=person,
                channel="smtp",
                opened_at=0,
                updated_at=0,
            ).execute()
        )
        for text in words:
            says(ticket, text, subject=subject, names=names)
        indexing.index_ticket(ticket)
        return ticket

    return store.write(write).result(5)


def found(store: Store, text: str, *, notes: bool = True) -> list[int]:
    """What a search finds, the best first; both ways to ask find the same."""

    def read() -> list[int]:
        best = search.ranked(text, 50, notes=notes)
        wanted = Ticket.select(Ticket.id).where(Ticket.id.in_(search.Search(text, notes=notes).tickets()))
        assert sorted(best) == sorted(query.column(wanted))
        return best

    return store.read(read)


@pytest.mark.parametrize(
    "text",
    [
        "printer",
        "PRINTER jam",
        "jam toner",
        '"paper jam"',
        "muller",
        "Müller printer",
        "anna.mueller@example.net",
        "example.net",
        "from:anna",
        'from:"Anna Müller" subject:printer',
        "subject:PRINT*",
        "ab-1042",
        "scan_17.pdf",
        "cafe",
        "Café",
        "printer -zebra",
        "printer -from:boris -tag:vip",
        "status:open tag:billing",
        "-status:closed -other",
    ],
)
def test_a_ticket_is_found_by_whatever_is_in_it(store: Store, text: str) -> None:
    first = opened(store, "Printer", "A paper jam in the café, order AB-1042.", "Toner?", names=("scan_17.PDF",))
    opened(store, "Other", "Nothing of that: a jam of paper.", by=BORIS)
    store.write(lambda: TicketTag.insert(ticket=first, tag="billing").execute()).result(5)
    assert found(store, text) == [first]


@pytest.mark.parametrize(
    "text",
    ['"jam paper"', "printer boris", "ab1042", "printer -jam", "from:printer", "tag:Billing", "prin", "status:spam"],
)
def test_what_is_not_in_a_ticket_does_not_find_it(store: Store, text: str) -> None:
    opened(store, "Printer", "A paper jam, order AB-1042.")
    assert found(store, text) == []


@pytest.mark.parametrize(
    ("said", "text"),
    [
        ("Ёлка стоит в углу", "елка"),
        ("ПРИВЕТ, мир", "привет мир"),
        ("東京都のプリンター", "東京"),
        ("東京都のプリンター", "京都"),
        ("東京都のプリンター", "プリンター"),
        ("東京都のプリンター", "都"),
        ("打印机卡纸了", "卡纸"),
        ("프린터가 고장났어요", "프린터*"),
        ("พิมพ์ไม่ได้", "ไม่"),
        ("Größe L, naïve, Łódź", "grosse naive lodz"),
        ("ﬁne Ｗｉｄｅ", "fine wide"),
        ("हिन्दी में", "हिन्दी"),
    ],
)
def test_every_script_is_found_in_its_own(store: Store, said: str, text: str) -> None:
    ticket = opened(store, "x", said)
    opened(store, "y", "京の東 елочный 卡 纸")
    assert found(store, text) == [ticket]


def test_a_run_of_signs_is_no_bag_of_them(store: Store) -> None:
    opened(store, "x", "京の東都")
    assert found(store, "東京") == []


def test_the_best_comes_first_and_of_equals_the_newest(store: Store) -> None:
    by_words = opened(store, "Question", "The printer is one of many words that were written here by somebody.")
    by_subject = opened(store, "Printer", "It is broken.")
    alike = [opened(store, "Coffee", "The machine is empty.") for _ in range(3)]
    assert found(store, "printer") == [by_subject, by_words]
    assert found(store, "coffee machine") == alike[::-1]
    pages = [store.read(lambda at=at: search.ranked("machine", 1, at, notes=True)) for at in range(4)]
    assert pages == [[alike[2]], [alike[1]], [alike[0]], []]


def test_more_than_are_ranked_follow_by_age(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    few = replace(dialects.dialect(), most=2, newest=(2,))
    monkeypatch.setattr(search, "dialect", lambda: few)
    numbers = [opened(store, "Coffee", "None.") for _ in range(5)]
    assert found(store, "coffee") == numbers[::-1]
    assert store.read(lambda: search.ranked("coffee", 2, 1, notes=True)) == numbers[::-1][1:3]


def test_pages_of_the_api_go_on_by_age_where_ranking_ends(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    few = replace(dialects.dialect(), most=3, newest=(3,))
    monkeypatch.setattr(search, "dialect", lambda: few)
    for _ in range(20):
        opened(store, "Tea", "None.")
    older = [opened(store, "Coffee", "None.") for _ in range(3)]
    best = opened(store, "Coffee", "None.")
    newest = [opened(store, "Else", "No coffee there.") for _ in range(2)]
    desk: Any = SimpleNamespace(house=SimpleNamespace(now=lambda: 0))
    caller = Caller(1, "shop", frozenset({"tickets:read"}))
    for limit in (1, 2, 3, 4, 6):
        after, seen = None, list[int]()
        while True:
            asked = filters.Asked(q="coffee", limit=limit)
            shown = store.read(lambda asked=asked, after=after: filters.page(desk, asked, caller, after))
            seen += shown.tickets
            if (after := shown.end) is None:
                break
        assert seen == [best, *newest[::-1], *older[::-1]], limit


def test_a_word_that_stands_everywhere_is_looked_for_in_few(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    ways = dialects.dialect()
    monkeypatch.setattr(
        search, "dialect", lambda: replace(ways, count=lambda sought, whose: 5 if "rare" in sought else 10**6)
    )
    first = opened(store, "Common", "rare")
    opened(store, "Common", "nothing")
    into = opened(store, "Rare", "alone")
    gone = opened(store, "Common", "nothing", by=BORIS)
    store.write(lambda: Ticket.update(merged_into=into, status="merged").where(Ticket.id == gone).execute()).result(5)
    assert set(found(store, "common rare")) == {first, into}
    assert found(store, "rare -common") == []
    assert found(store, "common rare", notes=False) == [first]


@pytest.mark.parametrize("kind", ["note", "automatic", "bounce"])
def test_what_clients_do_not_see_finds_nothing_for_them(store: Store, kind: str) -> None:
    ticket = opened(store, "Printer", "Broken.")
    store.write(lambda: says(ticket, "A zebra, I think.", kind, subject="Hidden", names=("secret.pdf",))).result(5)
    for text in ("zebra", "hidden", "secret.pdf", "printer zebra", "zeb*"):
        assert found(store, text) == [ticket]
        assert found(store, text, notes=False) == []
    assert found(store, "printer -zebra", notes=False) == [ticket]


@pytest.mark.parametrize("state", ["waiting", "held"])
def test_an_answer_is_found_by_clients_once_it_is_out(store: Store, state: str) -> None:
    ticket = opened(store, "Printer", "Broken.")
    answer = store.write(lambda: says(ticket, "Pull the plug.", "agent", state)).result(5)
    assert (found(store, "plug"), found(store, "plug", notes=False)) == ([ticket], [])
    store.write(lambda: holds.message_state(answer, "filed", 1)).result(5)
    assert found(store, "plug", notes=False) == [ticket]
    store.write(lambda: holds.message_words(answer, "Leave it in.")).result(5)
    assert (found(store, "plug"), found(store, "leave", notes=False)) == ([], [ticket])


def test_an_answer_that_was_withdrawn_is_not_found(store: Store) -> None:
    ticket = opened(store, "Printer", "Broken.")
    answer = store.write(lambda: says(ticket, "Pull the plug.", "agent", "waiting")).result(5)
    store.write(lambda: replies.withdraw(answer, 1_000)).result(5)
    assert (found(store, "plug"), found(store, "broken")) == ([], [ticket])


def test_what_was_merged_is_found_where_it_went_by_agents_alone(store: Store) -> None:
    into, gone = opened(store, "Printer", "Broken."), opened(store, "Zebra", "Crossing.", by=BORIS)
    store.write(lambda: Ticket.update(merged_into=into, status="merged").where(Ticket.id == gone).execute()).result(5)
    assert sorted(found(store, "zebra crossing")) == [into, gone]
    assert found(store, "printer crossing") == [into]
    assert found(store, "zebra -status:merged") == [into]
    assert found(store, "crossing", notes=False) == [gone]
    store.write(lambda: Ticket.update(merged_into=None, status="open").where(Ticket.id == gone).execute()).result(5)
    assert found(store, "crossing") == [gone]


def test_a_person_is_found_by_a_new_name_and_no_longer_by_the_old(store: Store) -> None:
    ticket = opened(store, "Printer", "Broken.")
    number = store.read(lambda: people.at(ANNA.address))
    assert number is not None
    store.write(lambda: people.write(number, {"name": "Anna Schulz"})).result(5)
    assert (found(store, "schulz"), found(store, "from:mueller"), found(store, "muller")) == ([ticket], [ticket], [])


@pytest.fixture
def desk(url: str, tmp_path: Path) -> Iterator[SimulatedDesk]:
    with simulated(tmp_path / "desk", {}, url=url) as running:
        yield running


def found_at(desk: SimulatedDesk, text: str, *, notes: bool = True) -> list[int]:
    return found(desk.house.store, text, notes=notes)


def test_a_mail_is_found_the_instant_it_is_answered_for(desk: SimulatedDesk) -> None:
    for number in range(5):
        filed = desk.write(f"customer{number}@example.net", subject=f"Zebra {number}").ticket
        assert found_at(desk, f"zebra {number} customer{number} words") == [filed]


def test_persons_who_became_one_are_found_by_all_their_names_until_they_part(desk: SimulatedDesk) -> None:
    first, second = desk.open("anna@example.net"), desk.open("maria@example.org")
    house = desk.house
    house.store.write(lambda: contacts.join(house, "anna@example.net", "maria@example.org")).result(5)
    assert sorted(found_at(desk, "from:maria")) == [first, second] == sorted(found_at(desk, "anna@example.net"))
    house.store.write(lambda: contacts.split(house, "maria@example.org")).result(5)
    assert (found_at(desk, "from:maria"), found_at(desk, "from:anna")) == ([second], [first])


def test_a_new_subject_and_the_first_one_are_both_found(desk: SimulatedDesk) -> None:
    ticket = desk.open()
    changed = commit.PlannedEvent("subject_changed", "operator", desk.now, None, "subject", "Printer", "Kettle")
    desk.house.store.write(lambda: commit.happen(changed, ticket, desk.now)).result(5)
    assert found_at(desk, "subject:kettle") == [ticket] == found_at(desk, "subject:printer")


@pytest.mark.parametrize(
    "text",
    [
        "' OR 1=1 --",
        "a AND b OR NOT (c)",
        "NEAR(a b, 5)",
        "{subject} : x ^y",
        "x & y | !z <-> w:*A",
        "x\\' \\\\",
        "a\0b",
        "\ud800x",
        "%_% %s {} ?",
        "subject:rowid who:x words:y",
        "x'); DROP TABLE ticket; --",
        "\N{ZERO WIDTH JOINER}x\N{RIGHT-TO-LEFT OVERRIDE}y",
        '"" x ""',
        "x" * 1_000,
        "한" * 999,
        "漢" * 999,
        " ".join("wxyzuvabcdefghijklmn"),
    ],
)
def test_hostile_text_is_words_like_any_other(store: Store, text: str) -> None:
    opened(store, "Printer", "Broken.")
    ticket = opened(store, "x", text.replace("\ud800", "?"))  # no mail is read as half a pair
    assert set(found(store, text)) <= {ticket}
    assert found(store, "printer") == [ticket - 1]


@pytest.mark.parametrize("text", ["x" * 100_000, '"' * 99_999, "-" * 1_000, "status:lost", "from:", "\0" * 50])
def test_a_search_that_cannot_be_read_is_a_sentence(store: Store, text: str) -> None:
    if text == "from:":  # a word like others: nothing follows
        assert found(store, text) == []
        return
    for ask in (lambda: search.ranked(text, 1, notes=True), lambda: search.Search(text, notes=True).tickets()):
        with pytest.raises(SearchError, match="write"):
            store.read(ask)


def test_a_huge_message_is_found_by_its_beginning_and_takes_no_time(store: Store) -> None:
    began = time.process_time()
    hostile = ("\ufdfa" * 100_000, "漢字" * 500_000, "w" * 2_000_000, " ".join(f"ÿ{n}" for n in range(300_000)))
    numbers = [opened(store, "Huge", f"beginning{at} {text}") for at, text in enumerate(hostile)]
    assert time.process_time() - began < 10
    assert [found(store, f"beginning{at}") for at in range(4)] == [[number] for number in numbers]


def test_entries_are_made_anew_from_what_they_are_about(url: str) -> None:
    store = open_store(url)
    ticket = opened(store, "Printer", "A paper jam.", names=("scan.pdf",))
    note = store.write(lambda: says(ticket, "zebra", "note")).result(5)
    asked = ("printer", "paper jam", "scan", "muller", "zebra", "from:anna")
    rewrite(url, "DELETE FROM " + ("search" if url.startswith("sqlite") else "search_entry"))
    assert not any(found(store, text) for text in asked)
    indexing.rebuild(lambda job: store.write(job).result(5))
    assert all(found(store, text) == [ticket] for text in asked)
    assert not found(store, "zebra", notes=False)
    rewrite(url, "UPDATE message SET words = 'gone' WHERE id = ?", note)
    rewrite(url, "UPDATE about SET value = 'of another version' WHERE key = 'search'")
    store.close()
    store = open_store(url)
    assert (found(store, "zebra"), found(store, "gone")) == ([], [ticket])
    store.close()


def test_an_older_database_is_searched_from_its_first_start_on(url: str) -> None:
    store = open_store(url)
    ticket = opened(store, "Printer", "A paper jam.")
    store.database.let_this_thread_write()
    Runner(store.database, str(FOLDER)).down("0004_agents")
    store.database.let_this_thread_write(False)
    store.close()
    store = open_store(url)
    assert found(store, "printer jam muller") == [ticket]
    assert store.read(lambda: About.get_by_id("search").value) == indexing.VERSION
    store.close()


def test_i25_no_trace_of_a_word_remains_once_it_was_dropped_and_purged(url: str) -> None:
    store = open_store(url)
    ticket = opened(store, "Printer", *(f"Word number {n}, Rumpelstilzchen." for n in range(30)))
    for number in range(20):
        opened(store, f"Other {number}", "Words of others.")

    def drop() -> None:
        for message in query.column(Message.select(Message.id).where(Message.ticket == ticket)):
            replies.withdraw(message, 1_000)

    store.write(drop).result(5)
    assert not found(store, "rumpelstilzchen")
    indexing.purge(lambda job: store.write(job).result(5))
    if url.startswith("sqlite"):
        kept = look(url, "SELECT block FROM search_data") + look(url, "SELECT c2 AS block FROM search_content")
        assert not any(b"umpelstilz" in bytes(str(row["block"]), "utf-8") + _bytes(row["block"]) for row in kept)
    assert len(found(store, "words others")) == 20
    store.close()


def _bytes(block: object) -> bytes:
    return block if isinstance(block, bytes) else b""
