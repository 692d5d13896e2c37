"""The house keeps its directions, and the rules that say so do catch who breaks them."""

from __future__ import annotations

import ast
import shutil
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
MODULES = sorted(path for package in ("daemon", "reports", "bench") for path in (ROOT / package).rglob("*.py"))
LONGEST = 300
# Longer than that, and why.
LONG = {
    "daemon/config.py": "every option is declared in one place",
    "daemon/mail/markup.py": "one walk over HTML, with every element that bears on the text",
    "daemon/store/facts.py": "every question that a decision asks stands beside the others",
    "daemon/edge/conversation.py": "one class: what differs from aiosmtpd's",
    "reports/synth/fold.py": "one class: a ticket's life, act by act",
    "daemon/store/tables.py": "every table stands beside the others",
    "daemon/mail/agents_samples.py": "every branch of every template has its sample beside the others",
}


def imported(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add(node.module or ".")
    return names


def lint_imports(root: Path) -> subprocess.CompletedProcess[str]:
    command = "from importlinter.cli import lint_imports_command as run; run()"
    return subprocess.run(
        [sys.executable, "-P", "-c", f"import sys; sys.path.insert(0, '.'); {command}", "--no-cache", "--no-logo"],
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The sources alone, to break a rule in."""
    for package in ("daemon", "reports"):
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def test_every_import_goes_in_its_direction() -> None:
    linted = lint_imports(ROOT)
    assert linted.returncode == 0, linted.stdout


@pytest.mark.parametrize(
    ("module", "forbidden"),
    [
        ("daemon/mail/planted.py", "import daemon.store"),
        ("daemon/desk/planted.py", "import daemon.edge"),
        ("daemon/core/planted.py", "import pydantic"),
        ("daemon/core/planted.py", "import time"),
        ("daemon/edge/planted.py", "import peewee"),
        ("reports/planted.py", "import daemon.config"),
        ("daemon/web/planted.py", "import reports"),
    ],
)
def test_an_import_in_another_direction_is_caught(copy: Path, module: str, forbidden: str) -> None:
    (copy / module).write_text(f"{forbidden}\n")
    linted = lint_imports(copy)
    assert linted.returncode == 1
    assert "planted" in linted.stdout


def test_core_imports_the_standard_library_and_itself_alone() -> None:
    for path in (ROOT / "daemon" / "core").rglob("*.py"):
        for name in imported(path):
            assert name.split(".")[0] in sys.stdlib_module_names or name.startswith("daemon.core"), f"{path}: {name}"


def test_the_rule_for_core_names_every_dependency() -> None:
    contracts = PROJECT["tool"]["importlinter"]["contracts"]
    forbidden = next(set(contract["forbidden_modules"]) for contract in contracts if contract["id"] == "core")
    names: dict[str, set[str]] = {}
    for name, distributions in packages_distributions().items():
        for distribution in distributions:
            names.setdefault(distribution.lower().replace("_", "-"), set()).add(name)
    for dependency in PROJECT["project"]["dependencies"]:
        assert names[dependency.partition(">")[0].partition("[")[0].lower()] & forbidden, dependency


@pytest.mark.parametrize(
    "line",
    [
        "import time\n\ninstant = time.time()",
        "from time import time",
        "from datetime import UTC, datetime\n\ninstant = datetime.now(UTC)",
        "import secrets",
        "import random",
        "from uuid import uuid4",
        "import os\n\nsalt = os.urandom(16)",
    ],
)
def test_a_second_reader_of_clock_or_randomness_is_caught(line: str) -> None:
    source = f"{line}\n"
    command = [
        sys.executable,
        "-m",
        "ruff",
        "check",
        "--select",
        "TID251",
        "--stdin-filename",
        "daemon/desk/planted.py",
    ]
    checked = subprocess.run([*command, "-"], cwd=ROOT, input=source, capture_output=True, text=True, check=False)
    assert "TID251" in checked.stdout


def test_every_module_says_what_it_is_for() -> None:
    silent = [
        str(path.relative_to(ROOT)) for path in MODULES if not ast.get_docstring(ast.parse(path.read_text("utf-8")))
    ]
    assert [path for path in silent if "/migrations/" not in path] == []


def test_a_long_module_has_a_reason() -> None:
    lengths = {str(path.relative_to(ROOT)): len(path.read_text("utf-8").splitlines()) for path in MODULES}
    assert {name for name, length in lengths.items() if length > LONGEST and "/migrations/" not in name} <= set(LONG)


def test_starting_imports_nothing_heavy() -> None:
    """A worker process may import daemon.__main__ again."""
    code = "import sys, daemon.__main__; print(sorted(m for m in sys.modules if m.startswith('daemon')))"
    said = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert said == "['daemon', 'daemon.__main__']\n"


@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="this is no checkout")
def test_the_top_level_holds_what_the_house_names_and_nothing_that_was_left_there() -> None:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    top = {name.partition("/")[0] for name in listed.splitlines()}
    folders = {".ci", "bench", "bin", "daemon", "docs", "notebooks", "reports", "templates", "tests"}
    files = {".gitignore", "CHANGELOG.md", "LICENSE", "README.md", "config.example.toml", "pyproject.toml"}
    locks = {name for name in top if name.startswith("requirements") and name.endswith(".lock")}
    assert top - folders - files - locks == set()
