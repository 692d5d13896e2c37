"""A server that we call: whom its certificate must satisfy, and why it cannot be reached, with the cure."""

from __future__ import annotations

import errno
import socket
import ssl
from dataclasses import dataclass

from daemon.edge.transport import spoken


class Unverifiable(Exception):
    """The file of certificates cannot be used; the sentence names its option."""


@dataclass(frozen=True, slots=True)
class Peer:
    """``name`` as in "the relay mx:25"; ``option`` stands before its options' names ("relay."); ``timeout`` seconds."""

    name: str
    option: str
    timeout: float

    def why(self, error: BaseException) -> str | None:
        """What keeps us from it, where the network or TLS do; None for any other error."""
        if isinstance(error, ssl.SSLCertVerificationError):
            return (
                f"the certificate of {self.name} is not trusted ({spoken(error.verify_message)}); "
                f"set {self.option}ca_file, or {self.option}host to the name in it"
            )
        if isinstance(error, ssl.SSLError):
            said = spoken(error.reason or str(error))
            return f"TLS with {self.name} fails ({said}); set {self.option}tls to what it expects"
        if isinstance(error, socket.gaierror):
            return f"the name of {self.name} is not found; set {self.option}host right or mend the name service"
        if isinstance(error, TimeoutError):
            return (
                f"{self.name} does not answer in {self.timeout:g} s; "
                f"check {self.option}host, {self.option}port and the firewall"
            )
        if isinstance(error, OSError) and error.errno == errno.ECONNREFUSED:
            return f"{self.name} refuses connections; start it, or set {self.option}host and {self.option}port right"
        return None


def verifying(ca_file: str, option: str) -> ssl.SSLContext:
    """A context that verifies by this file, or by the machine's certificates if it is empty. Raise ``Unverifiable``."""
    try:
        return ssl.create_default_context(cafile=ca_file or None)
    except OSError as error:
        unreadable = f"cannot be read: {error.strerror}"
        cause = "holds no certificates in PEM" if isinstance(error, ssl.SSLError) else unreadable
        raise Unverifiable(f"{option} {ca_file} {cause}; set it right or leave it empty") from None
