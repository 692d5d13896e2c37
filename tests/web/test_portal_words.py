"""The words of the portal: the same ones in every language, and the language that the reader asks for."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon.mail.templates import built_in_folder
from daemon.web.portal.phrases import choose, load

ROOT = Path(__file__).resolve().parents[2]
FOLDER = built_in_folder() / "portal"
WORDS = load(None)


def test_every_language_says_the_same() -> None:
    files = {file.stem: tomllib.loads(file.read_text()) for file in (FOLDER / "words").glob("*.toml")}
    assert {"en", "de"} <= set(files)
    for language, words in files.items():
        assert set(words) == set(files["en"]), language
        for name, text in words.items():
            assert str(text).count("%s") == str(files["en"][name]).count("%s"), (language, name)


def test_every_word_is_said_and_every_word_said_is_there() -> None:
    source = "".join(file.read_text() for file in FOLDER.glob("*.html") if file.name != "rate.html")
    code = "".join(file.read_text() for file in (ROOT / "daemon" / "web" / "portal").glob("*.py"))
    used = set(re.findall(r"say\.([a-z_]+)", source))
    assert used <= set(WORDS["en"])
    told = {name for name in WORDS["en"] if f'"{name}"' in code or f'"{name}"' in source}
    by_status = {"new", "on_hold", "pending", "resolved", "closed"}
    assert set(WORDS["en"]) - used - told - by_status == set()


@pytest.mark.parametrize(
    ("accept", "language"),
    [
        ("de", "de"),
        ("de-AT,de;q=0.9,en;q=0.8", "de"),
        ("fr, en;q=0.1, de;q=0.9", "de"),
        ("DE-ch-1996", "de"),
        ("fr", "en"),
        ("de;q=0, en;q=0.1", "en"),
        ("", "en"),
        ("*", "en"),
    ],
)
def test_the_language_is_the_first_that_the_browser_asks_for(accept: str, language: str) -> None:
    assert choose(WORDS, "", accept, "en") == language


def test_a_choice_comes_first_and_the_desks_language_last() -> None:
    assert choose(WORDS, "de", "en", "en") == "de"
    assert choose(WORDS, "xx", "fr", "de-AT") == "de"


@given(st.text(max_size=300))
def test_any_header_gives_a_language(accept: str) -> None:
    assert choose(WORDS, accept, accept, accept) in WORDS


def test_an_operator_replaces_single_words_and_brings_languages(tmp_path: Path) -> None:
    folder = tmp_path / "portal" / "words"
    folder.mkdir(parents=True)
    (folder / "en.toml").write_text('start_title = "Welcome"\n')
    (folder / "fr.toml").write_text('language = "Français"\nsend = "Envoyer"\n')
    words = load(tmp_path)
    assert words["en"]["start_title"] == "Welcome" and words["en"]["send"] == "Send"
    assert words["fr"]["send"] == "Envoyer" and words["fr"]["start_title"] == "Welcome"
