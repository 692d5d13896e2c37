"""A ticket as ``counterfoil ticket show`` prints it: its state, whose it is, what was promised, the conversation."""

from __future__ import annotations

from typing import Any

from daemon.cli.terms import block, moment, plain, say, table


def show_ticket(found: dict[str, Any]) -> None:
    """Print a ticket as ``store.tickets.one`` reads it; what it has none of is left out, but for its assignee."""
    say(f"#{found['id']}  {plain(found['subject']) or '(no subject)'}")
    requester = _person(found["requester_name"], found["requester_address"]) or "an unknown sender"
    state = f"{found['status']}, {found['priority']}, team {plain(found['team'])}"
    say(f"{state}, opened {moment(found['opened_at'])} UTC by {requester}")
    say(f"assignee: {_person(found['assignee_name'], found['assignee_address']) or 'nobody'}")
    for name, value in _state(found):
        say(f"{name}: {value}")
    for name, value in found["fields"].items():
        say(f"{name}: {plain(value)}")
    _promises(found["promises"])
    for link in found["links"]:
        say(f"{link['kind']}: #{link['other'] if link['ticket'] == found['id'] else link['ticket']}")
    for message in found["messages"]:
        held = "" if message["state"] == "filed" else f" ({message['state']})"
        author = _person(message["author_name"], message["address"])
        say(f"\n── {message['kind']}{held} · {author} · {moment(message['at'])} UTC")
        say(block(message["words"].strip()) or "(no words)")
        for attachment in message["attachments"]:
            say(f"   ▸ {plain(attachment['name'])} ({attachment['size']:,} bytes)")
    if found["letters"]:
        say("\nOutgoing mail")
        table(
            ("no", "kind", "to", "state", "settled"),
            [(x["id"], x["kind"], x["recipient"], x["state"], moment(x["settled_at"])) for x in found["letters"]],
        )


def _state(found: dict[str, Any]) -> list[tuple[str, str]]:
    """What else the ticket is, as far as it is anything."""
    others = [p for p in found["participants"] if p["person"] != found["requester"]]
    resolution = " ".join(part for part in (found["resolution_code"], found["resolution_text"]) if part)
    told = (
        ("type", found["type"]),
        ("tags", ", ".join(found["tags"])),
        ("takes part", ", ".join(_person(p["name"], p["address"]) for p in others)),
        ("merged into", f"#{found['merged_into']}" if found["merged_into"] is not None else ""),
        ("put aside until", _utc(found["snoozed_until"])),
        ("resolved", _utc(found["resolved_at"])),
        ("resolution", resolution),
        ("escalated", f"level {found['escalation_level']}" if found["escalation_level"] else ""),
        ("an answer did not arrive since", _utc(found["undelivered"])),
    )
    return [(name, plain(value)) for name, value in told if value]


def _promises(promises: list[dict[str, Any]]) -> None:
    for promise in promises:
        if promise["ended_at"] is None or promise["state"] == "broken":
            due = f", due {_utc(promise['due_at'])}" if promise["due_at"] is not None else ""
            say(f"promised: {promise['metric']} ({promise['state']}{due})")


def _utc(instant: int | None) -> str:
    return f"{moment(instant)} UTC" if instant is not None else ""


def _person(name: str | None, address: str | None) -> str:
    name, address = plain(name or ""), plain(address or "")
    return f"{name} <{address}>" if name and address else name or address
