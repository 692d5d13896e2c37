"""Which language a text is in, told by its letters and its smallest words; None where that would be a guess.

A script that one language alone writes in decides by itself. Otherwise each word that we know counts for the languages
that have it, and the fewer have it, the more it counts; so do letters that few languages have. One language has to be
ahead of all others, clearly. Short thanks are enough where a word belongs to one language ("Danke!"); a name, a number
or a list of parts is no language.
"""

from __future__ import annotations

import re
from collections import Counter

LONGEST = 1_000
ENOUGH, LEAD, SHARE = 1.0, 1.6, 0.1
MOST_FOR_LETTERS = 3

WORDS = {
    "en": "the and is are was were you your we our it's i'm i've don't can't this that these with for from have has "
    "had not but would could should please thanks thank hello dear regards when what which how does did been "
    "there their they my of to an be will if or just any cannot doesn't still since after about it on at in i "
    "me call back need help wrong again",
    "de": "der die das und ist sind war waren nicht ich wir sie ihr ihre ihnen mir mich uns ein eine einen einem "
    "einer mit für von auf bei nach seit aus dem den des zu zum zur im am es auch noch aber wenn wie was kann "
    "können habe haben hat wird werden bitte danke vielen dank hallo guten tag grüße gruß mein meine keine "
    "kein leider immer dass über sehr geehrte freundlichen moin servus schon oder geht um falsch gestern "
    "rückruf hilfe",
    "fr": "le la les et est sont était pas je nous vous votre vos mon ma mes notre un une des du de dans pour par "
    "sur avec qui que quoi ce cette ces mais ou où ne plus merci bonjour bonsoir salut cordialement s'il "
    "plaît être avoir j'ai c'est n'est fait peut depuis quand comment très aussi au aux",
    "es": "el la los las y es son está están no yo nosotros usted ustedes su sus mi mis un una unos del de en para "
    "por con que qué pero cuando cómo gracias hola buenos buenas días tardes saludos favor puede puedo tengo "
    "tiene hay desde muy también más ya lo al se correcta ayer llamas ayuda",
    "it": "il lo la gli le e è sono era non io noi voi lei suo sua mio mia un una uno del della dei delle di in per "
    "con che chi ma quando come grazie buongiorno buonasera salve ciao saluti cordiali favore può posso ho ha "
    "hanno c'è questo questa anche più molto perché già vorrei sul nel nella dal alla",
    "pt": "o os as e é são está estão não eu nós você vocês seu sua meu minha um uma uns do da dos das de em no na "
    "para por com que mas quando como obrigado obrigada olá bom boa dia tarde atenciosamente favor pode posso "
    "tenho tem há desde muito também mais já ao isso ainda ontem consigo arder ajuda",
    "nl": "de het een en is zijn was niet ik wij we jullie u uw mijn ons onze met voor van op bij naar uit te dat "
    "dit die deze maar als hoe wat kan kunnen heb heeft hebben wordt worden graag bedankt dank hallo "
    "goedemorgen goedemiddag groet groeten geachte beste ook nog geen er om aan al sinds in staat gisteren "
    "nieuws hulp",
    "sv": "och är var inte jag vi ni du er vår vårt min mitt en ett med för från på till av att det den som men när "
    "hur vad kan har hade tack hej hälsningar vänliga snälla också bara finns sedan om hos mig hjälp igår "
    "logga nytt brinner skrivaren",
    "da": "og er var ikke jeg vi i du jeres din vores min mit en et med for fra på til af at det den som men når "
    "hvordan hvad kan har havde tak hej hilsen venlig også kun findes siden om mig efter meget gerne ind "
    "logge hjælp hjælpen går",
    "no": "og er var ikke jeg vi du dere din vår min mitt en et med for fra på til av at det den som men når "
    "hvordan hva kan har hadde takk hei hilsen vennlig også bare finnes siden om meg etter veldig gjerne noen "
    "inn logge hjelp hjelpen går gjør",
    "fi": "ja on ovat oli ei en minä me te hän minun meidän teidän kun kuin että mutta tai jos miten mitä voi voin "
    "voisitte kiitos kiitoksia hei moi terveisin ystävällisin terve myös vain ole olen olemme tämä se ne "
    "vielä kanssa",
    "pl": "i jest są był nie ja my wy pan pani państwo mój moja nasz nasze z w na do od dla przez że ale gdy jak co "
    "czy może mogę mam ma dzień dobry dziękuję proszę pozdrawiam witam bardzo też tylko jeszcze już się po o "
    "to ten ta",
    "cs": "a je jsou byl není ne já my vy můj moje náš naše s z v na do od pro přes že ale když jak co může mohu "
    "mám má dobrý den děkuji děkuju prosím pozdravem ahoj také jen ještě už se po o to ten ta jsem",
    "hu": "a az és van vannak volt nem én mi ön önök egy hogy de ha mikor hogyan lehet tudok köszönöm köszönjük "
    "kérem jó napot szia üdvözlettel tisztelt is csak még már ez azt nekem kell",
    "ro": "și este sunt era nu eu noi dumneavoastră meu mea un o al ale de în la pe pentru cu care ce dar când cum "
    "poate pot am are mulțumesc bună ziua salut stimă rog foarte mai doar să din",
    "tr": "ve bir bu şu ben biz siz benim bizim sizin değil için ile de da ki ama ne nasıl zaman var yok olarak "
    "teşekkürler teşekkür ederim merhaba selam lütfen iyi günler saygılarımla çok daha mi mı",
}
_LETTERS = {
    "ß": "de",
    "ñ¿¡": "es",
    "ãõ": "pt",
    "łżęąś": "pl",
    "øæ": "da no",
    "å": "sv da no",
    "őű": "hu",
    "ğış": "tr",
    "ěřů": "cs",
    "țșă": "ro",
    "œ": "fr",
    "ê": "fr pt",
    "èù": "fr it",
    "ò": "it",
    "ä": "de sv fi",
    "ö": "de sv fi hu tr",
    "ü": "de hu tr",
}
LETTERS = {letter: tuple(languages.split()) for letters, languages in _LETTERS.items() for letter in letters}
SCRIPTS = (
    ("ja", re.compile("[\u3040-\u30ff]")),
    ("ko", re.compile("[\uac00-\ud7af]")),
    ("zh", re.compile("[\u4e00-\u9fff]")),
    ("el", re.compile("[\u0370-\u03ff]")),
    ("he", re.compile("[\u0590-\u05ff]")),
    ("ar", re.compile("[\u0600-\u06ff]")),
    ("th", re.compile("[\u0e00-\u0e7f]")),
    ("ru", re.compile("[\u0400-\u04ff]")),
)
UKRAINIAN, BULGARIAN_OR_SERBIAN = re.compile("[іїєґІЇЄҐ]"), re.compile("[ђћљњџјЂЋЉЊЏЈ]")
WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)?")
NO_WORDS = re.compile(r"\S*(?:@|://)\S*")
LETTER = re.compile(r"[^\W\d_]")


def _known() -> dict[str, tuple[str, ...]]:
    """For each word the languages that have it."""
    known: dict[str, list[str]] = {}
    for language, words in WORDS.items():
        for word in dict.fromkeys(words.split()):
            known.setdefault(word, []).append(language)
    return {word: tuple(languages) for word, languages in known.items()}


KNOWN = _known()


def detect(text: str) -> str | None:
    """The language of a text (ISO 639-1), looking at its first 1,000 characters; None when unsure."""
    text = NO_WORDS.sub(" ", text[:LONGEST])
    return _by_script(text) or _by_words(text)


def _by_script(text: str) -> str | None:
    letters = len(LETTER.findall(text))
    if text.isascii() or not letters:
        return None
    kana = len(SCRIPTS[0][1].findall(text))
    for language, script in SCRIPTS:
        count = len(script.findall(text))
        if count * 2 < letters or not count:
            continue
        if language == "zh" and kana * 8 > count:
            return "ja"
        if language == "ru":
            return None if BULGARIAN_OR_SERBIAN.search(text) else "uk" if UKRAINIAN.search(text) else "ru"
        return language
    return None


def _by_words(text: str) -> str | None:
    lower = text.lower()
    words = Counter(WORD.findall(lower.replace("’", "'")))
    scores: dict[str, float] = {}
    hits = 0
    for word, count in words.items():
        languages = KNOWN.get(word, ())
        if languages:
            hits += count
            for language in languages:
                scores[language] = scores.get(language, 0) + count / len(languages)
    if not hits or hits < words.total() * SHARE:
        return None
    for letter in set(lower) & LETTERS.keys():
        languages = LETTERS[letter]
        for language in languages:
            more = min(lower.count(letter), MOST_FOR_LETTERS) / 2 / len(languages)
            scores[language] = scores.get(language, 0) + more
    (score, best), (next_score, _) = (*sorted(((n, one) for one, n in scores.items()), reverse=True)[:2], (0.0, ""))[:2]
    return best if score >= ENOUGH and score >= next_score * LEAD else None
