"""Reading a body: no more than is allowed, no longer than is allowed, and JSON in which nothing is doubtful.

What json takes and others read in another way is refused: a name that stands twice in one object, NaN and Infinity,
numbers that no column holds, lone surrogates, NUL. Nesting is measured before anything is parsed. What is no JSON is
400, what is JSON and no text that could be kept 422, each fault with its pointer.
"""

from __future__ import annotations

import asyncio
import json
import math
import re
from collections.abc import Collection, Iterator
from typing import Any, NoReturn, TypeVar

from fastapi import Request
from pydantic import BaseModel, ValidationError
from starlette.requests import ClientDisconnect

from daemon.web.api.problems import Fault, Problem, faults_of_body, invalid, pointer

JSON = ("application/json",)
MERGE_PATCH = ("application/merge-patch+json", "application/json")
SECONDS = 20.0
DEEPEST = 32
HIGHEST = 2**63
LONGEST_NUMBER = 40

_TOKENS = re.compile(r'"(?:[^"\\]++|\\.?)*+"?|[\[{]|[\]}]', re.DOTALL)
_UNKEPT = re.compile("[\x00\ud800-\udfff]")

M = TypeVar("M", bound=BaseModel)


async def read_body(request: Request, limit: int, seconds: float = SECONDS) -> bytes:
    """The body's bytes; Problem 413 for one larger than ``limit`` bytes, 408 for one that takes longer."""
    if int(request.headers.get("content-length", "0")) > limit:
        raise _too_large(limit)
    parts: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(seconds):
            async for chunk in request.stream():
                size += len(chunk)
                if size > limit:
                    raise _too_large(limit)
                parts.append(chunk)
    except TimeoutError:
        raise Problem(
            408,
            "body-too-slow",
            "The body took too long",
            f"It must be here within {seconds:g} seconds.",
            headers={"Connection": "close"},
        ) from None
    except ClientDisconnect:
        raise Problem(400, "body-cut-off", "The body ended early") from None
    return b"".join(parts)


async def read_json(request: Request, limit: int, types: Collection[str] = JSON, seconds: float = SECONDS) -> object:
    """The value that the body holds; a Problem for whatever is no sound JSON of one of these media types."""
    _check_type(request, types)
    return parsed(await read_body(request, limit, seconds))


def parsed(body: bytes) -> object:
    """The value that JSON in UTF-8 stands for."""
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise _unreadable(f"It is not UTF-8 (byte {error.start}).") from None
    if _too_deep(text):
        raise _unreadable(f"It is nested deeper than {DEEPEST} levels.")
    try:
        value: object = json.loads(
            text, parse_int=_integer, parse_float=_float, parse_constant=_constant, object_pairs_hook=_object
        )
    except json.JSONDecodeError as error:
        raise _unreadable(f"It is no JSON: line {error.lineno}, column {error.colno}.") from None
    except _Doubtful as error:
        raise _unreadable(str(error)) from None
    if faults := [Fault(pointer(path), "NUL and lone surrogates are no text.") for path in _unkept(value)]:
        raise invalid(faults)
    return value


def validated(model: type[M], data: object) -> M:
    """The data as a model; Problem 422 with every fault of it."""
    try:
        return model.model_validate(data)
    except ValidationError as error:
        raise invalid(faults_of_body(error.errors(include_input=False, include_url=False), data)) from None


class _Doubtful(Exception):
    """JSON that others read in another way, or not at all."""


def _check_type(request: Request, types: Collection[str]) -> None:
    kind, *parameters = [part.strip() for part in request.headers.get("content-type", "").split(";")]
    charset = [p.partition("=")[2].strip('"').lower() for p in parameters if p.lower().startswith("charset=")]
    coding = request.headers.get("content-encoding", "identity").lower()
    if kind.lower() in types and not set(charset) - {"utf-8", "utf8"} and coding == "identity":
        return
    wanted = " or ".join(types)
    header = "Accept-Patch" if request.method == "PATCH" else "Accept-Post"
    raise Problem(
        415, "unsupported-media-type", "The body is of another type", f"Send {wanted} in UTF-8, not compressed.",
        headers={header: ", ".join(types)},
    )  # fmt: skip


def _too_large(limit: int) -> Problem:
    return Problem(
        413, "body-too-large", "The body is too large", f"At most {limit:,} bytes are taken.",
        headers={"Connection": "close"},
    )  # fmt: skip


def _unreadable(sentence: str) -> Problem:
    return Problem(400, "body-unreadable", "The body cannot be read", sentence)


def _too_deep(text: str) -> bool:
    """Whether brackets outside of strings open more levels than we read; linear in the text's length."""
    depth = 0
    for token in _TOKENS.finditer(text):
        mark = token[0]
        if mark in "[{":
            depth += 1
            if depth > DEEPEST:
                return True
        elif mark in "]}":
            depth -= 1
    return False


def _integer(digits: str) -> int:
    if len(digits) > LONGEST_NUMBER or not -HIGHEST <= (number := int(digits)) < HIGHEST:
        raise _Doubtful("It holds a number beyond 64 bits.")
    return number


def _float(digits: str) -> float:
    number = float(digits) if len(digits) <= LONGEST_NUMBER else math.inf
    if not math.isfinite(number):
        raise _Doubtful("It holds a number beyond what is exact in 64 bits.")
    return number


def _constant(name: str) -> NoReturn:
    raise _Doubtful(f"{name} is no JSON.")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _Doubtful("A name stands twice in one object.")
    return found


def _unkept(value: object) -> Iterator[tuple[str | int, ...]]:
    """The paths of texts, or of objects with names, that hold what cannot be kept."""
    todo: list[tuple[tuple[str | int, ...], object]] = [((), value)]
    while todo:
        path, one = todo.pop()
        if isinstance(one, str):
            if _UNKEPT.search(one):
                yield path
        elif isinstance(one, dict):
            if any(_UNKEPT.search(name) for name in one):
                yield path
            else:
                todo += [((*path, name), inner) for name, inner in one.items()]
        elif isinstance(one, list):
            todo += [((*path, i), inner) for i, inner in enumerate(one)]
