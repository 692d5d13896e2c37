"""Pages from templates: self-contained, without scripts, with headers that say so."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from fastapi.responses import HTMLResponse
from jinja2 import ChoiceLoader, Environment, FileSystemLoader, StrictUndefined, select_autoescape

from daemon.mail.templates import built_in_folder

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self'; "
        "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}


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
        return HTMLResponse(self.render(name, **context), status, headers=HEADERS)

    def render(self, name: str, **context: Any) -> str:
        """The text of a page."""
        return self._environment.get_template(name).render(**context)
