"""What an act did, as a receipt tells it after the act: from what was kept of it alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from daemon.core.acts import ActFacts, Changed, Did, Office
from daemon.core.fields import Field

FIELDS = {"resolution_text": "resolution", "merged_into": "merge"}
"""How receipts call a column, where not by its own name."""
SETS = {
    "tag": ("tag", "untag"),
    "participant": ("participant", "no-participant"),
    "watch": ("watch", "unwatch"),
}
PLAIN = {"note": "note", "reply": "answer"}


def recount(act: ActFacts, office: Office, fields: Iterable[Field]) -> tuple[Changed, ...]:
    """What an act did, in its order; ``fields`` are those of the operator's own."""
    titles = {one.name: one.title for one in fields}
    return tuple(told for did in act.did if (told := _recounted(did, office, titles)) is not None)


def _recounted(did: Did, office: Office, titles: Mapping[str, str]) -> Changed | None:
    match did.what:
        case "column":
            was, becomes = shown(office, did.key, did.was), shown(office, did.key, did.becomes)
            return Changed(FIELDS.get(did.key, did.key), was, becomes)
        case "tag" | "participant" | "watch":
            given, taken = SETS[did.what]
            name = office.names.get(int(did.key), "") if did.what == "watch" else did.key
            return Changed(given if did.becomes else taken, "", name)
        case "field":
            return Changed(titles.get(did.key, did.key), str(did.was or ""), str(did.becomes or ""))
        case "snooze" | "away":
            return Changed(did.what, "", str(did.becomes or "")) if did.becomes else None
        case "requester":
            return Changed("requester", "", did.key)
        case "link":
            return Changed("link", "", f"#{did.key}")
        case "note" | "reply":
            return Changed(PLAIN[did.what])
    return None


def shown(office: Office, column: str, value: str | int | None) -> str:
    """The value of a column as a receipt shows it."""
    if column == "assignee":
        return office.names.get(value, "") if isinstance(value, int) else "none"
    if column == "merged_into":
        return f"#{value}" if value is not None else ""
    return str(value or "")
