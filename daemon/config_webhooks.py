"""What the configuration says of webhooks: other systems that are told of events."""

from __future__ import annotations

import base64
import binascii
import ipaddress
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator

from daemon.config_faults import ConfigurationError
from daemon.config_options import HOST, Name, Section, option
from daemon.core import public
from daemon.core.webhooks import KINDS, Wish

SIGNING = "whsec_"
SHORTEST_SECRET = 24
SCHEMES = ("http", "https")
SUCH_AS = "write one such as https://example.net/hooks/desk"


def _url(value: str) -> str:
    try:
        parts = urlsplit(value)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        raise ValueError(f"{value!r} is no URL; {SUCH_AS}") from None
    if parts.scheme not in SCHEMES or not value.isascii() or any(c <= " " or c in "\\\x7f" for c in value):
        raise ValueError(f"{value!r} is no URL of the web; {SUCH_AS}")
    if parts.username is not None or parts.password is not None:
        raise ValueError("a user or a password does not stand in a URL; each message is signed instead, leave them out")
    if parts.fragment:
        raise ValueError("what stands behind # never reaches a server; leave it out")
    if public.address(host) is None and (not _is_name(host) or host.startswith(".")):
        raise ValueError(f"{host!r} is neither a name nor an address; {SUCH_AS}")
    return value


def _is_name(host: str) -> bool:
    """Whether it is a name: what ends in a number is another way to write an address, and is read in many ways."""
    last = host.rpartition(".")[2]
    return HOST.fullmatch(host) is not None and not last.isdecimal() and not last.startswith("0x")


def _kind(value: str) -> str:
    if value not in KINDS:
        raise ValueError(f"{value!r} is no kind of event; the kinds: {', '.join(sorted(KINDS))}")
    return value


def _allowed(value: str) -> str:
    try:
        return str(ipaddress.ip_network(value, strict=False))
    except ValueError:
        pass
    if not _is_name(value) or value.startswith("."):
        raise ValueError(f"{value!r} is neither a name nor a network; write one such as hooks.internal or 10.1.0.0/16")
    return value.lower()


class Webhook(Section):
    """Another system that is told of events, in the order in which they happen. docs/webhooks.md shows its messages."""

    name: Name = option(
        ..., "Short name of the endpoint; a new name begins with the events that come from then on.", example="reports"
    )
    url: Annotated[str, AfterValidator(_url)] = option(
        ..., "Where messages are posted to.", example="https://example.net/hooks/desk"
    )
    secret_file: str = option(
        "",
        "File with the secret that signs messages: whsec_ and at least 24 bytes in base64. Several, one a line, sign "
        "each message several times, while one takes the place of another.",
        example="webhook.secret",
    )
    secret_env: str = option("", "Environment variable that holds the secret.")
    events: tuple[Annotated[str, AfterValidator(_kind)], ...] = option(
        (), "Kinds of events that it hears of; none = all.", example=["ticket_opened", "status_changed"]
    )
    desks: tuple[Name, ...] = option((), "Only events on tickets of these desks; none = any.", example=["support"])
    teams: tuple[Name, ...] = option(
        (), "Only events on tickets that are with these teams; none = any.", example=["support"]
    )
    timeout: int = option(15, "Time in which it must have answered.", "seconds", ge=1, le=60)
    retry_first: int = option(5, "Pause before the second try; it doubles with each further one.", "seconds", ge=1)
    retry_longest: int = option(3600, "Longest pause between two tries.", "seconds", ge=1, le=86_400)
    give_up_after: int = option(
        259_200,
        "Time after which an endpoint that takes nothing is paused and the operator told.",
        "seconds",
        ge=1,
    )
    allow: tuple[Annotated[str, AfterValidator(_allowed)], ...] = option(
        (),
        "Names of hosts and networks that may be called although they are not public.",
        example=["hooks.internal", "10.1.0.0/16"],
    )
    ca_file: str = option("", "Certificates to trust in place of the system's.", example="/etc/ssl/hooks-ca.pem")

    def conflicts(self) -> Iterator[tuple[tuple[str, ...], str]]:
        if self.secret_file and self.secret_env:
            yield ("secret_file", "secret_env"), "is set, and secret_env too; keep one of them"
        if not (self.secret_file or self.secret_env):
            yield ("secret_file", "secret_env"), "is missing; messages are signed, so write secret_file or secret_env"
        if self.retry_longest < self.retry_first:
            yield ("retry_longest", "retry_first"), f"{self.retry_longest} is shorter than retry_first; write more"

    @property
    def wish(self) -> Wish:
        return Wish(frozenset(self.events), frozenset(self.desks), frozenset(self.teams))

    @property
    def host(self) -> str:
        """The name, or the address, that the URL calls."""
        return urlsplit(self.url).hostname or ""

    @property
    def allowed_names(self) -> frozenset[str]:
        return frozenset(one for one in self.allow if "/" not in one)

    @property
    def allowed_networks(self) -> tuple[public.Network, ...]:
        return tuple(ipaddress.ip_network(one) for one in self.allow if "/" in one)

    def may_call(self, address: public.Address) -> bool:
        """Whether this address may be called for the URL's host."""
        return (
            self.host in self.allowed_names
            or public.is_public(address)
            or public.is_among(address, self.allowed_networks)
        )

    def secrets(self) -> tuple[str, ...]:
        """What signs its messages, the newest first; ConfigurationError if one cannot be read or used."""
        option, place = ("secret_env", self.secret_env) if self.secret_env else ("secret_file", self.secret_file)
        if self.secret_env:
            text = os.environ.get(place)
            if text is None:
                raise ConfigurationError([f"secret_env: the environment variable {place} is not set"])
        else:
            try:
                text = Path(place).read_text("utf-8")
            except (OSError, UnicodeDecodeError) as error:
                reason = getattr(error, "strerror", None) or "it is not UTF-8"
                raise ConfigurationError([f"secret_file: {place} cannot be read: {reason}"]) from None
        found = tuple(text.split())
        if not found or not all(map(_signs, found)):
            make = f'printf "{SIGNING}%s\\n" "$(openssl rand -base64 32)"'
            raise ConfigurationError([f"{option}: {place} holds no secret such as this makes: {make}"])
        return found


def _signs(secret: str) -> bool:
    """Whether this is a secret: its prefix, and bytes enough in base64."""
    try:
        key = base64.b64decode(secret.removeprefix(SIGNING), validate=True)
    except (binascii.Error, ValueError):
        return False
    return secret.startswith(SIGNING) and len(key) >= SHORTEST_SECRET


def webhook_faults(webhooks: Sequence[Webhook], desks: frozenset[str], teams: frozenset[str]) -> Iterator[str]:
    """Desks and teams that are not there, and addresses that are never called; sentences with their paths."""
    for i, webhook in enumerate(webhooks):
        address = public.address("127.0.0.1" if webhook.host == "localhost" else webhook.host)
        if address is not None and not webhook.may_call(address):
            yield f"webhook[{i}].url: {webhook.host} is not public; allow = [{webhook.host!r}] lets it be called"
        for what, named, known in (("desk", webhook.desks, desks), ("team", webhook.teams, teams)):
            for name in named:
                if name not in known:
                    are = ", ".join(sorted(known))
                    yield f"webhook[{i}].{what}s: there is no {what} {name!r}; {what}s: {are}"
