"""Mails that others wrote: hostile ones end as they must, broken ones never harm."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from daemon.core.values import Mail, Unreadable
from daemon.mail.parse import parse
from tests.shared import corpus

DECIDED_LATER = {"spoof-agent-case-space.eml", "spoof-agent-unauth-reply.eml"}
CONTROL = {chr(code) for code in (*range(32), *range(127, 160))}


def samples(folder: Path) -> list[Path]:
    return [path for path in sorted(folder.rglob("*")) if path.is_file() and path.suffix != ".jsonl"]


def test_hostile_mail_ends_as_it_must_where_reading_decides() -> None:
    folder = corpus() / "evil"
    for line in (folder / "EXPECT.jsonl").read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        if row["file"] in DECIDED_LATER:
            continue
        parsed = parse((folder / row["file"]).read_bytes())
        outcome = "accepted" if isinstance(parsed, Mail) else "quarantined"
        assert outcome in (row["must"], *row.get("also_ok", [])), row


def test_the_author_of_hostile_mail_is_never_an_agent_by_ambiguity() -> None:
    for name in ("crash-from-two-headers.eml", "spoof-agent-parseaddr.eml", "mime-mime-rfc822-nested-from.eml"):
        parsed = parse((corpus() / "evil" / name).read_bytes())
        assert isinstance(parsed, Unreadable) or (parsed.sender and parsed.sender.address != "alice@desk.example")


@pytest.mark.parametrize("folder", ["robustness", "evil", "stalwart", "sisimai_go", "flufl_bounce", "spamassassin"])
def test_no_sample_makes_the_parser_fail_or_leave_a_control_character(folder: str) -> None:
    for path in samples(corpus() / folder):
        parsed = parse(path.read_bytes())
        if isinstance(parsed, Unreadable):
            assert parsed.because != "parser-failed", (path, parsed)
            continue
        people = [one for one in (parsed.sender, *parsed.to, *parsed.cc, *parsed.reply_to) if one]
        headers = [parsed.subject, parsed.from_text, parsed.message_id or "", *parsed.references, *parsed.in_reply_to]
        headers += [text for one in people for text in (one.name, one.address)]
        headers += [text for one in parsed.attachments for text in (one.name, one.content_type, one.content_id or "")]
        assert not any(CONTROL & set(text) for text in headers), path
        assert not (CONTROL - {"\n", "\t"}) & set(parsed.text), path
        parsed.text.encode("utf-8")
        json.dumps(parsed.subject).encode("utf-8")
