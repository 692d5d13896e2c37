"""Every reason in the code has its sentence, and every sentence its reason."""

from __future__ import annotations

import re
from pathlib import Path

from daemon.core.reasons import REASONS

ROOT = Path(__file__).resolve().parents[2]
WRITTEN = re.compile(r'"([a-z]+(?:-[a-z]+)*)"')


def test_no_sentence_is_left_over() -> None:
    code = "\n".join(p.read_text("utf-8") for p in (ROOT / "daemon").rglob("*.py") if p.name != "reasons.py")
    used = set(WRITTEN.findall(code))
    computed = {"agent-confirmed", "agent-discarded"}
    assert not set(REASONS) - used - computed


def test_every_reason_of_a_decision_is_explained() -> None:
    for name in ("decide", "matching", "screening", "from_agent", "carrying_out", "undoing", "guarding"):
        code = (ROOT / "daemon" / "core" / f"{name}.py").read_text("utf-8")
        for reason in re.findall(r'(?:Plan\("\w+", |Match\(\w+, |Screened\([^"]*)"([a-z-]+)"', code):
            assert reason in REASONS, reason
