"""What docs/webhooks.md shows is what an endpoint gets."""

from __future__ import annotations

import json
import re
import tomllib
from datetime import UTC, datetime
from pathlib import Path

from standardwebhooks.webhooks import Webhook as Signer

from daemon.config import Webhook
from daemon.config_webhooks import Webhook as Declared
from daemon.core import webhooks
from tests.core.test_webhooks import EVENT

PAGE = (Path(__file__).resolve().parents[1] / "docs" / "webhooks.md").read_text("utf-8")
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


def shown(language: str) -> str:
    found = re.search(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)
    assert found is not None
    return found[1]


def test_the_message_that_is_shown_is_the_one_that_is_sent() -> None:
    assert json.loads(shown("json")) == webhooks.told(EVENT).payload
    headers = dict(re.findall(r"(webhook-\w+): (\S+)", shown("http")))
    told, at = webhooks.told(EVENT), datetime.fromtimestamp(int(headers["webhook-timestamp"]), UTC)
    body = json.dumps(told.payload, separators=(",", ":"))
    assert headers["webhook-id"] == told.id
    assert headers["webhook-signature"] == Signer(SECRET).sign(told.id, at, body)


def test_the_configuration_that_is_shown_is_one() -> None:
    (row,) = tomllib.loads(shown("toml"))["webhook"]
    webhook = Webhook(**{key: tuple(value) if isinstance(value, list) else value for key, value in row.items()})
    assert webhook.host == "example.net"


def test_all_kinds_are_told() -> None:
    found = re.search(r"<!-- kinds -->(.*)<!-- /kinds -->", PAGE, re.DOTALL)
    assert found is not None
    assert re.findall(r"`(\w+)`", found[1]) == sorted(webhooks.KINDS)


def test_the_defaults_that_are_told_are_the_defaults() -> None:
    defaults = {name: field.default for name, field in Declared.model_fields.items()}
    assert (defaults["timeout"], defaults["retry_first"], defaults["retry_longest"]) == (15, 5, 3600)
    assert defaults["give_up_after"] == 3 * 86_400
