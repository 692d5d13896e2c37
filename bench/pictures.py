"""Turn every mail that the desk writes into pictures, to be looked at: ``python -m bench.pictures FOLDER``.

Each sample of each template, at 360 and 1000 pixels, light and dark, by Chromium. Nothing is judged here; people look.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Literal

from playwright.sync_api import Browser, sync_playwright

from daemon.mail.contexts import Context
from daemon.mail.letters import template_values
from daemon.mail.samples import SAMPLES
from daemon.mail.templates import Templates

Scheme = Literal["light", "dark"]
CHROMIUM = ("/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome")
WIDTHS = (360, 1000)
SCHEMES: tuple[Scheme, ...] = ("light", "dark")


def pictures(folder: Path, languages: list[str]) -> list[Path]:
    """Write the pictures and return their paths."""
    program = next((path for path in CHROMIUM if Path(path).exists()), None)
    if program is None:
        raise SystemExit("chromium is not installed; on Debian: apt-get install chromium")
    folder.mkdir(parents=True, exist_ok=True)
    templates = Templates(None)
    written = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-gpu"])
        for language in languages:
            for name, samples in SAMPLES.items():
                for number, sample in enumerate(samples, 1):
                    html = _html(templates, language, name, sample)
                    stem = f"{language}-{name}-{number}"
                    written += [_picture(browser, html, folder, stem, w, s) for w in WIDTHS for s in SCHEMES]
        browser.close()
    return written


def _html(templates: Templates, language: str, name: str, sample: Context) -> str:
    html = templates.render(language, name, **template_values(sample)).html
    assert html is not None
    return html


def _picture(browser: Browser, html: str, folder: Path, stem: str, width: int, scheme: Scheme) -> Path:
    page = browser.new_page(viewport={"width": width, "height": 300}, color_scheme=scheme, java_script_enabled=False)
    page.set_content(html)
    path = folder / f"{stem}-{width}-{scheme}.png"
    page.screenshot(path=path, full_page=True)
    page.close()
    return path


def main(arguments: list[str]) -> None:
    if len(arguments) != 1:
        raise SystemExit("usage: pictures FOLDER")
    for path in pictures(Path(arguments[0]), Templates(None).languages()):
        sys.stdout.write(f"{path}\n")


if __name__ == "__main__":
    main(sys.argv[1:])
