"""Links to our pages, as letters bear them."""

from __future__ import annotations

from daemon.desk.house import House


def rate(house: House, ticket: int, person: int) -> str:
    """The page on which this person says how they were served on this ticket."""
    return f"{house.config.http.url}/rate/{ticket}-{house.keyring.rate_token(ticket, person)}"
