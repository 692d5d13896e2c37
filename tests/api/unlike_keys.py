"""For schemathesis: each request has an Idempotency-Key of its own, for one that is used otherwise is refused.

And none asks for a version or a part: made-up ones are rightly refused (412, 416), which it takes for a fault.
"""

from __future__ import annotations

import itertools
from typing import Any

import schemathesis

_numbers = itertools.count()


@schemathesis.hook
def before_call(context: Any, case: Any, **_: Any) -> None:
    if case.headers and "Idempotency-Key" in case.headers:
        case.headers["Idempotency-Key"] = f"{case.headers['Idempotency-Key']}-{next(_numbers)}"[-255:]
    for name in ("If-Match", "If-None-Match", "If-Range", "Range"):
        if case.headers:
            case.headers.pop(name, None)
