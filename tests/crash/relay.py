"""The relay of a crash run: it notes what it takes, and is ill or well as the seed says."""

from __future__ import annotations

import hashlib
import random
import re
import threading
from collections import deque
from collections.abc import Collection
from dataclasses import dataclass
from email.parser import BytesHeaderParser

from tests.fakes import Arrived
from tests.journey.sink import Sink

RECENT = 200
STAGES = ("greeting", "mail", "rcpt", "data", "early", "final")
REPLY_ADDRESS = re.compile(r"((support|billing)\+(\d+)-[a-z2-7]{26}@desk\.example)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Postmark:
    """One mail that the relay took for one recipient: its Message-ID and the SHA-256 (hex) of its bytes."""

    message_id: str
    recipient: str
    digest: str


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail of the desk that can be answered: ``reply_to`` names desk and ticket, and bears the token."""

    recipient: str
    message_id: str
    reply_to: str
    desk: str
    ticket: int
    subject: str


class Notes(list[Arrived]):
    """In place of ``FakeRelay.arrived``: keeps a postmark of each mail in order, and the latest ones to answer."""

    def __init__(self) -> None:
        super().__init__()
        self.postmarks: list[Postmark] = []
        self.recent: deque[Letter] = deque(maxlen=RECENT)

    def append(self, arrived: Arrived) -> None:
        head = BytesHeaderParser().parsebytes(arrived.content)
        message_id = str(head["Message-ID"]).strip().strip("<>")
        digest = hashlib.sha256(arrived.content).hexdigest()
        for recipient in arrived.recipients:
            self.postmarks.append(Postmark(message_id, recipient, digest))
            found = REPLY_ADDRESS.search(str(head["Reply-To"] or head["From"]))
            if found:
                self.recent.append(
                    Letter(recipient, message_id, found[1], found[2], int(found[3]), str(head["Subject"] or ""))
                )


class Weather:
    """Makes a relay misbehave for a moment, be well for another, and so on, until it is calmed."""

    def __init__(self, sink: Sink, seed: str, refused: Collection[str]) -> None:
        self.notes = Notes()
        self._relay = sink.relay
        self._relay.arrived = self.notes
        self._refusals = dict.fromkeys(refused, "550 5.1.1 nobody here")
        self._chance = random.Random(f"{seed} weather")
        self._calm = threading.Event()
        self._relay.answers = dict(self._refusals)
        self._thread = threading.Thread(target=self._change, name="weather")

    def start(self) -> None:
        self._thread.start()

    def calm(self) -> None:
        """Be well from now on, but for the recipients that are refused for good."""
        self._calm.set()
        if self._thread.ident is not None:
            self._thread.join()

    def _change(self) -> None:
        while not self._calm.is_set():
            self._be(self._chance.choice(("well", "well", "answers", "drops", "hangs")))
            self._calm.wait(self._chance.uniform(0.05, 0.6))
        self._be("well")

    def _be(self, mood: str) -> None:
        stage = self._chance.choice(STAGES)
        self._relay.drops_at = stage if mood == "drops" else ""
        self._relay.hangs_at = stage if mood == "hangs" else ""
        # what it refuses for good stays refused, whatever else it says
        answers = {stage: "421 4.3.2 closed" if stage == "greeting" else "451 4.3.0 later"}
        self._relay.answers = self._refusals | (answers if mood == "answers" else {})
