"""The lock files hold what pyproject.toml asks for, each at one version with hashes, and name no host and no folder."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
DAEMON, REPORTS, TEST, BENCH = (f"requirements{name}.lock" for name in ("", "-reports", "-test", "-bench"))


def locked(name: str) -> dict[str, str]:
    return dict(re.findall(r"(?m)^([\w.-]+)==(\S+)", (ROOT / name).read_text("utf-8")))


def asked(dependencies: list[str]) -> set[str]:
    return {re.sub(r"[-_.]+", "-", re.split(r"[\[><=~! ]", dependency)[0]).lower() for dependency in dependencies}


def test_every_dependency_is_locked() -> None:
    assert asked(PROJECT["dependencies"]) <= set(locked(DAEMON))
    assert asked(PROJECT["optional-dependencies"]["reports"]) <= set(locked(REPORTS))
    assert asked(PROJECT["optional-dependencies"]["test"]) <= set(locked(TEST))
    assert asked(PROJECT["optional-dependencies"]["bench"]) <= set(locked(BENCH))


def test_whatever_tests_and_notebooks_import_is_asked_for() -> None:
    """deptry looks at the packages alone; here something that one machine happens to have could be missed."""
    ours = {"daemon", "reports", "tests", "bench"}
    optional = PROJECT["optional-dependencies"]
    known = {*asked(PROJECT["dependencies"]), *asked(optional["reports"]), *asked(optional["test"])}
    provided = packages_distributions()
    for path in (*(ROOT / "tests").rglob("*.py"), *(ROOT / "notebooks").glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Import):
                names = {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                names = {(node.module or "").partition(".")[0]}
            else:
                continue
            for name in names - ours - sys.stdlib_module_names:
                from_packages = {re.sub(r"[-_.]+", "-", one).lower() for one in provided.get(name, [])}
                assert from_packages & known, f"{path.name} imports {name}, which pyproject.toml does not ask for"


def test_the_daemon_is_locked_alone() -> None:
    assert not {"pytest", "pandas", "jupyter"} & set(locked(DAEMON))


def test_tests_run_on_the_versions_that_the_daemon_runs_on() -> None:
    assert locked(DAEMON).items() <= locked(REPORTS).items() <= locked(TEST).items()


def test_measurements_run_on_the_versions_that_the_tests_run_on() -> None:
    assert locked(TEST).items() <= locked(BENCH).items()


@pytest.mark.parametrize("name", [DAEMON, REPORTS, TEST, BENCH])
def test_a_lock_file_has_hashes_and_names_no_host_and_no_folder(name: str) -> None:
    text = (ROOT / name).read_text("utf-8")
    assert len(locked(name)) == len(re.findall(r"(?m)^[\w.-]+==.* \\\n    --hash=sha256:[0-9a-f]{64}", text))
    for word in ("://", "--index-url", "--extra-index-url", "--find-links", "--trusted-host", " @ "):
        assert word not in text
