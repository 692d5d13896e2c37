"""Reports for people who open no notebook: the page, the PDF, the tables, and the mail that brings them."""

from __future__ import annotations

import asyncio
import io
import json
import re
import subprocess
import sys
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pandas as pd
import pytest
from pypdf import PdfReader

import reports
from daemon.core.schedule import schedule
from daemon.desk import studies
from daemon.desk.studies import Studies
from reports import charts, show
from reports.__main__ import Bar
from tests.databases import look
from tests.promises.desk import simulated, utc

NOTEBOOKS = sorted((Path(__file__).resolve().parents[2] / "notebooks").glob("*.py"))
REMOTE = re.compile(r"""(?:src|href)\s*=\s*["']?(?!data:|#)|@import|url\(\s*["']?(?!data:|#)|<script""", re.I)


def report(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Call ``python -m reports report``."""
    command = [sys.executable, "-P", "-m", "reports", "report", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def weekly(year_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The weekly report of the demo year."""
    out = tmp_path_factory.mktemp("weekly")
    done = report("weekly", "--snapshot", year_folder, "--out", out)
    assert done.returncode == 0, done.stderr
    assert {Path(line) for line in done.stdout.split()} == {path for path in out.rglob("*") if path.is_file()}
    return out


def test_the_page_stands_alone(weekly: Path) -> None:
    page = (weekly / "weekly.html").read_text("utf-8")
    assert not REMOTE.search(page)
    assert "<title>The week</title>" in page
    assert page.count("<svg") >= 4
    assert "¶" not in page


def test_the_pdf_says_the_same_and_its_pages_are_numbered(weekly: Path) -> None:
    pages = PdfReader(weekly / "weekly.pdf").pages
    text = "".join(page.extract_text() for page in pages)
    assert "In the week from 22 December" in text
    assert f"1 / {len(pages)}" in text


def test_tables_are_files_and_charts_are_pictures(weekly: Path) -> None:
    table = pd.read_csv(weekly / "tables" / "first-response.csv")
    assert {"estimate", "low", "high", "n", "n_open"} <= set(table.columns)
    summary = json.loads((weekly / "summary.json").read_text())
    assert len(summary["sentences"]) == 3
    assert summary["charts"] == ["flow.png", "first-response.png", "kept.png", "backlog.png"]
    assert all((weekly / "charts" / name).read_bytes().startswith(b"\x89PNG") for name in summary["charts"])


def test_a_report_that_does_not_exist_or_fails_is_told_in_a_sentence(year_folder: Path, tmp_path: Path) -> None:
    known = report("weakly", "--snapshot", year_folder, "--out", tmp_path / "out")
    assert "there is no report 'weakly'; there are 01_overview" in known.stderr
    failed = report("weekly", "--snapshot", year_folder, "--out", tmp_path / "out", "--zone", "Mars")
    assert "'Mars' is no time zone" in failed.stderr
    assert (known.returncode, failed.returncode) == (1, 1)
    assert "Traceback" not in known.stderr + failed.stderr
    assert not (tmp_path / "out").exists()


def test_how_far_it_is_stands_on_one_line_of_a_terminal() -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    shown = Terminal()
    with Bar("weekly", shown) as bar:
        bar.show(3, 12)
    assert "\rweekly [██████··················] 3/12" in shown.getvalue()
    assert "\n" not in shown.getvalue()


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_and_its_pair_say_the_same_and_hold_no_outputs(path: Path) -> None:
    import jupytext

    paired = json.loads(path.with_suffix(".ipynb").read_text("utf-8"))
    ours = [(cell.cell_type, cell.source) for cell in jupytext.read(path).cells]
    assert [(cell["cell_type"], "".join(cell["source"])) for cell in paired["cells"]] == ours
    assert not any(cell.get("outputs") or cell.get("execution_count") for cell in paired["cells"])
    assert len(path.read_text("utf-8").splitlines()) < 100


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", " =1", "=cmd|' /C calc'!A0"])
def test_i23_no_cell_of_a_table_is_a_formula(text: str, tmp_path: Path) -> None:
    show.write_csv(pd.DataFrame({"name": [text], text: [-1.5]}), tmp_path / "t.csv")
    read = pd.read_csv(tmp_path / "t.csv", dtype=str, keep_default_na=False)
    assert read["name"][0].startswith("'")
    assert read.columns[1].startswith("'")
    assert read.iloc[0, 1] == "-1.5"


@pytest.mark.parametrize(
    ("seconds", "told"),
    [(0, "0 s"), (59, "59 s"), (90, "2 min"), (3600, "1 h"), (7500, "2 h 05 min"), (10 * 86_400, "10 d")],
)
def test_durations_are_told_as_people_say_them(seconds: float, told: str) -> None:
    assert show.duration(seconds) == told


def test_an_interval_without_an_end_does_not_flatten_the_chart(year: reports.Desk) -> None:
    figures = reports.first_response(year, by=["team"], period="month")
    assert (figures["high"] == float("inf")).any()
    drawn = charts.trend(figures, "t", statistic="p90", by="team").to_dict()
    top = drawn["layer"][0]["encoding"]["y"]["scale"]["domainMax"]
    assert top <= 2 * figures.query("statistic == 'p90'")["estimate"].max() / 3600


# on a schedule


def test_the_daemon_takes_a_snapshot_and_mails_the_report_when_they_are_due(
    tmp_path: Path, weekly: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = {
        "snapshot": {"at": "03:00", "folder": str(tmp_path / "history")},
        "report": [{"name": "weekly", "at": "mon 07:00", "to": ["manager@example.com", "other@example.com"]}],
    }
    ran: list[list[str]] = []

    async def run(arguments: list[str], env: dict[str, str]) -> None:
        """The report that was made already takes the place of a new one; the snapshot is a real one."""
        ran.append(arguments)
        if arguments[0] == "report":
            import shutil

            shutil.copytree(weekly, arguments[-1], dirs_exist_ok=True)
        else:
            await really(arguments, env)

    really = studies.run
    monkeypatch.setattr(studies, "run", run)
    with simulated(tmp_path, settings, utc("2026-03-06 12:00")) as here:
        here.open()
        daemon = Studies(here.house)

        def turn(at: str) -> float | None:
            here.now = utc(at)
            return asyncio.run(daemon.turn())

        assert turn("2026-03-06 12:00") == 15 * 3600
        assert ran == []  # what was due before there was a desk is nobody's loss
        turn("2026-03-07 03:00")
        assert [arguments[0] for arguments in ran] == ["snapshot"]
        assert len(reports.open(tmp_path / "history")) == 1
        turn("2026-03-09 08:30")  # the daemon was away at seven: it catches up, once
        turn("2026-03-09 08:31")
        assert [arguments[0] for arguments in ran] == ["snapshot", "snapshot", "snapshot", "report"]
        assert asyncio.run(Studies(here.house).turn())
        assert len(ran) == 4
        letters = look(
            here.url, "SELECT recipient, content FROM outbox JOIN raw ON raw.sha256 = raw WHERE kind = 'report'"
        )
    assert sorted(row["recipient"] for row in letters) == ["manager@example.com", "other@example.com"]
    mail = message_from_bytes(bytes(letters[0]["content"]), policy=policy.default)
    assert isinstance(mail, EmailMessage)
    assert mail["Subject"] == "The week, 2026-03-09"
    text = mail.get_body(("plain",))
    page = mail.get_body(("html",))
    assert text is not None and page is not None
    assert text.get_content().count("* ") == 3
    shown = {f"cid:{part['Content-ID'].strip('<>')}" for part in mail.walk() if part["Content-ID"]}
    assert len(shown) == 4
    assert all(f'src="{one}"' in page.get_content() for one in shown)
    assert [part.get_filename() for part in mail.iter_attachments()] == ["weekly.pdf"]


def test_one_that_fails_is_tried_again_later_and_holds_up_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[int] = []

    async def run(arguments: list[str], env: dict[str, str]) -> None:
        tried.append(here.now)
        raise studies.StudyFailed("the disk is full")

    monkeypatch.setattr(studies, "run", run)
    with simulated(tmp_path, {"snapshot": {"at": "03:00"}}, utc("2026-03-06 12:00")) as here:
        daemon = Studies(here.house)
        for at in ("2026-03-06 12:00", "2026-03-07 03:00", "2026-03-07 03:01", "2026-03-07 03:16"):
            here.now = utc(at)
            asyncio.run(daemon.turn())
    assert tried == [utc("2026-03-07 03:00"), utc("2026-03-07 03:16")]


@pytest.mark.parametrize(
    ("text", "now", "last", "following"),
    [
        ("03:00", "2026-03-06 12:00", "2026-03-06 02:00", "2026-03-07 02:00"),
        ("mon 07:00", "2026-03-09 06:00", "2026-03-09 06:00", "2026-03-16 06:00"),
        ("sun 02:30", "2026-03-29 12:00", "2026-03-29 01:30", "2026-04-05 00:30"),  # the clock skips 02:30
    ],
)
def test_a_schedule_goes_by_the_wall_clock(text: str, now: str, last: str, following: str) -> None:
    from zoneinfo import ZoneInfo

    berlin = ZoneInfo("Europe/Berlin")
    assert schedule(text).last(utc(now), berlin) == utc(last)
    assert schedule(text).next(utc(now), berlin) == utc(following)


@pytest.mark.parametrize("text", ["7:00", "24:00", "monday 07:00", "", "noon"])
def test_a_time_that_is_none_is_told_so(text: str) -> None:
    with pytest.raises(ValueError, match=r"write one such as 03:00"):
        schedule(text)
