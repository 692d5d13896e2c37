"""Forms of one button: nothing else is read of them."""

from __future__ import annotations

from urllib.parse import parse_qs

from fastapi import Request

LONGEST_FORM = 200


async def pressed(request: Request, name: str) -> str | None:
    """The value of the button that was pressed; None for a form that is none of ours."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > LONGEST_FORM:
            return None
    values = parse_qs(body.decode("ascii", "replace").strip()).get(name, [])
    return values[0] if len(values) == 1 else None
