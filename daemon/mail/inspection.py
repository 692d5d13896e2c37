"""A parsed mail as the JSON object that ``counterfoil inspect`` prints: a contract, its keys are only ever added to."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from daemon.core.values import Address, Evidence, Mail, Parsed


def as_dict(path: str, parsed: Parsed, evidence: Evidence | None = None) -> dict[str, Any]:
    """The object for the mail at ``path``; of a mail that was not read, everything unknown is empty.

    ``evidence`` is what a door would make of its author; None where none was asked.
    """
    return _understood(path, parsed) | {"authentication": _authentication(evidence)}


def _authentication(evidence: Evidence | None) -> dict[str, Any] | None:
    if evidence is None:
        return None
    return {
        "proved": evidence.proved,
        "because": evidence.because,
        "address": evidence.address,
        "detail": evidence.detail,
    }


def _understood(path: str, parsed: Parsed) -> dict[str, Any]:
    if not isinstance(parsed, Mail):
        return {
            "path": path,
            "subject": parsed.subject,
            "from": None,
            "to": [],
            "cc": [],
            "reply_to": [],
            "date": None,
            "message_id": parsed.message_id,
            "in_reply_to": [],
            "references": [],
            "text": "",
            "html": None,
            "reply_text": "",
            "quoted_text": "",
            "signature_text": "",
            "attachments": [],
            "automatic": None,
            "bounce": None,
            "outcome": "quarantined",
            "because": parsed.because,
            "defects": [parsed.detail] if parsed.detail else [],
        }
    return {
        "path": path,
        "subject": parsed.subject,
        "from": _address(parsed.sender) if parsed.sender else None,
        "to": [_address(one) for one in parsed.to],
        "cc": [_address(one) for one in parsed.cc],
        "reply_to": [_address(one) for one in parsed.reply_to],
        "date": _instant(parsed.date),
        "message_id": parsed.message_id,
        "in_reply_to": list(parsed.in_reply_to),
        "references": list(parsed.references),
        "text": parsed.text,
        "html": parsed.html,
        "reply_text": parsed.reply_text,
        "quoted_text": parsed.quoted_text,
        "signature_text": parsed.signature_text,
        "attachments": [
            {
                "name": one.name,
                "content_type": one.content_type,
                "size": one.size,
                "sha256": one.sha256,
                "content_id": one.content_id,
                "inline": one.inline,
            }
            for one in parsed.attachments
        ],
        "automatic": (
            {"kind": parsed.automatic.kind, "because": parsed.automatic.because} if parsed.automatic else None
        ),
        "bounce": (
            {
                "message_id": parsed.bounce.message_id,
                "recipients": [
                    {
                        "address": one.address,
                        "status": one.status,
                        "smtp_code": one.smtp_code,
                        "action": one.action,
                        "reason": one.reason,
                        "permanent": one.permanent,
                    }
                    for one in parsed.bounce.recipients
                ],
            }
            if parsed.bounce
            else None
        ),
        "outcome": "accepted",
        "because": "read",
        "defects": list(parsed.defects),
    }


def _address(address: Address) -> dict[str, str]:
    return {"name": address.name, "address": address.address}


def _instant(seconds: int | None) -> str | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
