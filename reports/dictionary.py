"""The data dictionary: every table, column and metric with its sentence, from the very words that the code goes by."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module

from reports.figures import LEAST, METRICS
from reports.schema import TABLES, Column

DECLARING = ("flow", "people", "response", "satisfaction", "sla", "what_if")
"""The modules that declare metrics."""
TYPES = {"whole": "number", "instant": "instant (UTC)", "word": "word", "text": "text", "truth": "yes or no"}
TILE = "A row for each stretch of a ticket's life in which nothing changed; their lengths add up to its life exactly."
SPELLS = {
    "ticket_id": "Number of the ticket.",
    "start": "When it began.",
    "end": "When it ended (not included); the end of the data if it has not.",
    "status": "Status in it.",
    "team": "Team in it.",
    "priority": "Priority in it.",
    "type": "Type in it.",
    "assignee_id": "To whom the ticket was assigned in it.",
    "seconds": "Its length.",
    "observed": "Whether it is over.",
    "event_id": "The event that began it.",
}
FIGURES = {
    "period": "First moment of the period on the local clock.",
    "metric": "Which metric.",
    "clock": "business: open hours of the calendar; calendar: every second.",
    "statistic": "p50, p90 …; mean of done (beside them, never alone); share; a count's name.",
    "n": "Size of the cohort.",
    "n_open": "Of these, still running at the end of the data (censored).",
    "n_other": "Of these, ended otherwise (a competing end).",
    "estimate": "The figure; missing where nothing is claimed.",
    "low": "Lower end of its 95 % interval.",
    "high": "Upper end; infinite where the data do not bound it.",
    "method": "How it was estimated.",
    "note": f"Why nothing is claimed: not reached; fewer than {LEAST}; nobody; closed.",
    "unit": "s (seconds), share, tickets, replies.",
}


def dictionary() -> str:
    """The data dictionary as Markdown."""
    for module in DECLARING:
        import_module(f"reports.{module}")
    lines = ["## Tables", ""]
    for name, table in TABLES.items():
        lines += [f"### {name} (`{table.view}`)", "", table.says, "", *_columns(table.columns), ""]
    lines += ["### spell (`desk.spells`)", "", TILE, ""]
    lines += ["| column | says |", "|---|---|", *(f"| `{name}` | {says} |" for name, says in SPELLS.items()), ""]
    lines += ["## Metrics", "", "| metric | unit | definition |", "|---|---|---|"]
    lines += [f"| `{name}` | {m.unit} | {m.says} |" for name, m in sorted(METRICS.items())]
    lines += ["", "## Columns of figures", "", "| column | says |", "|---|---|"]
    lines += [f"| `{name}` | {says} |" for name, says in FIGURES.items()]
    return "\n".join(lines) + "\n"


def _columns(columns: Mapping[str, Column]) -> list[str]:
    return [
        "| column | type | says |",
        "|---|---|---|",
        *(f"| `{name}` | {TYPES[column.type]} | {column.says} |" for name, column in columns.items()),
    ]
