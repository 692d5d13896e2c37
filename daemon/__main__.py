"""``python -m daemon`` and the console script ``counterfoil``.

Kept light: a worker process may import this module again, so everything else is imported only when it is called.
"""

from __future__ import annotations


def main() -> None:
    from daemon.cli import main as run

    run()


if __name__ == "__main__":
    main()
