"""The sentences in which a broken configuration is reported: ``path: what is wrong; what would be right``.

pydantic finds the faults; here each kind of them gets its words, made from what the option's declaration says.
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Mapping
from typing import Any, get_args

from pydantic import BaseModel
from pydantic.fields import FieldInfo

LONGEST_SHOWN = 60

Path = tuple[str | int, ...]


class ConfigurationError(Exception):
    """One or more faults, each a line ``path: what is wrong; what would be right``."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


class Conflict(ValueError):
    """Options of one section that do not go together: each fault is (the option that it is told at, sentence)."""

    def __init__(self, faults: list[tuple[str, str]]) -> None:
        super().__init__("; ".join(sentence for _, sentence in faults))
        self.faults = faults


def toml(value: Any) -> str:
    """A value as it is written in the file."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, list | tuple):
        return "[" + ", ".join(toml(item) for item in value) + "]"
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key} = {toml(item)}" for key, item in value.items()) + "}"
    return str(value)


def dotted(path: Path) -> str:
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path).lstrip(".")


def section_of(model: type[BaseModel], path: Path) -> tuple[type[BaseModel], Path, Path]:
    """The section in which a path ends: its model, the path to it, the path within it."""
    for i, step in enumerate(path):
        if isinstance(step, int):
            continue
        inner = _section_in(model.model_fields[step]) if step in model.model_fields else None
        if inner is None:
            return model, path[:i], path[i:]
        model = inner
    return model, path, ()


def sentences(model: type[BaseModel], error: Any) -> list[str]:
    """What one of pydantic's errors means to the person who wrote the file."""
    path, cause = error["loc"], error.get("ctx", {}).get("error")
    if isinstance(cause, Conflict):
        return [f"{dotted((*path, option))}: {sentence}" for option, sentence in cause.faults]
    section, _, within = section_of(model, path)
    option = section.model_fields.get(str(within[0])) if within else None
    words = _words(section, option, error) if within else _wrong_table(path, error)
    return [f"{dotted(path)}: {words}"]


def conflicts_beside(model: type[BaseModel], data: Mapping[str, Any], wrong: list[Path]) -> list[str]:
    """Conflicts in sections that pydantic did not look at as a whole, because single options in them are wrong."""
    sections: dict[Path, tuple[Any, set[str]]] = {}
    for path in wrong:
        section, before, within = section_of(model, path)
        if within:
            sections.setdefault(before, (section, set()))[1].add(str(within[0]))
    faults = []
    for path, (section, names) in sections.items():
        written: Any = data
        for step in path:
            written = written[step]
        fields = section.model_fields
        values = {name: value for name, value in written.items() if name in fields and name not in names}
        values |= {name: "" for name, field in fields.items() if name in names and field.is_required()}
        for options, sentence in section.model_construct(**values).conflicts():
            if not names & set(options):
                faults.append(f"{dotted((*path, options[0]))}: {sentence}")
    return faults


def _words(section: type[BaseModel], option: FieldInfo | None, error: Any) -> str:
    limits, kind, name = error.get("ctx", {}), error["type"], str(error["loc"][-1])
    if option is None:
        return _unknown(name, section)
    if kind == "missing":
        return f"is missing; write it, such as {name} = {_such_as(option)}"
    if kind == "value_error":
        return str(limits["error"])
    shown = toml(error["input"])
    shown = shown if len(shown) <= LONGEST_SHOWN else shown[:LONGEST_SHOWN] + "..."
    unit = (option.json_schema_extra or {}).get("unit") if isinstance(option.json_schema_extra, dict) else ""
    match kind:
        case "greater_than_equal":
            return f"{shown} is too small; write at least {limits['ge']}" + (f" ({unit})" if unit else "")
        case "less_than_equal":
            return f"{shown} is too large; write at most {limits['le']}" + (f" ({unit})" if unit else "")
        case "literal_error":
            return f"{shown} is not offered; write {limits['expected']}"
        case "bool_type":
            return f"{shown} is neither true nor false; write one of them, without quotes"
        case "int_type":
            return f"{shown} is no whole number; write one such as {_such_as(option)}"
        case "string_type":
            return f"{shown} is no text; write it in quotes"
        case "tuple_type":
            return f"{shown} is no list; write one such as {_such_as(option)}"
        case _:
            return f"{shown} is not of the right form; write it such as {_such_as(option)}"


def _wrong_table(path: Path, error: Any) -> str:
    name = next(str(step) for step in path if isinstance(step, str)) if path else "file"
    if error["type"] == "tuple_type":
        return f"may stand several times; write [[{name}]], with two brackets"
    if isinstance(error["input"], tuple):
        return f"stands once; write [{name}], with one bracket"
    header = f"[[{name}]]" if any(isinstance(step, int) for step in path) else f"[{name}]"
    return f"{toml(error['input'])} is no table; write {header} on a line of its own, its options below it"


def _unknown(name: str, section: type[BaseModel]) -> str:
    if name == "password" and "password_file" in section.model_fields:
        return "a password does not stand in this file; write password_file or password_env"
    near = difflib.get_close_matches(name, section.model_fields, 1)
    return "no such option; " + (f"did you mean {near[0]}?" if near else "docs/configuration.md tells all")


def _such_as(option: FieldInfo) -> str:
    extra = option.json_schema_extra
    example = extra.get("example") if isinstance(extra, dict) else None
    return toml(option.default if example is None else example)


def _section_in(option: FieldInfo) -> type[BaseModel] | None:
    for kind in (option.annotation, *get_args(option.annotation)):
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            return kind
    return None
