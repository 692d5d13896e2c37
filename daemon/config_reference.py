"""Writes ``config.example.toml`` and ``docs/configuration.md`` from the declarations in ``daemon.config``.

``python -m daemon.config_reference --write`` writes both; without the flag they are only compared. The example file
is valid as it stands and means what the daemon does without any file: options that differ from their default are
written, all others stand there as comments with their default.
"""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args, get_origin

from pydantic.fields import FieldInfo

from daemon.config import Config, built_in
from daemon.config_faults import toml
from daemon.config_options import Section, WithPassword
from daemon.config_promises import SomeTickets

ROOT = Path(__file__).parent.parent

EXAMPLE_HEAD = """\
# Counterfoil's configuration: every option, with its default.
#
# As it stands this file means the same as none at all: one desk, one agent, this machine only, no mail leaves it.
# Copy it to config.toml and change what you need; `counterfoil check` tells every fault at once.
# Relative paths are relative to the folder in which the daemon is started (bin/run: this one).
#
# Written by `python -m daemon.config_reference --write`; do not edit config.example.toml itself.
"""

REFERENCE_HEAD = """\
# Configuration

One TOML file holds all options. `counterfoil --config FILE` names it; else `$COUNTERFOIL_CONFIG` does, else it is
`./config.toml`, and without any file the built-in defaults hold: one desk `support@example.com`, one agent
`agent@example.com`, this machine only, no mail leaves it. [`config.example.toml`](../config.example.toml) is that
very configuration with every option in it: copy it to `config.toml` and change what you need.

- `counterfoil check` tells every fault of a file at once, each with its path and with what would be right;
  `counterfoil check --connect` also tries the relay.
- A section in two brackets, such as `[[desk]]`, may stand several times.
- A password never stands in the file: `password_file` names a file whose first line it is, `password_env` an
  environment variable that holds it.
- Relative paths are relative to the folder in which the daemon is started; `bin/run` starts it in the checkout.

This page is written by `python -m daemon.config_reference --write` from the declarations in `daemon/config.py`.
"""


def example() -> str:
    """The text of config.example.toml."""
    shown = built_in()
    lines = [EXAMPLE_HEAD, *_example_options(shown)]
    for name, model, repeated in sections():
        values = getattr(shown, name)
        if repeated and not values:
            lines += ["", f"# {_purpose(model)}", f"#[[{name}]]", *_unused_options(model)]
        for section in values if repeated else (values,):
            lines += ["", f"# {_purpose(section)}", f"[[{name}]]" if repeated else f"[{name}]"]
            lines += _example_options(section)
    return "\n".join(lines) + "\n"


def reference() -> str:
    """The text of docs/configuration.md."""
    parts = [REFERENCE_HEAD, "## Top of the file\n", _table(Config)]
    for name, model, repeated in sections():
        parts += [f"## `[[{name}]]`\n" if repeated else f"## `[{name}]`\n", f"{_purpose(model)}\n", _table(model)]
    return "\n".join(parts)


def sections() -> Iterator[tuple[str, type[Section], bool]]:
    """The sections of the file: name, model, whether it may stand several times."""
    for name, field in Config.model_fields.items():
        model = next(iter(get_args(field.annotation)), field.annotation)
        if isinstance(model, type) and issubclass(model, Section):
            yield name, model, model is not field.annotation


def options(model: type[Section]) -> Iterator[tuple[str, FieldInfo]]:
    """The options of a section in the order of their declaration, those that it has in common with others last."""
    common = {name for kind in (WithPassword, SomeTickets) if issubclass(model, kind) for name in kind.model_fields}
    for name, field in sorted(model.model_fields.items(), key=lambda item: item[0] in common):
        if field.description is not None:
            yield name, field


def _purpose(section: Section | type[Section]) -> str:
    return str(section.__doc__)


def _extra(field: FieldInfo) -> dict[str, Any]:
    return field.json_schema_extra if isinstance(field.json_schema_extra, dict) else {}


def _sentence(field: FieldInfo, quote: str = "") -> str:
    """What the option does, what may be chosen, what it may look like."""
    words, parts = str(field.description), (field.annotation, *get_args(field.annotation))
    choices = [choice for part in parts for choice in get_args(part) if isinstance(choice, str)]
    if choices:
        which = "Any" if get_origin(field.annotation) is tuple else "One"
        words += f" {which} of {', '.join(quote + toml(choice) + quote for choice in choices)}."
    elif _extra(field)["example"] is not None and not field.is_required():
        words += f" For example {quote}{toml(_extra(field)['example'])}{quote}."
    return words


def _example_options(section: Section) -> Iterator[str]:
    for name, field in options(type(section)):
        unit, value = _extra(field)["unit"], getattr(section, name)
        lines = textwrap.wrap(_sentence(field), 118, break_on_hyphens=False)
        yield from (f"# {line}" for line in lines)
        yield f"{'#' if value == field.default else ''}{name} = {toml(value)}" + (f"  # {unit}" if unit else "")


def _unused_options(model: type[Section]) -> Iterator[str]:
    """A section that the defaults have none of: all of it stands there as a comment."""
    required = {name: _extra(field)["example"] for name, field in options(model) if field.is_required()}
    for line in _example_options(model.model_construct(**required)):
        yield line if line.startswith("#") else f"#{line}"


def _table(model: type[Section]) -> str:
    rows = ["| option | default | unit | what it does |", "|---|---|---|---|"]
    for name, field in options(model):
        value = _extra(field)["example"] if field.is_required() else field.default
        default = f"{'required, such as ' if field.is_required() else ''}`{toml(value)}`"
        rows.append(f"| `{name}` | {default} | {_extra(field)['unit']} | {_sentence(field, '`')} |")
    return "\n".join(rows) + "\n"


FILES = {"config.example.toml": example, "docs/configuration.md": reference}


def main() -> None:
    written = {name: (ROOT / name).read_text() if (ROOT / name).exists() else "" for name in FILES}
    stale = [name for name, text in FILES.items() if written[name] != text()]
    if "--write" in sys.argv[1:]:
        for name in stale:
            (ROOT / name).write_text(FILES[name]())
            print(f"{name} written")
    elif stale:
        sys.exit(f"{', '.join(stale)}: not what daemon/config.py declares; call it again with --write")


if __name__ == "__main__":
    main()
