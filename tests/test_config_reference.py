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


def test_every_commented_option_of_the_example_is_valid_and_stands_at_its_default() -> None:
    mailbox = example().partition("#[[mailbox]]\n")[2].partition("\n\n")[0]
    everything = re.sub(r"(?m)^#(?=[a-z_]+ = )", "", example().replace(mailbox, ""))
    assert parse(tomllib.loads(everything)) == built_in()


def test_a_section_that_the_defaults_have_none_of_is_valid_too_once_it_has_a_password() -> None:
    mailbox = example().partition("#[[mailbox]]\n")[2].partition("\n\n")[0]
    options_of_it = re.sub(r"(?m)^#(?=[a-z_]+ = )", "", mailbox).replace('password_env = ""', 'password_env = "P"')
    one = tomllib.loads(options_of_it)
    config = parse({"desk": [{"name": "support", "address": "support@example.com"}], "mailbox": [one]})
    assert config.mailbox[0].model_dump(mode="json", exclude={"password_env"}).items() <= one.items()


def test_every_option_stands_in_the_example_and_in_the_reference() -> None:
    models = [Config, *(model for _, model, _ in sections())]
    for name, field in (option for model in models for option in options(model)):
        assert re.search(rf"(?m)^#?{name} = ", example()), name
        assert f"| `{name}` |" in reference(), name
        assert str(field.description).endswith("."), f"{name}: its description is a sentence"
