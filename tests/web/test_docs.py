"""The page on the API tells what is so."""

from __future__ import annotations

import re
from pathlib import Path

from daemon.desk.tokens import SCOPES

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "api.md").read_text("utf-8")
DESK = [ROOT / "daemon" / "desk" / f"{name}.py" for name in ("editing", "ticketing")]
CODE = "\n".join(path.read_text("utf-8") for path in [*(ROOT / "daemon" / "web" / "api").rglob("*.py"), *DESK])


def test_every_scope_is_told_with_its_sentence() -> None:
    told = dict(re.findall(r"^\| `([a-z:]+)` \| (.+) \|$", PAGE, re.MULTILINE))
    assert {name: told[name].casefold() + "." for name in SCOPES} == {k: v.casefold() for k, v in SCOPES.items()}


def test_the_problems_that_the_page_tells_are_those_of_the_code() -> None:
    told = re.findall(r"^\| `([a-z-]+)` \| (\d{3}) \|", PAGE, re.MULTILINE)
    raised = {(kind, status) for status, kind in re.findall(r'Problem\(\s*(\d{3}),\s*"([a-z-]+)"', CODE)}
    assert len(told) == len(set(told))
    for kind, status in told:
        assert (kind, status) in raised or f'"{kind}"' in CODE, kind
    mine = {"callers", "bodies", "etags", "repeats", "problems"}
    own = "\n".join((ROOT / "daemon" / "web" / "api" / f"{name}.py").read_text("utf-8") for name in mine)
    assert {kind for _, kind in re.findall(r'Problem\(\s*(\d{3}),\s*"([a-z-]+)"', own)} <= {kind for kind, _ in told}
