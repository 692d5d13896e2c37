"""How figures are shown: durations as people say them, tables to read, and files to carry on with.

``show.table`` prints a frame of figures as a table. Where ``$COUNTERFOIL_SHOWN`` names a folder (a report is being
made), every table is written there as CSV too, and charts as pictures.
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import altair as alt
import pandas as pd
from great_tables import GT, loc, style

from reports.words import duration, number, share

SHOWN = "COUNTERFOIL_SHOWN"
FORMULA = ("=", "+", "-", "@")
HIDDEN = ("metric", "clock", "unit", "method")
NAMES = {
    "n": "n", "n_open": "still open", "n_other": "ended otherwise", "estimate": "estimate", "low": "95 % from",
    "high": "to", "n_overdue": "overdue", "n_not_due": "not due yet", "n_paused": "paused",
    "n_cancelled": "cancelled", "n_young": "too young", "period": "from", "statistic": "",
}  # fmt: skip


def readable(figures: pd.DataFrame) -> pd.DataFrame:
    """Figures with each value in its unit, as text; where nothing is claimed, the reason."""
    told = figures.copy()
    units = told["unit"].astype(str) if "unit" in told else pd.Series([""] * len(told))
    how = {"s": duration, "share": share}
    for name in ("estimate", "low", "high"):
        if name in told:
            told[name] = [how.get(unit, number)(value) for unit, value in zip(units, figures[name], strict=True)]
    if "note" in told:
        told["estimate"] = [note or value for note, value in zip(told["note"], told["estimate"], strict=True)]
    if "period" in told:
        told["period"] = told["period"].dt.strftime("%Y-%m-%d")
    empty = [
        name
        for name in ("n_open", "n_other", *NAMES)
        if name in told and name.startswith("n_") and not figures[name].any()
    ]
    same = [name for name in ("low", "high") if name in figures and (figures["low"] == figures["estimate"]).all()]
    return told.drop(columns=[c for c in (*HIDDEN, "note", *empty, *same) if c in told])


def table(
    figures: pd.DataFrame, title: str, subtitle: str = "", *, name: str = "", kept: pd.DataFrame | None = None
) -> GT:
    """A table of figures, or of any small frame; ``kept`` is what is written as CSV, if that is another."""
    told = readable(figures) if "estimate" in figures else figures
    _keep_table(figures if kept is None else kept, name or title)
    made = GT(told).tab_header(title=title, subtitle=subtitle or None)
    made = made.cols_label(**{c: NAMES.get(c, c.replace("_", " ")) for c in told.columns})
    numeric = [c for c in told.columns if c in NAMES and c not in ("period", "statistic")]
    if numeric:
        made = made.cols_align("right", numeric)
    if "estimate" in told:
        made = made.tab_style(style.text(weight="bold"), loc.body(columns="estimate"))
    return made.tab_options(
        table_font_size="13px",
        table_font_names=["DejaVu Sans", "Helvetica", "Arial", "sans-serif"],
        heading_align="left",
        heading_title_font_size="15px",
        data_row_padding="4px",
        table_margin_left="0",
    )


def compared(frame: pd.DataFrame, title: str, subtitle: str = "", *, name: str = "") -> GT:
    """A what-if as a table: kept then and so, each with its interval, and the difference in points."""
    told = frame[
        [c for c in frame.columns if not c.startswith(("n_", "estimate", "low", "high", "note", "difference"))]
    ].copy()
    if "period" in told:
        told["period"] = told["period"].dt.strftime("%Y-%m-%d")
    for when, called in (("then", "kept then"), ("so", "kept so")):
        told[f"due {when}"] = frame[f"n_{when}"].map(number)
        told[called] = [
            share(e) if math.isnan(e) else f"{share(e)} ({low * 100:.1f} to {high * 100:.1f})"
            for e, low, high in zip(*(frame[f"{c}_{when}"] for c in ("estimate", "low", "high")), strict=True)
        ]
    told["difference"] = ["–" if math.isnan(d) else f"{d * 100:+.1f} points" for d in frame["difference"]]
    return table(told, title, subtitle, name=name, kept=frame)


def shares(frame: pd.DataFrame, columns: Sequence[str]) -> pd.DataFrame:
    """A frame with these columns as per cent."""
    return frame.assign(**{name: frame[name].map(share) for name in columns})


def chart(drawn: alt.TopLevelMixin, name: str) -> Any:
    """A chart under a name by which a report keeps its picture."""
    folder = _folder()
    if folder is not None:
        (folder / "charts").mkdir(parents=True, exist_ok=True)
        drawn.save(str(folder / "charts" / f"{_slug(name)}.png"), scale_factor=2)
    return drawn


def sentences(said: Sequence[str]) -> Any:
    """The sentences that matter first, as a list; a report's mail begins with them."""
    folder = _folder()
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "sentences.json").write_text(json.dumps(list(said), ensure_ascii=False), "utf-8")
    from IPython.display import Markdown

    return Markdown(  # type: ignore[no-untyped-call]
        "\n".join(f"1. {one}" for one in said)
    )


def write_csv(frame: pd.DataFrame, path: Path) -> None:
    """A frame as CSV in which no cell is a formula: text that might be one is led by an apostrophe."""
    safe = frame.copy()
    for name in safe.columns:
        if not pd.api.types.is_numeric_dtype(safe[name]) and not pd.api.types.is_datetime64_any_dtype(safe[name]):
            safe[name] = [neutral(value) for value in safe[name]]
    safe.columns = [neutral(str(name)) for name in safe.columns]
    safe.to_csv(path, index=False)


def neutral(value: Any) -> Any:
    """Text that a spreadsheet will not compute, on one line."""
    if not isinstance(value, str):
        return value
    line = "".join(c if ord(c) >= 32 else " " for c in value)
    return "'" + line if line.lstrip().startswith(FORMULA) or line != value else line


def _keep_table(frame: pd.DataFrame, name: str) -> None:
    folder = _folder()
    if folder is not None:
        (folder / "tables").mkdir(parents=True, exist_ok=True)
        write_csv(frame, folder / "tables" / f"{_slug(name)}.csv")


def _folder() -> Path | None:
    named = os.environ.get(SHOWN)
    return Path(named) if named else None


def _slug(name: str) -> str:
    return "-".join("".join(c if c.isalnum() else " " for c in name.lower()).split())[:60]
