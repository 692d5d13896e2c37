"""The options of the clients' portal."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator

from daemon.config_options import Line, Section, option
from daemon.core.colours import ENOUGH, contrast, is_colour

PAPER, GROUND, INK = "#ffffff", "#f3f5f8", "#1c2430"
DARK_PAPER, DARK_GROUND, DARK_INK = "#1b212b", "#11151c", "#e6eaf0"
"""The colours of the pages that text stands on, and of the text, by day and by night."""
PICTURES = {".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".webp": "image/webp"}
LARGEST_LOGO = 200_000


def _colour(value: str) -> str:
    if not is_colour(value):
        raise ValueError(f"{value!r} is no colour; write one such as #1f5fbf")
    least = min(contrast(value, PAPER), contrast(value, GROUND))
    if least < ENOUGH:
        raise ValueError(f"{value!r} is too light on white (contrast {least:.1f}, needed {ENOUGH}); write a darker one")
    return value.lower()


def _logo(value: str) -> str:
    if value and Path(value).suffix.lower() not in PICTURES:
        raise ValueError(f"{value!r} is no picture that pages show; write a file such as logo.png (png, jpg, webp)")
    return value


class Portal(Section):
    """The pages on which clients submit requests and follow them; [http] says where they are reached."""

    enabled: bool = option(False, "Serve the portal, and link each ticket in the mails to its customers.")
    submit: bool = option(True, "Clients may submit requests there; false = they follow those that they mailed.")
    title: Line = option("", "Name of the portal as its pages show it; empty = the title of the first desk.")
    logo_file: Annotated[str, AfterValidator(_logo)] = option(
        "", "Picture beside the name: png, jpg or webp of at most 200 KB.", example="/etc/counterfoil/logo.png"
    )
    colour: Annotated[str, AfterValidator(_colour)] = option(
        "#1f5fbf", "Colour of buttons and links; dark enough for white text on it. Dark pages get a lighter one of it."
    )
    link_minutes: int = option(30, "Time in which a link that signs in can be used.", "minutes", ge=1, le=1440)
    session_hours: int = option(72, "Time after which a client has to sign in again.", "hours", ge=1, le=2160)

    def faults(self) -> Iterator[str]:
        """What keeps the logo from being shown."""
        if not self.logo_file:
            return
        try:
            size = Path(self.logo_file).stat().st_size
        except OSError as error:
            yield f"logo_file: {self.logo_file} cannot be read: {error.strerror}"
            return
        if size > LARGEST_LOGO:
            yield f"logo_file: {self.logo_file} has {size} bytes; make it smaller than {LARGEST_LOGO}"
