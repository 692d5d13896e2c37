"""``/v2/openapi.json``, and ``/docs``: the same for people, a page of our own without scripts, with curl examples.

Both are open to everybody; names that are the desk's own (teams, fields that clients do not see) are told in the
document to a token of the desk alone.
"""

from __future__ import annotations

import copy
import json
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse

from daemon.desk.house import House
from daemon.desk.tokens import SCOPES
from daemon.web.api.callers import Known, bearer
from daemon.web.api.document import METHODS, document
from daemon.web.api.models import configured
from daemon.web.pages import Pages

JSON_TYPES = ("application/json", "application/merge-patch+json")


@dataclass(frozen=True, slots=True)
class Parameter:
    name: str
    place: str
    required: bool
    sentence: str


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation as the page shows it."""

    id: str
    method: str
    path: str
    summary: str
    sentence: str
    scopes: tuple[str, ...]
    parameters: tuple[Parameter, ...]
    curl: str


@dataclass(frozen=True, slots=True)
class Group:
    """The operations of one tag."""

    name: str
    operations: tuple[Operation, ...]


def router(app: FastAPI, house: House, pages: Pages) -> APIRouter:
    """The document, the page, and where the ``type`` of a problem leads."""
    routes = APIRouter()
    known = Known(house)

    @cache
    def made() -> dict[str, Any]:
        return document(app)

    @cache
    def made_for_others() -> dict[str, Any]:
        return _with_bodies(made(), configured(house, whole=False))

    @routes.get("/v2/openapi.json", include_in_schema=False)
    async def openapi(request: Request) -> JSONResponse:
        caller = await known.look_up(bearer(request))
        whole = caller is not None and caller.requester is None
        return JSONResponse(made() if whole else made_for_others(), headers={"Vary": "Authorization"})

    @routes.get("/docs", include_in_schema=False)
    def docs() -> HTMLResponse:
        shown = tuple(groups(made_for_others(), house.config.http.url))
        return pages.page("docs.html", 200, groups=shown, scopes=SCOPES, rate=house.config.api.requests_per_minute)

    @routes.get("/problems/{kind}", include_in_schema=False)
    def problem(kind: str) -> RedirectResponse:
        return RedirectResponse("/docs#errors", 303)

    return routes


def _with_bodies(document: dict[str, Any], members: dict[str, Any]) -> dict[str, Any]:
    """A document in whose bodies these members are told so."""
    told = copy.deepcopy(document)
    for item in told["paths"].values():
        for method in METHODS:
            for media in item.get(method, {}).get("requestBody", {}).get("content", {}).values():
                properties = media["schema"].get("properties", {})
                properties |= {name: each for name, each in members.items() if name in properties}
    return told


def groups(document: dict[str, Any], url: str) -> Iterator[Group]:
    """The operations of a document by their first tag, in the document's order."""
    found: dict[str, list[Operation]] = {}
    for path, item in document["paths"].items():
        for method in METHODS:
            if method in item:
                operation = item[method]
                tag = next(iter(operation.get("tags", ())), "other")
                found.setdefault(tag, []).append(_operation(document, url, path, method, operation))
    for name, operations in found.items():
        yield Group(name, tuple(operations))


def _operation(document: dict[str, Any], url: str, path: str, method: str, operation: dict[str, Any]) -> Operation:
    return Operation(
        operation["operationId"],
        method.upper(),
        path,
        operation.get("summary", ""),
        operation.get("description", ""),
        tuple(scope for need in operation["security"] for scopes in need.values() for scope in scopes),
        tuple(
            Parameter(one["name"], one["in"], one.get("required", False), one.get("description", ""))
            for one in operation.get("parameters", ())
        ),
        _curl(document, url + _filled(path, operation), method, operation),
    )


def _filled(path: str, operation: dict[str, Any]) -> str:
    """The path with the examples of its parameters."""
    for one in operation.get("parameters", ()):
        if one["in"] == "path" and (example := _example({}, one)) is not None:
            path = path.replace("{" + one["name"] + "}", str(example))
    return path


def _curl(document: dict[str, Any], url: str, method: str, operation: dict[str, Any]) -> str:
    words = ["curl"] if method == "get" else ["curl", "-X", method.upper()]
    if operation["security"]:
        words += ["-H", '"Authorization: Bearer $TOKEN"']
    content = operation.get("requestBody", {}).get("content", {})
    for kind, media in content.items():
        if kind in JSON_TYPES:
            words += ["-H", f"'Content-Type: {kind}'"]
            example = _example(document, media)
            words += ["-d", shlex.quote(json.dumps({} if example is None else example, ensure_ascii=False))]
            break
        if kind == "multipart/form-data":
            words += ["-F", "file=@report.pdf"]
            break
    return " ".join([*words, shlex.quote(url)])


def _example(document: dict[str, Any], told: dict[str, Any]) -> Any:
    """The first example that something has, itself or in its schema; None if there is none."""
    if "example" in told:
        return told["example"]
    examples = told.get("examples")
    if isinstance(examples, list) and examples:
        return examples[0]
    if isinstance(examples, dict) and examples:
        return next(iter(examples.values())).get("value")
    schema = told.get("schema", {})
    if "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    return _example(document, schema) if schema else None
