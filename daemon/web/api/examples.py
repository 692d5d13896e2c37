"""An example of each object that the API answers, for its document; lists are shown with one."""

from __future__ import annotations

from typing import Any

AT = "2026-11-28T09:30:00Z"
AGENT = {"id": "user_2", "email": "agent@example.com", "name": "Desk Agent"}
CUSTOMER = {"id": "user_7", "email": "customer@example.net", "name": "A customer"}
ATTACHMENT = {
    "id": "attachment_12-2",
    "messageId": "message_12",
    "name": "printer.txt",
    "contentType": "text/plain",
    "size": 11,
    "sha256": "b94d27b9934d3e08a52e52d7da7dabfac484efe37a5380ee9088f7ace2efcde9",
    "inline": False,
    "href": "/v2/support-tickets/ticket_1042/attachments/attachment_12-2",
}
CARD = {
    **CUSTOMER,
    "emails": [{"email": "customer@example.net", "proved": True}],
    "phone": "+44 20 7946 0000",
    "organisation": "Example Ltd",
    "remark": "",
    "language": "en",
    "createdAt": AT,
}
EXAMPLES: dict[str, dict[str, Any]] = {
    "Ticket": {
        "id": "ticket_1042",
        "number": 1042,
        "subject": "Printer on fire",
        "description": "The printer on the second floor is on fire.",
        "descriptionTruncated": False,
        "priority": "high",
        "status": "open",
        "type": "incident",
        "assignedTo": "agent@example.com",
        "assignee": {"id": "user_2", "email": "agent@example.com", "name": "Desk Agent"},
        "user": {"id": "user_7", "email": "customer@example.net", "name": "", "phone": "", "organisation": ""},
        "desk": "support",
        "team": "support",
        "tags": ["printer"],
        "channel": "api",
        "resolution": None,
        "escalationLevel": 0,
        "snoozedUntil": None,
        "mergedInto": None,
        "undelivered": False,
        "fields": {},
        "promises": [],
        "createdAt": "2026-11-28T09:30:00Z",
        "updatedAt": "2026-11-28T09:31:00Z",
        "firstResponseAt": None,
        "resolvedAt": None,
        "closedAt": None,
    },
    "Message": {
        "id": "message_12",
        "ticketId": "ticket_1042",
        "kind": "customer",
        "state": "filed",
        "subject": "Printer on fire",
        "body": "The printer on the second floor is on fire.",
        "language": "en",
        "author": CUSTOMER,
        "createdAt": AT,
        "receivedAt": AT,
        "attachments": [ATTACHMENT],
        "channel": "api",
        "because": "no-ticket-named",
        "evidence": "told-by-token",
    },
    "Attachment": ATTACHMENT,
    "Upload": {
        "id": "upload_aaaabbbbccccddddeeeeffffgggghhhh",
        "name": "printer.txt",
        "contentType": "text/plain",
        "size": 11,
        "expiresAt": "2026-11-28T10:30:00Z",
    },
    "Event": {
        "id": "event_99",
        "ticketId": "ticket_1042",
        "kind": "status_changed",
        "at": AT,
        "recordedAt": AT,
        "messageId": "message_13",
        "actor": "user_2",
        "because": "agent-replied",
        "data": {"from": "open", "to": "pending"},
    },
    "Rating": {"id": "rating_120", "ticketId": "ticket_1042", "userId": "user_7", "positive": True, "at": AT},
    "ListedCard": CARD,
    "Card": {**CARD, "tickets": ["ticket_1042"]},
    "Agent": {**AGENT, "teams": ["support"], "leads": [], "away": False},
    "Team": {"name": "support", "agents": ["agent@example.com"]},
    "Me": {"name": "shop", "scopes": ["tickets:read", "tickets:write"], "role": "program", "userId": None},
    "Mail": {
        "id": "inbound_17",
        "state": "quarantined",
        "because": "too-large",
        "sentence": "It is larger than limits.message_size, and so it was not read.",
        "source": "smtp",
        "desk": "support",
        "recipient": "support@example.com",
        "sender": "customer@example.net",
        "subject": "Printer on fire",
        "from": "A customer <customer@example.net>",
        "ticketId": None,
        "messageId": None,
        "attempts": 1,
        "retryAt": None,
        "error": None,
        "receivedAt": AT,
        "recordedAt": AT,
    },
    "Settled": {"id": "inbound_17", "outcome": "filed", "because": "no-ticket-named", "ticketId": "ticket_1042"},
}


def add(schemas: dict[str, Any]) -> None:
    """Show an example with each of these schemas, and with each that is a list of them."""
    for name, example in EXAMPLES.items():
        if name in schemas:
            schemas[name]["example"] = example
    for schema in schemas.values():
        properties = schema.get("properties", {})
        of = properties.get("data", {}).get("items", {}).get("$ref", "").rpartition("/")[2]
        if of in EXAMPLES:
            schema["example"] = {"data": [EXAMPLES[of]]} | {name: None for name in properties if name != "data"}
