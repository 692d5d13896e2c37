"""``python -m bench NAME [arguments]``: run a measurement; without a name, tell what can be measured."""

from __future__ import annotations

import ast
import importlib
import sys
from pathlib import Path

BENCHES = (
    "ingest", "mailbox", "agents", "memory", "mail", "pictures", "crash", "powercut", "promises", "reports", "search",
    "api",
)  # fmt: skip


def main(arguments: list[str]) -> int:
    if not arguments or arguments[0] not in BENCHES:
        print("usage: bin/bench NAME [arguments]\n")
        for name in BENCHES:
            print(f"  {name:<10} {_purpose(name)}")
        return 2 if arguments else 0
    return importlib.import_module(f"bench.{arguments[0]}").main(arguments[1:]) or 0


def _purpose(name: str) -> str:
    """The first line of a module's docstring, read without importing what the module needs."""
    source = Path(__file__).with_name(f"{name}.py").read_text("utf-8")
    return (ast.get_docstring(ast.parse(source)) or "").partition("\n")[0]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
