"""The outbox as a Maildir."""

from __future__ import annotations

import mailbox
from dataclasses import replace
from pathlib import Path

from daemon.core.values import Parcel
from daemon.edge.maildir import Maildir, name_of
from daemon.edge.transport import Away, Delivered

CONTENT = b"Subject: your printer\r\n\r\nSwitch it off.\r\n"
PARCEL = Parcel(1, 1042, "customer@example.org", "support@example.com", "1@example.com", 0, 1000)


async def test_a_mail_lies_in_new_with_its_envelope_in_front(tmp_path: Path) -> None:
    result = await Maildir(tmp_path / "outbox").send(PARCEL, CONTENT)
    [file] = (tmp_path / "outbox" / "new").iterdir()
    assert result == Delivered(f"written to outbox/new/{file.name}")
    assert file.read_bytes() == (
        b"Return-Path: <support@example.com>\r\nX-Envelope-To: customer@example.org\r\n" + CONTENT
    )
    assert list((tmp_path / "outbox" / "tmp").iterdir()) == []


async def test_mail_programs_can_read_it(tmp_path: Path) -> None:
    await Maildir(tmp_path / "outbox").send(PARCEL, CONTENT)
    [mail] = mailbox.Maildir(tmp_path / "outbox", create=False)
    assert (mail["Subject"], mail["X-Envelope-To"]) == ("your printer", "customer@example.org")


async def test_a_mail_that_is_delivered_twice_lies_there_once_read_or_unread(tmp_path: Path) -> None:
    maildir = Maildir(tmp_path)
    await maildir.send(PARCEL, CONTENT)
    await maildir.send(PARCEL, CONTENT)
    [file] = (tmp_path / "new").iterdir()
    file.rename(tmp_path / "cur" / f"{file.name}:2,S")
    assert isinstance(await maildir.send(PARCEL, CONTENT), Delivered)
    assert list((tmp_path / "new").iterdir()) == []


def test_another_database_with_the_same_numbers_makes_other_names() -> None:
    names = {name_of(PARCEL), name_of(replace(PARCEL, created_at=2000)), name_of(replace(PARCEL, message_id="2@x"))}
    assert len(names) == 3
    assert all("/" not in name and ":" not in name for name in names)


async def test_the_envelope_cannot_break_out_of_its_line_and_keeps_the_line_ends_of_the_mail(tmp_path: Path) -> None:
    await Maildir(tmp_path).send(replace(PARCEL, sender="a@b\r\nBcc: x"), CONTENT.replace(b"\r\n", b"\n"))
    [file] = (tmp_path / "new").iterdir()
    assert file.read_bytes().startswith(b"Return-Path: <a@b Bcc: x>\nX-Envelope-To: customer@example.org\nSubject: ")


async def test_a_folder_that_cannot_be_written_is_trouble_of_all_mail(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    result = await Maildir(tmp_path / "file" / "outbox").send(PARCEL, CONTENT)
    assert result == Away(
        f"the Maildir {tmp_path}/file/outbox cannot be written (Not a directory); free space or set its permissions"
    )
