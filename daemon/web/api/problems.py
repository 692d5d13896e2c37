"""Errors as problem+json (RFC 9457): a stable ``type``, a sentence, and every fault of a body with its JSON pointer.

``type`` is the relative reference ``/problems/<kind>``. No answer repeats the text of an exception of ours, or what a
caller sent.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Literal
from urllib.parse import quote

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from daemon.store.writer import StoreUnavailable
from daemon.web.api.wording import sentence

MEDIA_TYPE = "application/problem+json"
RETRY_SECONDS = 5
MOST_FAULTS = 50
KINDS = {
    HTTPStatus.BAD_REQUEST: "bad-request",
    HTTPStatus.NOT_FOUND: "not-found",
    HTTPStatus.METHOD_NOT_ALLOWED: "method-not-allowed",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "body-too-large",
}
Place = Literal["body", "query", "path", "header", "cookie"]


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong: where (a JSON pointer into the body, else the name of a parameter) and a sentence."""

    pointer: str
    detail: str
    place: Place = "body"

    def told(self) -> dict[str, str]:
        if self.place == "body":
            return {"pointer": "#" + quote(self.pointer, safe="/~!$&'()*+,;=:@?-._"), "detail": self.detail}
        return {"parameter": self.pointer, "in": self.place, "detail": self.detail}


class Problem(Exception):
    """An answer that is an error; ``extra`` members stand beside the standard ones."""

    def __init__(
        self,
        status: int,
        kind: str,
        title: str,
        detail: str = "",
        *,
        faults: Sequence[Fault] = (),
        headers: Mapping[str, str] | None = None,
        **extra: Any,
    ) -> None:
        super().__init__(f"{status} {kind}")
        self.status = int(status)
        self.kind = kind
        self.title = title
        self.detail = detail
        self.faults = tuple(faults)
        self.headers = dict(headers or {})
        self.extra = extra

    def response(self) -> JSONResponse:
        told: dict[str, Any] = {"type": f"/problems/{self.kind}", "title": self.title, "status": self.status}
        if self.detail:
            told["detail"] = self.detail
        if self.faults:
            told["errors"] = [fault.told() for fault in self.faults[:MOST_FAULTS]]
        headers = {"Cache-Control": "no-store", **self.headers}
        return JSONResponse(told | self.extra, self.status, headers=headers, media_type=MEDIA_TYPE)


def pointer(steps: Iterable[str | int]) -> str:
    """The JSON pointer (RFC 6901) of a path."""
    return "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in steps)


def faults_of_body(errors: Iterable[Mapping[str, Any]], body: object) -> tuple[Fault, ...]:
    """pydantic's errors as faults of a body; what was sent is not repeated."""
    return tuple(Fault(pointer(_through(body, error)), sentence(error)) for error in errors)


def _through(body: object, error: Mapping[str, Any]) -> list[str | int]:
    """The steps to an error that lead through the body; those that name a form of a value lead nowhere."""
    steps: list[str | int] = []
    *way, last = error["loc"] or ("",)
    here = body
    for step in way:
        if isinstance(here, dict | list) and step in (here if isinstance(here, dict) else range(len(here))):
            steps.append(step)
            here = here[step]
    is_there = isinstance(here, list) or (isinstance(here, dict) and (last in here or error["type"] == "missing"))
    return [*steps, last] if error["loc"] and is_there else steps


def invalid(faults: Sequence[Fault]) -> Problem:
    """A body or parameters that could be read and do not hold what they should."""
    few = "1 thing is" if len(faults) == 1 else f"{len(faults)} things are"
    return Problem(422, "invalid", "The request is not valid", f"{few} wrong; see errors.", faults=faults)


def not_found() -> Problem:
    """There is nothing, or nothing that this caller may see: the same answer for both."""
    return Problem(404, "not-found", "There is nothing here", "It does not exist, or this token may not see it.")


def unavailable() -> Problem:
    """The database cannot be used at present; nothing was changed."""
    return Problem(
        503,
        "unavailable",
        "The desk cannot be reached at present",
        "Nothing was changed; try again in a moment.",
        headers={"Retry-After": str(RETRY_SECONDS)},
    )


def failed() -> Problem:
    """A fault of ours."""
    return Problem(500, "internal-error", "Something went wrong on our side", "It is in the log under this request.")


def answer(app: FastAPI) -> None:
    """Have every error answered as a problem."""

    async def problem(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, Problem)
        return error.response()

    async def wrong(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, RequestValidationError)
        return _wrong(error).response()

    async def http(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, HTTPException)
        return _http(error).response()

    async def store(request: Request, error: Exception) -> JSONResponse:
        return unavailable().response()

    app.add_exception_handler(Problem, problem)
    app.add_exception_handler(RequestValidationError, wrong)
    app.add_exception_handler(HTTPException, http)
    app.add_exception_handler(StoreUnavailable, store)


def _wrong(error: RequestValidationError) -> Problem:
    errors = error.errors()
    if any(one["loc"][0] == "path" for one in errors):  # what no id can look like names nothing
        return not_found()
    faults: list[Fault] = []
    for one in errors:
        place, *steps = one["loc"]
        faults.append(Fault(str((steps or [place])[0]), sentence(one, place), place))
    return invalid(faults)


def _http(error: HTTPException) -> Problem:
    status = HTTPStatus(error.status_code)
    if status == HTTPStatus.NOT_FOUND:
        return not_found()
    kind = KINDS.get(status, status.phrase.lower().replace(" ", "-").replace("'", ""))
    detail = "Allow tells those that there are." if status == HTTPStatus.METHOD_NOT_ALLOWED else ""
    return Problem(status, kind, status.phrase.capitalize(), detail, headers=error.headers)
