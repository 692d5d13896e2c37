"""The README shows what ``counterfoil demo`` prints."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BEGIN, END = "<!-- demo: printed by `counterfoil demo` -->\n\n```text\n", "```\n\n<!-- end of demo -->"


def test_the_transcript_in_the_readme_is_what_the_demo_prints(tmp_path: Path) -> None:
    played = subprocess.run(
        [sys.executable, "-P", "-m", "daemon", "demo"],
        capture_output=True,
        text=True,
        timeout=60,
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )
    assert (played.returncode, played.stderr) == (0, "")
    readme = (ROOT / "README.md").read_text("utf-8")
    shown = readme.partition(BEGIN)[2].partition(END)[0]
    assert shown == played.stdout
