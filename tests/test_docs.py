"""The docs hold together: links lead somewhere, and every page can be found."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]
LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")
CODE = re.compile(r"```.*?```|`[^`\n]*`", re.DOTALL)


def names(pages: list[Path]) -> list[str]:
    return [str(page.relative_to(ROOT)) for page in pages]


def links(page: Path) -> list[str]:
    return LINK.findall(CODE.sub("", page.read_text("utf-8").replace("[`", "[").replace("`]", "]")))


def anchors(page: Path) -> set[str]:
    headings = re.findall(r"(?m)^#+ (.+)$", CODE.sub(lambda code: code[0].strip("`"), page.read_text("utf-8")))
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=names(PAGES))
def test_every_link_leads_somewhere(page: Path) -> None:
    for link in links(page):
        if link.startswith(("https://", "http://", "mailto:")):
            continue
        target, _, anchor = link.partition("#")
        file = (page.parent / target).resolve() if target else page
        assert file.exists(), f"{link} leads nowhere"
        assert ROOT in (file, *file.parents), f"{link} leads out of the project"
        assert not anchor or anchor in anchors(file), f"{link}: no such heading"


@pytest.mark.parametrize("page", PAGES[2:], ids=names(PAGES[2:]))
def test_every_page_can_be_found_from_the_readme_or_the_index(page: Path) -> None:
    found = {
        (start.parent / link.partition("#")[0]).resolve()
        for start in (ROOT / "README.md", ROOT / "docs" / "index.md")
        for link in links(start)
    }
    assert page in found
