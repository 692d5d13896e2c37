"""The example file and the reference say what daemon/config.py declares."""

from __future__ import annotations

import re
import tomllib

import pytest

from daemon.config import Config, built_in, parse
from daemon.config_reference import FILES, ROOT, example, options, reference, sections


@pytest.mark.parametrize("name", FILES)
def test_the_files_are_what_the_declarations_give(name: str) -> None:
    assert (ROOT / name).read_text() == FILES[name](), "call python -m daemon.config_reference --write"


def test_the_example_file_means_the_same_as_no_file() -> None:
    assert parse(tomllib.loads(example())) == built_in()


def commented(name: str) -> str:
    """The section of which the defaults have none, as it stands in the example."""
    return example().partition(f"#[[{name}]]\n")[2].partition("\n\n")[0]


def uncommented(text: str) -> str:
    return re.sub(r"(?m)^#(?=[a-z_]+ = )", "", text)


def test_every_commented_option_of_the_example_is_valid_and_stands_at_its_default() -> None:
    text = example()
    for name, _, repeated in sections():
        if repeated and commented(name):
            text = text.replace(commented(name), "")
    assert parse(tomllib.loads(uncommented(text))) == built_in()


def test_sections_that_the_defaults_have_none_of_are_valid_once_they_hold_what_only_the_operator_knows() -> None:
    known = {"mailbox": {"password_env": "P"}, "policy": {"first_response": "4h"}, "escalation": {}}
    known |= {"calendar": {}, "automation": {}}
    written = {name: tomllib.loads(uncommented(commented(name))) | own for name, own in known.items()}
    config = parse(
        {"desk": [{"name": "support", "address": "support@example.com"}]} | {k: [v] for k, v in written.items()}
    )
    for name, options_of_it in written.items():
        assert getattr(config, name)[0].model_dump(mode="json").items() <= options_of_it.items()


def test_every_option_stands_in_the_example_and_in_the_reference() -> None:
    models = [Config, *(model for _, model, _ in sections())]
    for name, field in (option for model in models for option in options(model)):
        assert re.search(rf"(?m)^#?{name} = ", example()), name
        assert f"| `{name}` |" in reference(), name
        assert str(field.description).endswith("."), f"{name}: its description is a sentence"
