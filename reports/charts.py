"""Charts that a manager reads at a glance: one thought each, units on every axis, colours that all eyes tell apart.

Each takes figures (tidy frames of the metrics) and returns an altair chart; hours in place of seconds. Intervals are
drawn as bands or whiskers. Colours are those of Okabe and Ito; lines differ in their dashes too, for grey prints.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, cast

import altair as alt
import pandas as pd

HOUR = 3_600
COLOURS = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#F0E442", "#000000"]
DASHES = [[1, 0], [6, 3], [2, 2], [8, 3, 2, 3], [4, 1], [1, 1], [10, 2], [3, 5]]
GREY, INK, ALARM, CALM = "#6b7280", "#1f2937", "#D55E00", "#0072B2"
WIDTH, HEIGHT = 640, 260
WEEKDAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]


def theme() -> dict[str, Any]:
    """Quiet axes, no frame, room for words."""
    font = "DejaVu Sans, Helvetica, Arial, sans-serif"
    return {
        "config": {
            "background": "white",
            "font": font,
            "view": {"stroke": None, "continuousWidth": WIDTH, "continuousHeight": HEIGHT},
            "title": {"anchor": "start", "fontSize": 14, "color": INK, "subtitleColor": GREY, "offset": 12},
            "axis": {"gridColor": "#e5e7eb", "domainColor": "#9ca3af", "tickColor": "#9ca3af", "labelColor": INK,
                     "titleColor": GREY, "titleFontWeight": "normal", "labelFontSize": 11, "titleFontSize": 11},
            "axisX": {"grid": False},
            "legend": {"titleColor": GREY, "titleFontWeight": "normal", "labelColor": INK, "orient": "top",
                       "symbolSize": 120, "labelFontSize": 11},
            "range": {"category": COLOURS},
            "line": {"strokeWidth": 2},
        }
    }  # fmt: skip


def enable() -> None:
    """Draw as pictures that need no script and no network."""
    alt.theme.register("counterfoil", enable=True)(lambda: cast(Any, theme()))
    alt.renderers.enable("svg")
    alt.data_transformers.disable_max_rows()


def trend(
    figures: pd.DataFrame,
    title: str,
    subtitle: str = "",
    *,
    statistic: str = "",
    by: str = "",
    unit: str = "hours",
    x: str = "period",
) -> Any:
    """A line through periods, with its interval as a band. ``unit``: hours (of seconds), per cent (of shares), or
    plain.

    Where nothing is claimed, the line has a gap.
    """
    data = _scaled(figures[figures["statistic"] == statistic] if statistic else figures, unit)
    top = _top(unit, data)
    scale, axis = _scale(unit, top), _format(unit)
    y = alt.Y("estimate:Q", title=_axis(unit), scale=scale, axis=axis)
    band = alt.Chart(data.assign(high=data["high"].clip(upper=top))).mark_area(opacity=0.16, clip=True)
    line = alt.Chart(data).mark_line(point=alt.OverlayMarkDef(size=30))
    place = _time(x, data)
    band = band.encode(x=place, y=alt.Y("low:Q", title=_axis(unit), scale=scale, axis=axis), y2="high:Q")
    line = line.encode(x=place, y=y)
    if by:
        names = sorted(data[by].dropna().unique().tolist())
        colours = alt.Scale(domain=names, range=COLOURS[: len(names)])
        stroke = alt.Legend(symbolType="stroke", symbolOpacity=1, symbolStrokeWidth=2.5, symbolSize=500)
        colour = alt.Color(f"{by}:N", title=by, scale=colours, legend=stroke)
        band = band.encode(color=colour)
        line = line.encode(
            color=colour,
            strokeDash=alt.StrokeDash(
                f"{by}:N", title=by, scale=alt.Scale(domain=names, range=DASHES[: len(names)]), legend=stroke
            ),
        )
    return _titled(alt.layer(band, line), title, subtitle)


def bars(
    figures: pd.DataFrame,
    title: str,
    subtitle: str = "",
    *,
    x: str,
    statistic: str = "",
    unit: str = "plain",
    axis: str = "",
    by: str = "",
    order: Sequence[str] | None = None,
) -> Any:
    """Bars with whiskers for the interval, in groups if ``by`` is told."""
    data = _scaled(figures[figures["statistic"] == statistic] if statistic else figures, unit)
    told = axis or _axis(unit)
    height = 22 * max(len(data), 3)
    y = alt.Y(f"{x}:N", title=None, sort=list(order) if order else "-x")
    mark = alt.Chart(data).mark_bar() if by else alt.Chart(data).mark_bar(height={"band": 0.7})
    bar = mark.encode(x=alt.X("estimate:Q", title=told, scale=_scale(unit), axis=_format(unit)), y=y)
    whisker = alt.Chart(data[data["high"] > data["low"]]).mark_rule(color=INK, strokeWidth=1.5)
    whisker = whisker.encode(x=alt.X("low:Q", title=told), x2="high:Q", y=y)
    if by:
        names = sorted(data[by].dropna().unique().tolist())
        colour = alt.Color(f"{by}:N", title=by, scale=alt.Scale(domain=names, range=COLOURS[: len(names)]))
        bar = bar.encode(color=colour, yOffset=alt.YOffset(f"{by}:N"))
        whisker = whisker.encode(yOffset=alt.YOffset(f"{by}:N", bandPosition=0.5))
    else:
        bar = bar.encode(color=alt.value(CALM))
    return _titled(alt.layer(bar, whisker), title, subtitle, height)


def flow(figures: pd.DataFrame, title: str, subtitle: str = "") -> Any:
    """What entered the backlog (up) and what left it (down), by period and cause, and the net as a line."""
    leaves = figures["cause"].isin(["resolved", "closed", "merged", "spam", "moved out"])
    data = figures.assign(change=figures["estimate"].where(~leaves, -figures["estimate"]))
    causes = [c for c in ("opened", "reopened", "moved in", "resolved", "closed", "merged", "spam", "moved out")
              if c in set(data["cause"])]  # fmt: skip
    place = _time("period", data)
    net = data.groupby("period", as_index=False)["change"].sum()
    bar = (
        alt.Chart(data)
        .mark_bar(width=10)
        .encode(
            x=place,
            y=alt.Y("sum(change):Q", title="tickets in (+) and out (−)"),
            color=alt.Color(
                "cause:N", title="cause", sort=causes, scale=alt.Scale(domain=causes, range=COLOURS[: len(causes)])
            ),
        )
    )
    line = alt.Chart(net).mark_line(
        color="#000000", strokeWidth=1.5, point=alt.OverlayMarkDef(color="#000000", size=20)
    )
    return _titled(
        alt.layer(bar, line.encode(x=place, y=alt.Y("change:Q", title="tickets in (+) and out (−)"))), title, subtitle
    )


def hours_of_week(figures: pd.DataFrame, title: str, subtitle: str = "") -> Any:
    """When mail comes in: hours of the day by days of the week."""
    data = figures.assign(hour=figures["hour"].astype(int))
    chart = alt.Chart(data).mark_rect().encode(
        x=alt.X("hour:O", title="hour of the day (local)"),
        y=alt.Y("weekday:O", title=None, sort=WEEKDAYS),
        color=alt.Color("estimate:Q", title="tickets", scale=alt.Scale(scheme="blues", domainMin=0)),
    )  # fmt: skip
    return chart.properties(width=WIDTH, height=180, title=_title(title, subtitle))


def curves(curve: pd.DataFrame, title: str, subtitle: str = "", *, axis: str = "open hours", most: float) -> Any:
    """Shares that were done by each time (``hours``, ``share``, ``what``)."""
    names = list(dict.fromkeys(curve["what"]))
    colours = alt.Scale(domain=names, range=COLOURS[: len(names)])
    dashes = alt.Scale(domain=names, range=DASHES[: len(names)])
    data = curve[curve["hours"] <= most]
    chart = alt.Chart(data).mark_line(interpolate="step-after").encode(
        x=alt.X("hours:Q", title=axis, scale=alt.Scale(domain=[0, most], nice=False)),
        y=alt.Y("share:Q", title="share of all", axis=alt.Axis(format="%"), scale=alt.Scale(domain=[0, 1])),
        color=alt.Color("what:N", title=None, sort=names, scale=colours),
        strokeDash=alt.StrokeDash("what:N", title=None, sort=names, scale=dashes),
    )  # fmt: skip
    return chart.properties(width=WIDTH, height=HEIGHT, title=_title(title, subtitle))


def side_by_side(compared: pd.DataFrame, title: str, subtitle: str = "", *, y: str = "promise") -> Any:
    """What-if: kept then and so, joined by a line that shows the way."""
    points = pd.concat(
        [
            compared[[y]].assign(share=compared[f"estimate_{when}"], low=compared[f"low_{when}"],
                                 high=compared[f"high_{when}"], terms=name)
            for when, name in (("then", "as it was promised"), ("so", "under the other terms"))
        ]
    )  # fmt: skip
    place = alt.Y(f"{y}:N", title=None, axis=alt.Axis(labelLimit=220))
    x = alt.X(
        "share:Q", title="share of promises kept", axis=alt.Axis(format="%", tickCount=8), scale=alt.Scale(zero=False)
    )
    way = alt.Chart(compared).mark_rule(color=GREY, strokeWidth=3, opacity=0.5).encode(
        x=alt.X("estimate_then:Q", title="share of promises kept"), x2="estimate_so:Q", y=place
    )  # fmt: skip
    names = ["as it was promised", "under the other terms"]
    dots = alt.Chart(points).mark_point(filled=True, size=130, opacity=1).encode(
        x=x, y=place,
        color=alt.Color("terms:N", title=None, scale=alt.Scale(domain=names, range=[CALM, ALARM])),
        shape=alt.Shape("terms:N", title=None, scale=alt.Scale(domain=names, range=["circle", "triangle-right"])),
    )  # fmt: skip
    whiskers = alt.Chart(points).mark_rule(strokeWidth=1).encode(
        x=alt.X("low:Q", title="share of promises kept"), x2="high:Q", y=place,
        color=alt.Color("terms:N", title=None, scale=alt.Scale(domain=names, range=[CALM, ALARM])),
    )  # fmt: skip
    return _titled(alt.layer(whiskers, way, dots), title, subtitle, 44 * max(len(compared), 2))


def calibration(frame: pd.DataFrame, title: str, subtitle: str = "") -> Any:
    """Chances that were told against what came of them; on the diagonal they were right."""
    data = frame[frame["broke"].notna()]
    axis, scale = alt.Axis(format="%"), alt.Scale(domain=[0, 1])
    ideal = alt.Chart(pd.DataFrame({"told": [0.0, 1.0], "broke": [0.0, 1.0]})).mark_line(
        color=GREY, strokeDash=[4, 4], strokeWidth=1
    )
    x = alt.X("told:Q", title="chance of breaking that was told", axis=axis, scale=scale)
    y = alt.Y("broke:Q", title="share that broke", axis=axis, scale=scale)
    whiskers = (
        alt.Chart(data).mark_rule(color=CALM).encode(x=x, y=alt.Y("low:Q", title="share that broke"), y2="high:Q")
    )
    dots = alt.Chart(data).mark_circle(color=CALM, opacity=1).encode(x=x, y=y, size=alt.Size("n:Q", title="promises"))
    chart = alt.layer(ideal.encode(x=x, y=y), whiskers, dots)
    return chart.properties(width=340, height=320, title=_title(title, subtitle))


def _scaled(figures: pd.DataFrame, unit: str) -> pd.DataFrame:
    data = figures.copy()
    if unit == "hours":
        for name in ("estimate", "low", "high"):
            data[name] = data[name] / HOUR
    return data


def _time(name: str, data: pd.DataFrame) -> alt.X:
    """Days where they matter, else months."""
    short = len(data) > 0 and data[name].max() - data[name].min() < pd.Timedelta(days=200)
    return alt.X(f"{name}:T", title=None, axis=alt.Axis(format="%-d %b" if short else "%b %y", labelOverlap=True))


def _axis(unit: str) -> str:
    return {"hours": "hours", "share": "share"}.get(unit, "tickets")


def _format(unit: str) -> alt.Axis:
    return alt.Axis(format="%") if unit == "share" else alt.Axis()


def _top(unit: str, data: pd.DataFrame) -> float:
    """Up to where the estimates lie well within: an interval without an end would flatten all else."""
    if unit == "share" or not data["estimate"].notna().any():
        return 1.0
    finite = data["high"].where(data["high"] < math.inf)
    highest = max(float(data["estimate"].max()), 1e-9)
    return min(max(float(finite.max()), highest), 2 * highest)


def _scale(unit: str, top: float | None = None) -> alt.Scale:
    if unit == "share":
        return alt.Scale(domainMin=0, domainMax=1)
    return alt.Scale(zero=True) if top is None else alt.Scale(domainMin=0, domainMax=top)


def _title(title: str, subtitle: str) -> alt.TitleParams:
    return alt.TitleParams(title, subtitle=subtitle or alt.Undefined)


def _titled(chart: Any, title: str, subtitle: str, height: int = HEIGHT) -> Any:
    return chart.properties(width=WIDTH, height=height, title=_title(title, subtitle))
