"""The mail that tries a desk's reply addresses: written like a reply's, sent to ourselves, and known again anywhere.

Its Message-ID bears a token of its own kind, so that the desk knows it whatever the mail host made of its recipient.
"""

from __future__ import annotations

from dataclasses import dataclass

from daemon.config import Desk
from daemon.core.values import Address, Parcel
from daemon.desk.house import House
from daemon.mail.address import message_id
from daemon.mail.compose import compose
from daemon.mail.letter import Letter

WORDS = "This mail tries whether reply addresses of this desk arrive. It opens no ticket and may be deleted.\n"


@dataclass(frozen=True, slots=True)
class Probe:
    """A mail on its way to ``address``, and the bytes of it."""

    address: str
    message_id: str
    parcel: Parcel
    content: bytes


def probe(house: House, desk: Desk) -> Probe:
    """Write a mail to an address of the desk that looks like one for replies."""
    now = house.now()
    token = house.keyring.probe_token(now)
    address = house.book.probe_address(desk.name, now, token)
    identity = message_id(now, token, house.nonce(), house.domain(desk.name))
    letter = Letter(
        identity,
        now,
        Address(desk.title, desk.address),
        (Address("", address),),
        "A test of reply addresses",
        WORDS,
        automatic="auto-generated",
    )
    sender = "" if house.config.relay.null_sender else desk.address
    return Probe(address, identity, Parcel(0, None, address, sender, identity, 0, now), compose(letter))
