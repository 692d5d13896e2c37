"""Pages from templates: self-contained, without scripts, with headers that say so.

A page's one style stands in it, allowed by its hash, so that nothing blocks the first paint.
"""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path
from typing import Any

from fastapi.responses import HTMLResponse
from jinja2 import ChoiceLoader, Environment, FileSystemLoader, StrictUndefined, select_autoescape
from markupsafe import Markup

from daemon.mail.templates import built_in_folder

POLICY = "default-src 'none'; img-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
HEADERS = {
    "Content-Security-Policy": POLICY,
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}


def policy(style: str) -> str:
    """The Content-Security-Policy of a page in which this style stands."""
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode("ascii")
    return f"{POLICY}; style-src 'sha256-{digest}'"


class Pages:
    """The templates below ``portal/``; an operator's folder replaces them file by file."""

    def __init__(self, folder: Path | None) -> None:
        built_in = built_in_folder() / "portal"
        folders = [FileSystemLoader(folder / "portal")] if folder else []
        self._environment = Environment(
            loader=ChoiceLoader([*folders, FileSystemLoader(built_in)]),
            undefined=StrictUndefined,
            autoescape=select_autoescape(),
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self.style = (built_in / "style.css").read_text("utf-8")

    def page(self, name: str, status: int, **context: Any) -> HTMLResponse:
        """A page in the built-in colours."""
        style = Markup(self.style)  # noqa: S704 - a file of ours
        headers = {**HEADERS, "Content-Security-Policy": policy(self.style)}
        return HTMLResponse(self.render(name, style=style, **context), status, headers=headers)

    def render(self, name: str, **context: Any) -> str:
        """The text of a page."""
        return self._environment.get_template(name).render(**context)
