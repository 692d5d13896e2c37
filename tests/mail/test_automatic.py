"""Which mail a machine wrote."""

from __future__ import annotations

import pytest

from tests.mail.mails import mail, read


@pytest.mark.parametrize(
    ("headers", "kind"),
    [
        ({"Auto_Submitted": "auto-replied (vacation)"}, "auto-reply"),
        ({"Auto_Submitted": "auto-generated"}, "bulk"),
        ({"Subject": "Automatic reply: help", "X_Auto_Response_Suppress": "All"}, "auto-reply"),
        ({"Subject": "Automatische Antwort: Hilfe"}, "auto-reply"),
        ({"Subject": "Réponse automatique : aide"}, "auto-reply"),
        ({"Subject": "Out of Office: help"}, "auto-reply"),
        ({"X_Autoreply": "yes"}, "auto-reply"),
        ({"Precedence": "bulk"}, "bulk"),
        ({"Precedence": "auto_reply"}, "auto-reply"),
        ({"List_Id": "<dev.lists.example>"}, "list"),
        ({"List_Unsubscribe": "<mailto:leave@lists.example>"}, "bulk"),
        ({"From": "noreply@shop.example"}, "bulk"),
        ({"From": "MAILER-DAEMON@mx.example", "Subject": "Undelivered"}, "bounce"),
        ({"Return_Path": "<>"}, "auto-reply"),
        ({"X_Counterfoil": "support/1042"}, "own"),
        ({"Content_Type": "message/disposition-notification"}, "receipt"),
        ({"Content_Type": "message/feedback-report"}, "feedback"),
        ({"Subject": "Please confirm your message", "Auto_Submitted": "auto-replied"}, "challenge"),
    ],
)
def test_a_machine_gives_itself_away(headers: dict[str, str], kind: str) -> None:
    seen = read(mail(**headers)).automatic
    assert seen is not None
    assert seen.kind == kind
    assert seen.because


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Auto_Submitted": "no"},
        {"Subject": "Automatic door does not open"},
        {"Subject": "Your mail server is down"},
        {"From": "reply@customer.example"},
        {"Precedence": "normal"},
        {"Return_Path": "<carol@customer.example>"},
    ],
)
def test_a_person_is_no_machine(headers: dict[str, str]) -> None:
    assert read(mail(**headers)).automatic is None
