"""Past a cap a mail is kept raw and not read (invariant 5)."""

from __future__ import annotations

import pytest

from daemon.core.values import Mail, Unreadable
from daemon.mail.parse import parse
from tests.mail.mails import mail, read


def nested(depth: int) -> bytes:
    head = b"".join(
        b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (level, level) for level in range(depth)
    )
    return mail().partition(b"\r\n\r\n")[0] + b"\r\n" + head + b"Content-Type: text/plain\r\n\r\nend\r\n"


@pytest.mark.parametrize(
    ("raw", "because"),
    [
        (mail(X_Big="a" * 17_000), "header-too-long"),
        (mail(**{f"X_{number}": "a" * 1000 for number in range(70)}), "headers-too-long"),
        (mail(**{f"X{number}": "a" for number in range(1001)}), "too-many-headers"),
        (mail(To=", ".join(f"a{number}@x.example" for number in range(501))), "too-many-recipients"),
        (mail(Content_Type="text/plain" + "; a=b" * 200), "too-many-parameters"),
        (mail(b"--x\r\n\r\n" * 501, Content_Type="multipart/mixed; boundary=x"), "too-many-parts"),
        (nested(31), "parts-too-deep"),
    ],
)
def test_i05_past_a_cap_a_mail_is_not_read(raw: bytes, because: str) -> None:
    parsed = parse(raw)
    assert isinstance(parsed, Unreadable)
    assert parsed.because == because
    assert (parsed.subject, parsed.size) == ("help", len(raw))


def test_i05_up_to_the_caps_a_mail_is_read() -> None:
    assert isinstance(parse(nested(29)), Mail)
    assert len(read(mail(To=", ".join(f"a{number}@x.example" for number in range(500)))).to) == 500


def test_a_long_subject_is_flat_text_and_only_cut() -> None:
    seen = read(mail(Subject="Re: " * 8000))
    assert seen.subject.startswith("Re: Re: ")
    assert len(seen.subject) <= 998
    assert "subject-cut" in seen.defects
