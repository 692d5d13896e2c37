"""Query parameters that an operation does not have, or has once, are refused: one that is misspelt asks for everything.

What an operation has stands in the document of the API.
"""

from __future__ import annotations

from collections.abc import Mapping

from fastapi import FastAPI, Request
from fastapi.openapi.utils import get_openapi

from daemon.web.api.problems import Fault, invalid

LONGEST_NAME = 100
Parameters = Mapping[str, bool]
"""Names, each with whether it may stand several times."""


def check(request: Request) -> None:
    """Problem 422 for names that this request's operation does not have, or has only once."""
    asked = request.query_params
    if not asked:
        return
    known = _parameters(request)
    faults = []
    for name in dict.fromkeys(asked.keys()):
        if name not in known:
            faults.append(Fault(name[:LONGEST_NAME], _unknown(known), "query"))
        elif not known[name] and len(asked.getlist(name)) > 1:
            faults.append(Fault(name, "It may stand once.", "query"))
    if faults:
        raise invalid(faults)


def _unknown(known: Parameters) -> str:
    return f"There is no such parameter; one of {', '.join(sorted(known))}." if known else "There are no parameters."


def _parameters(request: Request) -> Parameters:
    """Those of the operation that a request is for."""
    state = request.app.state
    if not hasattr(state, "parameters"):
        state.parameters = _declared(request.app)
    method = "get" if request.method == "HEAD" else request.method.lower()
    found: Parameters = state.parameters.get((method, request.scope["route"].path_format), {})
    return found


def _declared(app: FastAPI) -> dict[tuple[str, str], Parameters]:
    """The parameters of every operation, by method and path."""
    paths = get_openapi(title=app.title, version=app.version, routes=app.routes)["paths"]
    return {
        (method, path): {
            one["name"]: one["schema"].get("type") == "array"
            for one in operation.get("parameters", ())
            if one["in"] == "query"
        }
        for path, item in paths.items()
        for method, operation in item.items()
    }
