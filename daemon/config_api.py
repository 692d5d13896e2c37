"""The options of the API: how much, how often, and from which pages it may be asked."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator

from daemon.config_options import Section, option

ORIGIN = re.compile(r"https?://[a-z0-9.-]{1,253}(?::[0-9]{1,5})?")


def _origin(value: str) -> str:
    if value != "*" and not ORIGIN.fullmatch(value):
        raise ValueError(f"{value!r} is no origin; write one such as https://shop.example.com, or *")
    return value


class Api(Section):
    """The API below /v2; its tokens are made by counterfoil token create."""

    body_size: int = option(1_048_576, "Largest body of JSON.", "bytes", ge=10_000)
    body_seconds: int = option(20, "Time within which a body must be here.", "seconds", ge=1, le=600)
    requests_per_minute: int = option(
        600, "Requests that one token may make in a minute; 0 = as many as it likes.", "requests", ge=0, le=1_000_000
    )
    origins: tuple[Annotated[str, AfterValidator(_origin)], ...] = option(
        (), "Pages of other origins whose scripts may use the API; * = any.", example=["https://shop.example.com"]
    )
