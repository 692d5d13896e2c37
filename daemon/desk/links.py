"""Links to our pages, as letters bear them."""

from __future__ import annotations

from daemon.desk.house import House


def rate(house: House, ticket: int, person: int) -> str:
    """The page on which this person says how they were served on this ticket."""
    return f"{house.config.http.url}/rate/{ticket}-{house.keyring.rate_token(ticket, person)}"


def conversation(house: House, desk: str, ticket: int, person: int) -> str | None:
    """The page on which this person reads and answers this ticket; None where the portal does not show it."""
    if not (house.config.portal.enabled and house.desk(desk).portal):
        return None
    return f"{house.config.http.url}/open/{ticket}-{house.keyring.page_token(ticket, person)}"


def sign_in(house: House, token: str) -> str:
    """The page on which the one who got this token by mail signs in to the portal."""
    return f"{house.config.http.url}/sign-in/{token}"
