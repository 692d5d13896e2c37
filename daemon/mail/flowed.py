"""``format=flowed`` (RFC 3676): join the lines that the sender's program broke."""

from __future__ import annotations


def unflow(text: str, delete_space: bool) -> str:
    """Join each line that ends in a space with the next one of the same quote depth; "-- " stays as it is."""
    out: list[str] = []
    pending: list[str] = []
    pending_depth = 0
    for line in text.split("\n"):
        content = line.lstrip(">")
        depth = len(line) - len(content)
        content = content.removeprefix(" ")
        signature = content == "-- "
        if pending and (depth != pending_depth or signature):
            out.append(_line(pending_depth, pending))
            pending = []
        flows = content.endswith(" ") and not signature
        pending.append(content[:-1] if flows and delete_space else content)
        pending_depth = depth
        if not flows:
            out.append(_line(depth, pending))
            pending = []
    if pending:
        out.append(_line(pending_depth, pending))
    return "\n".join(out)


def _line(depth: int, pieces: list[str]) -> str:
    text = "".join(pieces)
    return f"{'>' * depth} {text}" if depth else text
