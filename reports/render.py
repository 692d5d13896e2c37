"""Reports for people who open no notebook: one is executed, and becomes a page, a PDF, tables and pictures.

OUT/weekly.html          one file, pictures inside, no script, nothing that is fetched
OUT/weekly.pdf
OUT/tables/*.csv         the tables; no cell is a formula
OUT/charts/*.png
OUT/summary.json         title, the sentences that matter first, and the charts: what the desk's mail is made of
"""

from __future__ import annotations

import json
import os
import re
import shutil
import tempfile
from collections.abc import Callable
from html import escape
from pathlib import Path
from typing import Any

from reports.dataset import open_desk
from reports.problems import ReportError
from reports.show import SHOWN

Progress = Callable[[int, int], None]
ANCHOR = re.compile(r'<a class="anchor-link".*?</a>')
SLOWEST = 600
"""Seconds that a cell may take."""


def folder_of(name: str) -> Path:
    """Our notebooks or templates: beside the packages in a checkout, else within this one."""
    here = Path(__file__).resolve().parent
    for folder in (here.parent / name, here / name):
        if folder.is_dir():
            return folder
    raise ReportError(f"the folder {name} is not there; install Counterfoil again")


def notebooks() -> dict[str, Path]:
    """The notebooks by name, with and without their number."""
    found = {}
    for path in sorted(folder_of("notebooks").glob("*.py")):
        found[path.stem] = path
        found.setdefault(path.stem.lstrip("0123456789_"), path)
    return found


def report(
    name: str,
    snapshot: str,
    out: Path,
    parameters: dict[str, Any] | None = None,
    progress: Progress = lambda *_: None,
) -> list[Path]:
    """Execute a notebook on a snapshot and write what it shows into a folder; the files that were written.

    ReportError where there is no such notebook, where the snapshot cannot be read, or a cell fails.
    """
    known = notebooks()
    if name not in known:
        raise ReportError(
            f"there is no report {name!r}; there are {', '.join(sorted({p.stem for p in known.values()}))}"
        )
    desk = open_desk(snapshot)
    address = snapshot if "://" in snapshot else str(Path(snapshot).resolve())
    stem = name.lstrip("0123456789_")
    with tempfile.TemporaryDirectory(prefix="counterfoil-report-") as temporary:
        shown = Path(temporary) / "shown"
        shown.mkdir()
        executed = execute(known[name], {"snapshot": address, **(parameters or {})}, progress, shown)
        page = _page(executed, desk, stem)
        (shown / f"{stem}.html").write_text(page, "utf-8")
        _pdf(page, shown / f"{stem}.pdf")
        _summary(shown, executed, stem)
        progress(1, 1)
        out.mkdir(parents=True, exist_ok=True)
        written = []
        for path in sorted(p for p in shown.rglob("*") if p.is_file() and p.name != "sentences.json"):
            target = out / path.relative_to(shown)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target.with_name(target.name + ".new"))
            target.with_name(target.name + ".new").replace(target)
            written.append(target)
    return written


def execute(path: Path, parameters: dict[str, Any], progress: Progress, shown: Path | None = None) -> Any:
    """Run a notebook from top to bottom in a kernel of its own, with these parameters."""
    import jupytext
    import nbformat
    from jupyter_client.manager import AsyncKernelManager
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError

    notebook = jupytext.read(path)
    for i, cell in enumerate(notebook.cells):
        if "parameters" in cell.metadata.get("tags", []):
            lines = "\n".join(f"{key} = {value!r}" for key, value in parameters.items())
            notebook.cells.insert(i + 1, nbformat.v4.new_code_cell(lines))  # type: ignore[no-untyped-call]
            break
    cells = sum(cell.cell_type == "code" for cell in notebook.cells)
    done = [0]

    def executed(**_: Any) -> None:
        done[0] += 1
        progress(done[0], cells)

    root = str(Path(__file__).resolve().parents[1])
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, [root, os.environ.get("PYTHONPATH")]))}
    environment["PYTHONWARNINGS"] = "ignore"
    if shown is not None:
        environment[SHOWN] = str(shown)
    with tempfile.TemporaryDirectory(prefix="counterfoil-kernel-") as sockets:
        client = NotebookClient(
            notebook,
            timeout=SLOWEST,
            # Sockets of files: those of TCP are open to everyone on this machine.
            km=AsyncKernelManager(transport="ipc", ip=f"{sockets}/kernel", kernel_name="python3"),
            on_cell_executed=executed,
            resources={"metadata": {"path": str(path.parent)}},
        )
        try:
            client.execute(env=environment)
        except CellExecutionError as error:
            raise ReportError(f"{path.name} failed: {error.ename}: {error.evalue}") from None
    return notebook


def _page(notebook: Any, desk: Any, name: str) -> str:
    import jinja2
    import pandas as pd
    from markupsafe import Markup

    parts = []
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            parts.append(_markdown(cell.source))
            continue
        parts += [
            f'<div class="output">{shown}</div>' for output in cell.get("outputs", []) if (shown := _output(output))
        ]
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(folder_of("templates") / "reports"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
    )
    until = pd.Timestamp(desk.taken_at, unit="s", tz="UTC").tz_convert(desk.calendars.zone)
    return environment.get_template("page.html").render(
        title=_title(notebook, name),
        source=desk.name,
        until=f"{until:%-d %B %Y, %H:%M} ({desk.calendars.zone})",
        tickets=f"{len(desk):,}",
        digest=desk.digest or "a live database",
        body=Markup("\n".join(part for part in parts if part)),  # noqa: S704  our own notebook's output
    )


def _markdown(text: str) -> str:
    from nbconvert.filters.markdown_mistune import markdown2html_mistune

    return ANCHOR.sub("", markdown2html_mistune(text))


def _output(output: Any) -> str:
    """What a cell shows, without scripts; what only a programmer would read is left out."""
    if output.output_type == "stream":
        return f"<pre>{escape(output.text)}</pre>" if output.name == "stdout" else ""
    data = output.get("data", {})
    for kind in ("image/svg+xml", "text/html"):
        if kind in data and "<script" not in data[kind]:
            return str(data[kind])
    if "image/png" in data:
        return f'<img alt="" src="data:image/png;base64,{data["image/png"].strip()}">'
    return _markdown(data["text/markdown"]) if "text/markdown" in data else ""


def _title(notebook: Any, name: str) -> str:
    for cell in notebook.cells:
        if cell.cell_type == "markdown" and cell.source.startswith("# "):
            return str(cell.source.partition("\n")[0][2:])
    return name


def _pdf(page: str, path: Path) -> None:
    try:
        from weasyprint import HTML
    except OSError as error:
        raise ReportError(
            f"a PDF cannot be made without Pango ({error}); on Debian: apt-get install libpango-1.0-0 libpangoft2-1.0-0"
        ) from None

    from weasyprint.urls import URLFetcher

    HTML(string=page, url_fetcher=URLFetcher(allowed_protocols=("data",))).write_pdf(path)


def _summary(shown: Path, notebook: Any, name: str) -> None:
    said = shown / "sentences.json"
    sentences = json.loads(said.read_text("utf-8")) if said.exists() else []
    charts = [path.name for path in sorted((shown / "charts").glob("*.png"), key=lambda p: p.stat().st_mtime_ns)]
    summary = {"name": name, "title": _title(notebook, name), "sentences": sentences, "charts": charts}
    (shown / "summary.json").write_text(json.dumps(summary, ensure_ascii=False, indent=1) + "\n", "utf-8")
