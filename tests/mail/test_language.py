"""The language of a text: known for short mails already, and never guessed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon.mail.language import WORDS, detect

KNOWN = {
    "en": ["The printer is on fire.", "Thanks!", "Hello, any news?", "Please call me back", "My invoice is wrong"],
    "de": ["Danke!", "Der Drucker brennt.", "Hallo, gibt es etwas Neues?", "Bitte um Rückruf.", "geht wieder, danke"],
    "fr": ["Merci !", "L'imprimante est en feu.", "Bonjour, avez-vous des nouvelles ?"],
    "es": ["Gracias", "La impresora está en llamas.", "Hola, ¿hay novedades?"],
    "it": ["Grazie mille", "La stampante è in fiamme.", "Buongiorno, ci sono novità?"],
    "pt": ["Obrigado", "Não consigo entrar desde ontem", "Olá, há novidades?"],
    "nl": ["Bedankt!", "Ik kan sinds gisteren niet inloggen", "Goedemorgen, is er nieuws?"],
    "sv": ["Tack!", "Jag kan inte logga in sedan igår"],
    "da": ["Tak for hjælpen"],
    "no": ["Takk for hjelpen", "Hei, hva gjør jeg?"],
    "fi": ["Kiitos!", "En voi kirjautua sisään eilisestä lähtien"],
    "pl": ["Dziękuję", "Nie mogę się zalogować od wczoraj"],
    "cs": ["Děkuji", "Tiskárna hoří, prosím o pomoc."],
    "hu": ["Köszönöm", "Nem tudok belépni tegnap óta, kérem segítsenek"],
    "ro": ["Mulțumesc", "Nu pot să mă conectez de ieri"],
    "tr": ["Teşekkürler", "Lütfen yardım edin"],
    "ru": ["Спасибо", "Принтер горит."],
    "uk": ["Дякую, все працює і їздить"],
    "ja": ["プリンターが燃えています。"],
    "zh": ["打印机着火了。"],
    "ko": ["프린터에 불이 났어요"],
    "el": ["Ευχαριστώ"],
}
UNSURE = [
    "",
    "ok",
    "42",
    "No",
    "Müller",
    "AB-1234 XY-99",
    "Customer GmbH",
    "https://example.net/the/and/is",
    "asdf qwer",
]


@pytest.mark.parametrize(("language", "text"), [(one, text) for one, texts in KNOWN.items() for text in texts])
def test_the_language_of_a_short_mail_is_known(language: str, text: str) -> None:
    assert detect(text) == language


@pytest.mark.parametrize("text", UNSURE)
def test_what_is_no_language_is_none(text: str) -> None:
    assert detect(text) is None


def test_two_languages_in_equal_parts_are_none() -> None:
    assert detect("The printer is on fire and we are here. Der Drucker brennt und wir sind nicht da.") is None


@given(st.text(max_size=2_000))
def test_any_text_has_an_answer(text: str) -> None:
    found = detect(text)
    assert found is None or found in {*WORDS, "ja", "ko", "zh", "el", "he", "ar", "th", "ru", "uk"}
