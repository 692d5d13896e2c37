"""When is a mail that could not be acted upon tried again by itself?

Where the cause was ours it may be gone by then: a fault in our program, a worker that died or was too slow on a busy
machine. Pauses double; after the last try the mail waits for an operator, or for another version of the program, which
tries once more everything that the one before it could not read or decide.
"""

from __future__ import annotations

from daemon.core.values import Instant

FIRST, LONGEST = 300, 21_600
TRIES = {"internal-error": 30, "worker-died": 4, "worker-time-out": 4}
NEVER = frozenset({"too-large", "too-large-to-keep"})
"""No other program would read these: they were refused for their size alone, or are not whole."""


def again_at(because: str, attempts: int, now: Instant) -> Instant | None:
    """When to try a mail again that failed so often for this reason; None = not by itself."""
    if attempts >= TRIES.get(because, 0):
        return None
    return now + min(LONGEST, FIRST << min(attempts - 1, 16))
