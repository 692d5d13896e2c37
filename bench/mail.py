"""How much of what the owners of the sample mails state do we read as they do?

``bench/mail.py [--wrong SET] [SET …]`` prints, for each set, its rows, the rows that are right in all that they
state, and right / stated for each claim.
"""

from __future__ import annotations

import json
import os
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from daemon.core.values import Mail
from daemon.mail.inspection import as_dict
from daemon.mail.parse import parse
from daemon.mail.text import split_reply

CORPUS = Path(os.environ.get("COUNTERFOIL_SHARED", Path(__file__).resolve().parents[1] / ".." / "shared")) / "corpus"
OWN_CODE = re.compile(r"[45]\.0\.9\d\d")
Seen = dict[str, Any]
Claim = Callable[[Seen, Any], bool]


def collapsed(text: str | None) -> str:
    return " ".join((text or "").split())


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def visible(seen: Seen) -> str:
    return collapsed(f"{seen['text']} {re.sub('<[^>]*>', ' ', seen['html'] or '')}")


def addresses(seen: Seen, key: str) -> list[str]:
    return [one["address"].lower() for one in seen[key]]


def same_text(seen: Seen, expected: str) -> bool:
    """One owner states only the first of several text parts; ours are joined."""
    ours, theirs = collapsed(seen["text"]), collapsed(expected)
    return ours == theirs or (seen["text_parts"] > 1 and ours.startswith(theirs))


def same_attachments(seen: Seen, expected: list[dict[str, Any]]) -> bool:
    if len(seen["attachments"]) != len(expected):
        return False
    for ours, theirs in zip(seen["attachments"], expected, strict=True):
        if "sha256" in theirs and ours["sha256"] != theirs["sha256"]:
            return False
        if theirs.get("name") and ours["name"] != theirs["name"]:
            return False
        if "size" in theirs and ours["size"] != theirs["size"]:
            return False
    return True


def recipients(seen: Seen, key: str) -> list[Any]:
    return [one[key] for one in seen["bounce"]["recipients"]] if seen["bounce"] else []


def same_status(seen: Seen, expected: list[str]) -> bool:
    """Codes such as 5.0.911 are that owner's own, for mails that have none: there any answer is right."""
    ours = recipients(seen, "status")
    return len(ours) == len(expected) and all(
        mine == theirs or OWN_CODE.fullmatch(theirs) is not None for mine, theirs in zip(ours, expected, strict=True)
    )


def kind_is(kind: str) -> Claim:
    return lambda seen, value: ((seen["automatic"] or {}).get("kind") == kind) == value


CLAIMS: dict[str, Claim] = {
    "subject": lambda s, v: collapsed(s["subject"]) == collapsed(v),
    "from": lambda s, v: bool(s["from"]) and s["from"]["address"].lower() == v.lower(),
    "from_list": lambda s, v: bool(s["from"]) and any(collapsed(s["from"]["name"]) == collapsed(o["name"]) for o in v),
    "to_list": lambda s, v: (
        addresses(s, "to") == [(o["address"] or "").lower() for o in v]
        and [collapsed(o["name"]) for o in s["to"]] == [collapsed(o["name"]) for o in v]
    ),
    "no_sender": lambda s, v: (s["from"] is None) == v,
    "reply_to": lambda s, v: any(f"{o['name']} <{o['address']}>".strip() == v for o in s["reply_to"]),
    "message_id": lambda s, v: s["message_id"] == v,
    "in_reply_to": lambda s, v: (s["in_reply_to"][:1] or [None])[0] == v,
    "references": lambda s, v: s["references"] == v,
    "charset_ok_text": same_text,
    "body_contains": lambda s, v: all(collapsed(one) in visible(s) for one in listed(v)),
    "body_not_contains": lambda s, v: not any(collapsed(one) in visible(s) for one in listed(v)),
    "stored_html_part_contains": lambda s, v: all(collapsed(one) in collapsed(s["html"]) for one in listed(v)),
    "attachments": same_attachments,
    "attachment_count": lambda s, v: len(s["attachments"]) == v,
    "attachment_files_created": lambda s, v: len(s["attachments"]) == v,
    "is_auto_reply": lambda s, v: ((s["automatic"] or {}).get("kind") in ("auto-reply", "bounce")) == v,
    "is_bounce": lambda s, v: (s["bounce"] is not None) == v,
    "is_feedback_report": kind_is("feedback"),
    "is_delivery_receipt": kind_is("receipt"),
    "is_challenge_response": kind_is("challenge"),
    "bounce_recipient": lambda s, v: (
        sorted(x.lower() for x in recipients(s, "address")) == sorted(x.lower() for x in v)
    ),
    "bounce_count": lambda s, v: len(recipients(s, "address")) == v,
    "bounce_status": same_status,
    "bounce_reason": lambda s, v: recipients(s, "reason") == v,
    "smtp_code": lambda s, v: [x or "" for x in recipients(s, "smtp_code")] == v,
    "hard_bounce": lambda s, v: recipients(s, "permanent") == v,
    "bounce_temporary": lambda s, v: all(one == "delayed" for one in recipients(s, "action")) == v,
    "reply_text": lambda s, v: collapsed(s["reply_text"]) == collapsed(v),
    "reply_first_fragment": lambda s, v: collapsed(s["reply_text"]).startswith(collapsed(v)),
    "reply_contains": lambda s, v: all(collapsed(one) in collapsed(s["reply_text"]) for one in listed(v)),
    "reply_not_contains": lambda s, v: not any(collapsed(one) in collapsed(s["reply_text"]) for one in listed(v)),
    "signature_contains": lambda s, v: all(collapsed(one) in collapsed(s["signature_text"]) for one in listed(v)),
    "nothing_quoted": lambda s, v: (not s["quoted_text"]) == v,
}


def rows(name: str) -> Iterator[dict[str, Any]]:
    with (CORPUS / f"{name}.jsonl").open(encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)


def seen_in(row: dict[str, Any]) -> Seen:
    raw = (CORPUS / row["raw_path"]).read_bytes()
    if row["kind"] == "message":
        return as_dict(row["raw_path"], parse(raw))
    if row["kind"] == "body_html":
        head = b"From: a@example.com\nContent-Type: text/html; charset=utf-8\n\n"
        return as_dict(row["raw_path"], parse(head + raw))
    reply = split_reply(raw.decode("utf-8", "replace").replace("\r\n", "\n"))
    return {"reply_text": reply.new, "quoted_text": reply.quoted, "signature_text": reply.signature}


def measure(name: str, show_wrong: bool) -> None:
    right: Counter[str] = Counter()
    stated: Counter[str] = Counter()
    whole = count = 0
    for row in rows(name):
        count += 1
        seen = seen_in(row)
        seen["text_parts"] = row["expect"].get("text_parts", 1)
        wrong = []
        for key, value in row["expect"].items():
            claim = CLAIMS.get(key)
            if claim is None:
                continue
            stated[key] += 1
            if claim(seen, value):
                right[key] += 1
            else:
                wrong.append(key)
        whole += not wrong
        if wrong and show_wrong:
            print(f"  {row['id']}")
            for key in wrong:
                print(f"    {key}: stated {json.dumps(row['expect'][key], ensure_ascii=False)[:300]}")
    claims = "  ".join(f"{key} {right[key]}/{stated[key]}" for key in sorted(stated))
    print(f"{name:<22} {whole:>4} of {count:>4} rows   {claims}")


def evil(show_wrong: bool) -> None:
    count = right = 0
    for line in (CORPUS / "evil" / "EXPECT.jsonl").read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        parsed = parse((CORPUS / "evil" / row["file"]).read_bytes())
        outcome = "accepted" if isinstance(parsed, Mail) else "quarantined"
        count += 1
        fine = outcome in (row["must"], *row.get("also_ok", []))
        right += fine
        if not fine and show_wrong:
            print(f"  {row['file']}: {outcome}, must be {row['must']}")
    print(f"{'evil':<22} {right:>4} of {count:>4} rows   (outcome of parsing alone)")


def main(argv: list[str]) -> int:
    show_wrong = "--wrong" in argv
    chosen = [one for one in argv if not one.startswith("--")]
    for path in sorted(CORPUS.glob("*.jsonl")):
        if not chosen or path.stem in chosen:
            measure(path.stem, show_wrong)
    if not chosen or "evil" in chosen:
        evil(show_wrong)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
