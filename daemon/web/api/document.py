"""The document of the API (OpenAPI 3.1): FastAPI's, completed with what stands around all routes.

Beside each operation: the scopes it needs, the problems it may answer, the headers that all answers have,
``Idempotency-Key`` on each POST, and ``If-Match`` or ``If-None-Match`` where an answer bears a version.
"""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute

from daemon import __version__
from daemon.web.api import examples
from daemon.web.api.problems import MEDIA_TYPE

BELOW = "/v2/"
METHODS = ("get", "post", "put", "patch", "delete")
ABOUT = """\
Tickets of a helpdesk: create, list, change, answer. A ticket that is created here is acknowledged, routed and promised
like one that came by mail. Errors are problem+json (RFC 9457); times are RFC 3339 in UTC."""

PROBLEM: dict[str, Any] = {
    "type": "object",
    "title": "Problem",
    "description": "An error (RFC 9457).",
    "required": ["type", "title", "status"],
    "properties": {
        "type": {"type": "string", "format": "uri-reference", "description": "Its kind; stable."},
        "title": {"type": "string"},
        "status": {"type": "integer", "minimum": 400, "maximum": 599},
        "detail": {"type": "string"},
        "errors": {
            "type": "array",
            "description": "Every fault of the request.",
            "items": {
                "type": "object",
                "required": ["detail"],
                "properties": {
                    "pointer": {"type": "string", "description": "Where in the body (a JSON pointer)."},
                    "parameter": {"type": "string", "description": "Which parameter."},
                    "in": {"type": "string", "enum": ["query", "path", "header", "cookie"]},
                    "detail": {"type": "string"},
                },
            },
        },
    },
}
SENTENCES = {
    "400": "The request cannot be read.",
    "401": "No token that is in force.",
    "403": "The token lacks a scope.",
    "404": "It does not exist, or this token may not see it.",
    "405": "There is no such method here.",
    "408": "The body took too long.",
    "409": "It does not go with how things stand.",
    "412": "It was changed meanwhile.",
    "413": "The body is too large.",
    "415": "The body is of another type.",
    "422": "The request is not valid; errors tells every fault.",
    "429": "Too many requests; Retry-After says when to ask again.",
    "500": "A fault of ours.",
    "503": "The desk cannot be reached at present; nothing was changed.",
}
WITH_BODY = frozenset({"408", "409", "413", "415", "422"})
EXAMPLE = {
    "type": "/problems/invalid",
    "title": "The request is not valid",
    "status": 422,
    "detail": "1 thing is wrong; see errors.",
    "errors": [{"pointer": "#/subject", "detail": "This is required."}],
}
NOT_MODIFIED = ("304", {"description": "It is the version that If-None-Match names."})
HEADERS = {
    "Request-Id": "Number of the request, as in our log.",
    "RateLimit": "What is left for this token, and in how many seconds all of it is there again.",
    "RateLimit-Policy": "How often this token may ask.",
}
IDEMPOTENCY_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "description": "A request that is sent again with the same key within 24 hours is done once.",
    "required": False,
    "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
}
IF_MATCH = {
    "name": "If-Match",
    "in": "header",
    "description": "The ETag that was retrieved: what was changed since is not changed again, the answer is 412.",
    "required": False,
    "schema": {"type": "string", "examples": ['"1042-99"']},
}
IF_NONE_MATCH = {
    "name": "If-None-Match",
    "in": "header",
    "description": "The ETag of what is there already: 304 where it is still the same.",
    "required": False,
    "schema": {"type": "string", "examples": ['"1042-99"']},
}


def operation_id(route: APIRoute) -> str:
    """The name of the function; pages are no operations, and their names may stand twice."""
    below = route.path_format.startswith(BELOW)
    return route.name if below else f"{route.name} {route.path_format}"


def document(app: FastAPI) -> dict[str, Any]:
    """The whole document of what is below ``/v2``."""
    made: dict[str, Any] = get_openapi(
        title="Counterfoil", version=__version__, openapi_version="3.1.0", description=ABOUT, routes=app.routes
    )
    made["paths"] = {path: item for path, item in made["paths"].items() if path.startswith(BELOW)}
    made["info"]["license"] = {"name": "MIT", "identifier": "MIT"}
    made["servers"] = [{"url": "/", "description": "This desk."}]
    components = made.setdefault("components", {})
    components["securitySchemes"] = {
        "bearer": {"type": "http", "scheme": "bearer", "description": "Made by `counterfoil token create`."}
    }
    schemas = components.setdefault("schemas", {})
    schemas.pop("HTTPValidationError", None)
    schemas.pop("ValidationError", None)
    schemas["Problem"] = PROBLEM | {"example": EXAMPLE}
    examples.add(schemas)
    components["headers"] = {
        name: {"description": sentence, "schema": {"type": "string"}} for name, sentence in HEADERS.items()
    }
    for item in made["paths"].values():
        for method in METHODS:
            if method in item:
                _complete(item[method], method)
    return made


def _complete(operation: dict[str, Any], method: str) -> None:
    """Bring into one operation what holds for all."""
    scopes = sorted({scope for need in operation.get("security", ()) for name in need for scope in name.split()[1:]})
    guarded = "security" in operation
    operation["security"] = [{"bearer": scopes}] if guarded else []
    responses = operation["responses"]
    parameters = operation.setdefault("parameters", [])
    if "ETag" in responses.get("200", {}).get("headers", {}):
        parameters.append(IF_NONE_MATCH if method == "get" else IF_MATCH)
        responses.setdefault(*NOT_MODIFIED if method == "get" else ("412", {}))
    for status in _problems(operation, method, guarded=guarded):
        said = responses.get(status, {}).get("description")
        responses[status] = {
            "description": said if said and status != "422" else SENTENCES[status],
            "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
    if "422" in responses:
        responses["422"]["content"][MEDIA_TYPE]["example"] = EXAMPLE
    responses = operation["responses"] = dict(sorted(responses.items()))
    for response in responses.values():
        told = response.setdefault("headers", {})
        for name in HEADERS if guarded else ("Request-Id",):
            told.setdefault(name, {"$ref": f"#/components/headers/{name}"})
    if method == "post" and guarded and all(p.get("name", "").lower() != "idempotency-key" for p in parameters):
        parameters.append(IDEMPOTENCY_KEY)


def _problems(operation: dict[str, Any], method: str, *, guarded: bool) -> list[str]:
    """The statuses of the problems that an operation may answer."""
    expected = {"400", "405", "500", "503"} | {s for s in operation["responses"] if s[0] in "45"}
    if guarded:
        expected |= {"401", "403", "404", "429"}
    if operation.get("parameters"):
        expected.add("422")
    if method != "get":
        expected |= WITH_BODY
    if method in ("put", "patch"):
        expected.add("409")
    return sorted(expected & set(SENTENCES))
