"""What texts look like that are more than words, and the sentence for one that looks otherwise."""

from __future__ import annotations

_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
EMAIL = rf"^[A-Za-z0-9_'+&-]{{1,30}}(?:\.[A-Za-z0-9_'+&-]{{1,30}}){{0,5}}@{_LABEL}(?:\.{_LABEL}){{1,6}}$"
BASE64 = r"^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$"
UPLOAD_ID = r"^upload_[a-z2-7]{32}$"
ATTACHMENT_ID = r"^attachment_[1-9][0-9]{0,11}-[0-9]{1,4}$"
WORD = r"^[a-z0-9][a-z0-9-]{0,39}$"
CONTENT_TYPE = r"^[a-z]{1,20}/[a-z0-9][a-z0-9.+-]{0,70}$"
LANGUAGE = r"^[a-z]{2,3}(-[A-Za-z]{1,8})?$"
SOON = r"^[1-9][0-9]{0,3}[mhd]$"
NO_NUL = r"^[^\u0000]*$"

SENTENCES = {
    EMAIL: "Write an address such as customer@example.net.",
    BASE64: "Write its bytes in base64.",
    UPLOAD_ID: "Write the id that the upload was answered with.",
    WORD: "Write up to 40 lower-case letters, digits and hyphens.",
    CONTENT_TYPE: "Write a type such as text/plain.",
    LANGUAGE: "Write a language such as de or pt-BR.",
    SOON: "Write a time such as 30m, 4h or 2d.",
    NO_NUL: "NUL is no text.",
}


def number_of(name: str) -> str:
    """The pattern of ids such as ``ticket_1042``."""
    pattern = rf"^{name}_[1-9][0-9]{{0,11}}$"
    SENTENCES[pattern] = f"Write an id such as {name}_1042."
    return pattern


TICKET_ID = number_of("ticket")
