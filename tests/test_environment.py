"""bin/environment makes an environment once and anew when it must; here with a lock file that names nothing."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SET_UP = "set -eu; . bin/environment; environment .venv requirements.lock"


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout in a folder with a space, whose daemon only prints what it was called with."""
    folder = tmp_path / "counter foil"
    (folder / "bin").mkdir(parents=True)
    shutil.copy(ROOT / "bin" / "environment", folder / "bin")
    (folder / "daemon").mkdir()
    (folder / "daemon" / "__main__.py").write_text("import sys\nprint(sys.argv[1:])\n")
    (folder / "requirements.lock").write_text("# nothing\n")
    return folder


def set_up(checkout: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["/bin/sh", "-c", SET_UP],
        cwd=checkout,
        env={"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": str(checkout), **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def made(checkout: Path) -> bool:
    """Set up; whether that made an environment, rather than found it made."""
    finished = set_up(checkout)
    if "has no pip" in finished.stderr:
        pytest.skip("the system's python3 has no pip")
    assert finished.returncode == 0, finished.stderr
    return "Setting up (once)" in finished.stderr


def test_an_environment_is_made_once(checkout: Path) -> None:
    assert made(checkout)
    assert not made(checkout)


def test_another_lock_file_makes_it_anew(checkout: Path) -> None:
    made(checkout)
    (checkout / "requirements.lock").write_text("# nothing else\n")
    (checkout / ".venv" / "leftover").touch()
    assert made(checkout)
    assert not (checkout / ".venv" / "leftover").exists()


def test_a_set_up_that_was_interrupted_is_begun_again(checkout: Path) -> None:
    made(checkout)
    (checkout / ".venv" / "built-from").write_text("")
    (checkout / ".venv" / "bin" / "python").unlink()
    assert made(checkout)
    assert not made(checkout)


def test_an_environment_of_someone_elses_is_added_to_and_not_wiped(checkout: Path) -> None:
    made(checkout)
    (checkout / ".venv" / "built-from").unlink()
    (checkout / ".venv" / "theirs").touch()
    assert made(checkout)
    assert (checkout / ".venv" / "theirs").exists()


def test_the_command_runs_from_anywhere_also_after_the_folder_was_moved(checkout: Path) -> None:
    made(checkout)
    moved = checkout.rename(checkout.with_name("moved"))
    assert not made(moved)
    link = moved.parent / "counterfoil"
    link.symlink_to(moved / ".venv" / "bin" / "counterfoil")
    said = subprocess.run([link, "ticket", "a b"], cwd="/", capture_output=True, text=True, check=True).stdout
    assert said == "['ticket', 'a b']\n"


def test_two_set_ups_at_once_make_it_once(checkout: Path) -> None:
    if not shutil.which("flock", path="/usr/bin:/bin"):
        pytest.skip("flock is not installed")
    made(checkout)
    (checkout / "requirements.lock").write_text("# nothing else\n")
    environment = {"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": str(checkout)}
    both = [subprocess.Popen(["/bin/sh", "-c", SET_UP], cwd=checkout, env=environment) for _ in range(2)]
    assert [process.wait() for process in both] == [0, 0]
    assert not made(checkout)


def test_a_python_that_does_not_suit_is_named(checkout: Path) -> None:
    finished = set_up(checkout, PYTHON="/bin/false")
    assert finished.returncode == 1
    assert finished.stderr.endswith(
        "PYTHON=/bin/false is no Python 3.11, 3.12 or 3.13; set PYTHON to one or leave it unset\n"
    )
