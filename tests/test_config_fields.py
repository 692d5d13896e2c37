"""Faults in declarations of fields are told with their paths."""

from __future__ import annotations

from typing import Any

import pytest

from daemon.config import ConfigurationError, parse

BASE: dict[str, Any] = {
    "desk": [{"name": "support", "address": "support@example.com"}],
    "agent": [{"name": "Desk Agent", "address": "agent@example.com"}],
}
PRODUCT = {"name": "product", "kind": "choice", "choices": ["vpn", "printer"]}


@pytest.mark.parametrize(
    ("fields", "routed", "fault"),
    [
        ([{"name": "requester"}], {}, "field[0].name: requester is a word of ours"),
        ([{"name": "product", "kind": "choice"}], {}, "field[0].choices: is missing"),
        ([{"name": "product", "choices": ["a"]}], {}, 'field[0].choices: is for kind = "choice"'),
        ([PRODUCT | {"choices": ["a b", "A-B"]}], {}, "field[0].choices: holds two that look alike"),
        ([PRODUCT | {"teams": ["nobody"]}], {}, "field[0].teams: there is no team 'nobody'"),
        ([PRODUCT, PRODUCT], {}, "field[1].name: 'product' is that of field[0] too"),
        ([PRODUCT], {"colour": "red"}, "routing[0].fields: there is no field 'colour'; fields: product"),
        ([PRODUCT], {"product": "scanner"}, "routing[0].fields.product: 'scanner' is not offered"),
        ([PRODUCT], {"product": " "}, "routing[0].fields.product: is empty"),
    ],
)
def test_a_fault_is_told_with_its_path(fields: list[dict[str, Any]], routed: dict[str, str], fault: str) -> None:
    routing = [{"name": "rule", "fields": routed}] if routed else []
    with pytest.raises(ConfigurationError) as raised:
        parse(BASE | {"field": fields, "routing": routing})
    assert any(one.startswith(fault) for one in raised.value.faults), raised.value.faults


def test_a_field_without_title_is_called_by_its_name() -> None:
    config = parse(BASE | {"field": [PRODUCT]})
    assert config.field[0].field.title == "product"
