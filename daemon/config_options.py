"""What options are made of: kinds of values, the declaration of one option, and sections of them."""

from __future__ import annotations

import ipaddress
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, NoReturn, Self, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from daemon.config_faults import ConfigurationError, Conflict

K = TypeVar("K")
V = TypeVar("V")

ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*/=?^_`{|}~+-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){0,8}")
NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
FLAG = re.compile(r"\\?[A-Za-z$][A-Za-z0-9$_-]{0,40}")
HOST = re.compile(r"\.?[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){0,8}")
HEADER = re.compile(r"[A-Za-z0-9-]{1,80}: ?[!-~]+(?: [!-~]+)*")


def _address(value: str) -> str:
    if not ADDRESS.fullmatch(value):
        raise ValueError(f"{value!r} is no mail address; write one such as support@example.com")
    local, _, domain = value.rpartition("@")
    return f"{local}@{domain.lower()}"


def _name(value: str) -> str:
    if not NAME.fullmatch(value):
        raise ValueError(f"{value!r} is no name; use up to 40 lower-case letters, digits and hyphens, such as billing")
    return value


def _network(value: str) -> str:
    try:
        return str(ipaddress.ip_network(value, strict=False))
    except ValueError:
        raise ValueError(f"{value!r} is no network; write one such as 192.0.2.0/24 or 2001:db8::/32") from None


def _one_line(value: str) -> str:
    if any(ord(c) < 32 or ord(c) == 127 for c in value):
        raise ValueError("control characters and line breaks are not allowed here; write it on one line")
    return value


def _address_or_none(value: str) -> str:
    return _address(value) if value else ""


def _name_or_none(value: str) -> str:
    return _name(value) if value else ""


def _flag(value: str) -> str:
    if not FLAG.fullmatch(value):
        raise ValueError(f"{value!r} is no IMAP flag; write one such as $Counterfoil or \\Seen")
    return value


def _folder(value: str) -> str:
    if any(ord(c) < 32 or ord(c) == 127 for c in value) or value != value.strip():
        raise ValueError(f"{value!r} is no name of a folder; write it as the mail program shows it, such as INBOX/Desk")
    return value


def _host(value: str) -> str:
    if value and not HOST.fullmatch(value):
        raise ValueError(f"{value!r} is no host name; write one such as mx.example.com or .example.com")
    return value.lower()


def _header(value: str) -> str:
    if value and not HEADER.fullmatch(value):
        raise ValueError(f"{value!r} is no header; write it whole, such as X-Authenticated: yes")
    return value


MailAddress = Annotated[str, AfterValidator(_address)]
PerhapsMailAddress = Annotated[str, AfterValidator(_address_or_none)]
Name = Annotated[str, AfterValidator(_name)]
PerhapsName = Annotated[str, AfterValidator(_name_or_none)]
Flag = Annotated[str, AfterValidator(_flag)]
Folder = Annotated[str, AfterValidator(_folder)]
Host = Annotated[str, AfterValidator(_host)]
Header = Annotated[str, AfterValidator(_header)]
Network = Annotated[str, AfterValidator(_network)]
Line = Annotated[str, AfterValidator(_one_line)]
Port = Annotated[int, Field(ge=0, le=65535)]


class Table(dict[K, V]):
    """A table of the file whose keys are the operator's: it cannot change, and can be hashed as all values here can."""

    def __hash__(self) -> int:  # type: ignore[override]
        return hash(frozenset(self.items()))

    def _refuse(self, *_: object) -> NoReturn:
        raise TypeError("a configuration cannot change")

    __setitem__ = __delitem__ = pop = popitem = clear = update = setdefault = __ior__ = _refuse


def table(value: dict[K, V]) -> dict[K, V]:
    """Validate a table with keys of the operator's own."""
    return Table(value)


def option(default: Any, sentence: str, unit: str = "", example: Any = None, **bounds: Any) -> Any:
    """Declare one option: its default (``...`` = required), what it does, its unit and a value to show."""
    return Field(default, description=sentence, json_schema_extra={"unit": unit, "example": example}, **bounds)


class Section(BaseModel):
    """Options that stand together; unknown ones are a fault, and so is a value of another type."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, validate_default=True)

    def conflicts(self) -> Iterator[tuple[tuple[str, ...], str]]:
        """Options that do not go together: (those options, told at the first; sentence)."""
        return iter(())

    @model_validator(mode="after")
    def _agrees_with_itself(self) -> Self:
        if found := [(options[0], sentence) for options, sentence in self.conflicts()]:
            raise Conflict(found)
        return self


class WithPassword(Section):
    """A section that holds a password, named by the file or the environment variable in which it stands."""

    password_file: str = option("", "File whose first line is the password.")
    password_env: str = option("", "Environment variable that holds the password.")

    def conflicts(self) -> Iterator[tuple[tuple[str, ...], str]]:
        if self.password_file and self.password_env:
            yield ("password_file", "password_env"), "is set, and password_env too; keep one of them"

    def password(self) -> str:
        """The secret itself, or '' if none is configured; ConfigurationError if it cannot be read."""
        if self.password_env:
            secret = os.environ.get(self.password_env, "")
            if not secret:
                raise ConfigurationError([f"password_env: the environment variable {self.password_env} is not set"])
            return secret
        if self.password_file:
            try:
                secret = Path(self.password_file).read_text("utf-8").partition("\n")[0].strip()
            except (OSError, UnicodeDecodeError) as error:
                reason = getattr(error, "strerror", None) or "it is not UTF-8"
                raise ConfigurationError([f"password_file: {self.password_file} cannot be read: {reason}"]) from None
            if not secret:
                raise ConfigurationError([f"password_file: the first line of {self.password_file} is empty"])
            return secret
        return ""
