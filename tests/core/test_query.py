"""The language of the search: what is read, what is answered by a sentence, and words as they are folded."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon.core import folding
from daemon.core.query import SearchError, Term, parse


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("printer toner", [Term(("printer",)), Term(("toner",))]),
        ('"Paper  jam"', [Term(("paper", "jam"))]),
        ("print* -toner", [Term(("print",), beginning=True), Term(("toner",), negated=True)]),
        ('-"paper jam"', [Term(("paper", "jam"), negated=True)]),
        ('toner "paper  jam', [Term(("toner",)), Term(("paper", "jam"))]),
        ('5" disk "', [Term(("5",)), Term(("disk",))]),
        ("p* AB-1*", [Term(("p",)), Term(("ab", "1"))]),
        ('"paper ja"*', [Term(("paper", "ja"), beginning=True)]),
        ("from:Anna SUBJECT:Käse", [Term(("anna",), "from"), Term(("kase",), "subject")]),
        ('from:"Anna Meier" -from:b', [Term(("anna", "meier"), "from"), Term(("b",), "from", negated=True)]),
        ("tag:billing status:on-hold", [Term(("billing",), "tag"), Term(("on_hold",), "status")]),
        ("AB-1042", [Term(("ab", "1042"))]),
        ("anna@example.com", [Term(("anna", "example", "com"))]),
        ("12:30 Re: c++", [Term(("12", "30")), Term(("re",)), Term(("c",))]),
        ("printer & printer !!!", [Term(("printer",))]),
        ("東京都", [Term(("東京", "京都"))]),
        ("都", [Term(("都",), beginning=True)]),
        ("東京都A", [Term(("東京", "京都", "都", "a"))]),
        ("A都", [Term(("a", "都"), beginning=True)]),
    ],
)
def test_a_search_is_read(text: str, terms: list[Term]) -> None:
    assert list(parse(text)) == terms


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "no word to look for"),
        ("!!! -", "no word to look for"),
        ("status:lost", "“lost” is no status; after status: write one of new, open"),
        ('tag:""', "after tag: stands no tag"),
        ("from:!", "after from: stands no word"),
        ("x" * 100_000, "100,000 characters; write at most 1,000"),
        (" ".join(f"w{n}" for n in range(40)), "40 words; write at most 20"),
    ],
)
def test_what_cannot_be_read_is_answered_by_a_sentence(text: str, says: str) -> None:
    with pytest.raises(SearchError, match=says.replace("*", r"\*").replace("!", r"\!")):
        parse(text)


@given(st.text() | st.text(alphabet='"*-: fromtagstatus\0\ud800東é', max_size=60))
def test_every_text_is_read_or_answered(text: str) -> None:
    try:
        terms = parse(text)
    except SearchError as error:
        assert str(error)
        return
    assert terms
    for term in terms:
        assert term.words
        if term.place not in ("tag", "status"):
            assert not set("".join(term.words)) & set("\"'\\*:<>&|!() \0\n")
            assert "".join(term.words).encode()


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Müller STRASSE Straße", "muller strasse strasse"),
        ("Café, Łódź & Ærø", "cafe lodz aero"),
        ("Ёлка Йод", "елка иод"),
        ("İstanbul ISPARTA ılık", "istanbul isparta ilik"),
        ("ﬁne Ｗｉｄｅ x²", "fine wide x2"),
        ("snake_case a.b-c", "snake case a b c"),
        ("ガンダム", "ガン ンダ ダム ム"),
        ("한국어 العَرَبيّة", "한국어 العربية"),
    ],
)
def test_words_lose_case_and_diacritics(text: str, folded: str) -> None:
    assert " ".join(folding.words(text)) == folded


@given(st.text())
def test_what_was_folded_stays_as_it_is(text: str) -> None:
    words = folding.words(text)
    assert all(0 < len(word) <= folding.LONGEST_WORD for word in words)
    assert [folding.fold(word) for word in words] == words


def test_only_so_much_of_a_text_is_looked_at() -> None:
    assert len(folding.words("word " * 100_000)) == folding.MOST_WORDS
    assert len(folding.words("\ufdfa" * 100_000)) <= folding.MOST_WORDS
