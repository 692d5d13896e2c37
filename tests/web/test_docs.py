"""The page on the API tells what is so."""

from __future__ import annotations

import re
from pathlib import Path

from daemon.desk.tokens import SCOPES

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "api.md").read_text("utf-8")
DESK = [ROOT / "daemon" / "desk" / f"{name}.py" for name in ("editing", "ticketing")]
CODE = "\n".join(path.read_text("utf-8") for path in [*(ROOT / "daemon" / "web" / "api").rglob("*.py"), *DESK])


STATUSES = {"conflict": "409", "forbidden": "403", "too-large": "413", "overloaded": "503"}
"""Of what a use-case refuses; the other kinds are `not-found` and `invalid`."""


def test_every_scope_is_told_with_its_sentence() -> None:
    told = dict(re.findall(r"^\| `([a-z:]+)` \| (.+) \|$", PAGE, re.MULTILINE))
    assert {name: told[name].casefold() + "." for name in SCOPES} == {k: v.casefold() for k, v in SCOPES.items()}


def test_the_problems_that_the_page_tells_are_those_of_the_code() -> None:
    rows = re.findall(r"^\| (`[a-z-]+`(?:, `[a-z-]+`)*) \| (\d{3}) \|", PAGE, re.MULTILINE)
    told = {(kind, status) for kinds, status in rows for kind in re.findall(r"[a-z-]+", kinds)}
    assert len(told) == len({kind for kind, _ in told})
    raised = {(kind, status) for status, kind in re.findall(r'Problem\(\s*(\d{3}),\s*"([a-z-]+)"', CODE)}
    refused = re.findall(r'Refused\(\s*"([a-z-]+)",\s*"([a-z-]+)"', CODE)
    raised |= {(because, STATUSES[kind]) for kind, because in refused if kind in STATUSES}
    assert raised - told == set()
    assert {kind for kind, _ in told if f'"{kind}"' not in CODE and kind != "method-not-allowed"} == set()
