"""An IMAP server by hand that can be told to lie, hang, mumble and hang up, at each command and as often as wanted."""

from __future__ import annotations

import contextlib
import re
import socket
import threading
import time
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Self

DATE = "24-Nov-2026 00:00:00 +0000"
IDLE_STEP = 0.02


class Gone(Exception):
    """This conversation is over."""


@dataclass
class Letter:
    raw: bytes
    flags: set[str] = field(default_factory=set)
    date: str = DATE


class Liar:
    """One mailbox with INBOX and whatever is made. ``faults[command]`` are what goes wrong the next times, in order.

    drop, bye, hang, no, bad, garbage, and pieces (a true answer in small pieces) work at every command and at the
    greeting. FETCH also knows: bodyless, nothing, others, nameless (no UID), cut, huge. SEARCH knows: low, nonsense.
    IDLE knows: done (ends at once), news-first (EXISTS ahead of the continuation). ``capabilities`` and ``permanent``
    are what the server says of itself.
    """

    def __init__(self, capabilities: str = "IMAP4rev1 IDLE MOVE UIDPLUS AUTH=PLAIN") -> None:
        self.capabilities = capabilities
        self.permanent: str | None = "\\Seen \\Deleted \\*"
        self.uidvalidity = 7
        self.uidnext = 1
        self.tells_uidvalidity = True
        self.mails: dict[int, Letter] = {}
        self.folders: dict[str, list[bytes]] = {"INBOX": []}
        self.faults: dict[str, list[str]] = defaultdict(list)
        self.commands: list[str] = []
        self.lock = threading.RLock()
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._server.getsockname()[1])
        self._lines: set[socket.socket] = set()
        self._closed = False

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._closed = True
        with contextlib.suppress(OSError):
            self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()
        self.drop_all()

    def append(self, *raws: bytes, flags: Iterable[str] = (), date: str = DATE) -> list[int]:
        with self.lock:
            uids = list(range(self.uidnext, self.uidnext + len(raws)))
            self.mails |= {uid: Letter(raw, set(flags), date) for uid, raw in zip(uids, raws, strict=True)}
            self.uidnext += len(raws)
        return uids

    def renumber(self) -> None:
        """Another UIDVALIDITY and other UIDs, as after a restore; conversations that are open end."""
        with self.lock:
            self.uidvalidity += 1
            letters = [self.mails[uid] for uid in sorted(self.mails)]
            self.mails = {500 + number: letter for number, letter in enumerate(letters)}
            self.uidnext = 500 + len(letters)
        self.drop_all()

    def drop_all(self) -> None:
        for line in list(self._lines):
            with contextlib.suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)

    def said(self, word: str) -> int:
        """How often a command was heard."""
        return sum(1 for command in self.commands if command == word)

    def _accept(self) -> None:
        while not self._closed:
            try:
                line, _ = self._server.accept()
            except OSError:
                return
            threading.Thread(target=_Talk(self, line).run, daemon=True).start()


class _Talk:
    def __init__(self, liar: Liar, line: socket.socket) -> None:
        self.liar = liar
        self.line = line
        self.held = b""
        self.known = 0
        self.in_pieces = False

    def run(self) -> None:
        self.line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.liar._lines.add(self.line)
        try:
            with contextlib.suppress(Gone, OSError):
                if not self._goes_wrong("greeting", "*"):
                    self._say(f"* OK [CAPABILITY {self.liar.capabilities}] ready")
                while True:
                    self._answer(self._hear())
        finally:
            self.liar._lines.discard(self.line)
            self.line.close()

    # -- the wire

    def _say(self, text: str | bytes) -> None:
        data = (text.encode() if isinstance(text, str) else text) + b"\r\n"
        if not self.in_pieces:
            self.line.sendall(data)
            return
        for start in range(0, len(data), 7):
            self.line.sendall(data[start : start + 7])
            time.sleep(0.001)

    def _hear(self) -> str:
        while b"\r\n" not in self.held:
            piece = self.line.recv(65_536)
            if not piece:
                raise Gone
            self.held += piece
        line, _, self.held = self.held.partition(b"\r\n")
        return line.decode()

    def _fault(self, command: str) -> str:
        with self.liar.lock:
            waiting = self.liar.faults[command]
            return waiting.pop(0) if waiting else ""

    def _goes_wrong(self, command: str, tag: str, fault: str | None = None) -> bool:
        """Whether the answer has been given, and a wrong one."""
        fault = self._fault(command) if fault is None else fault
        self.in_pieces = fault == "pieces"
        match fault:
            case "drop":
                raise Gone
            case "bye":
                self._say("* BYE going down")
                raise Gone
            case "hang":
                while self.line.recv(65_536):
                    pass
                raise Gone
            case "no" | "bad":
                self._say(f"{tag} {fault.upper()} not now")
            case "garbage":
                self._say(b"\x00\xff * what ( { [ \\ is this")
                self._say(f"{tag} OK maybe")
            case _:
                return False
        return True

    # -- the protocol

    def _answer(self, line: str) -> None:
        tag, _, rest = line.partition(" ")
        words = rest.upper().split()
        command = words[1] if words[:1] == ["UID"] else words[0] if words else ""
        with self.liar.lock:
            self.liar.commands.append(command)
        fault = self._fault(command)
        if not self._goes_wrong(command, tag, fault):
            handle = getattr(self, f"_{command.lower()}", None)
            if handle is None:
                self._say(f"{tag} BAD unknown")
            else:
                handle(tag, rest, fault)
        self.in_pieces = False

    def _ok(self, tag: str) -> None:
        self._say(f"{tag} OK done")

    def _capability(self, tag: str, rest: str, fault: str) -> None:
        self._say(f"* CAPABILITY {self.liar.capabilities}")
        self._ok(tag)

    def _authenticate(self, tag: str, rest: str, fault: str) -> None:
        self._say("+ ")
        self._hear()
        if not self._goes_wrong("LOGIN", tag):
            self._ok(tag)

    def _login(self, tag: str, rest: str, fault: str) -> None:
        self._ok(tag)

    def _logout(self, tag: str, rest: str, fault: str) -> None:
        self._say("* BYE")
        self._ok(tag)
        raise Gone

    def _select(self, tag: str, rest: str, fault: str) -> None:
        liar = self.liar
        with liar.lock:
            self.known = len(liar.mails)
            self._say(f"* {self.known} EXISTS")
            self._say("* FLAGS (\\Seen \\Deleted)")
            if liar.permanent is not None:
                self._say(f"* OK [PERMANENTFLAGS ({liar.permanent})] kept")
            if liar.tells_uidvalidity:
                self._say(f"* OK [UIDVALIDITY {liar.uidvalidity}] valid")
        self._say(f"{tag} OK [{'READ-ONLY' if 'EXAMINE' in rest.upper() else 'READ-WRITE'}] selected")

    _examine = _select

    def _list(self, tag: str, rest: str, fault: str) -> None:
        for name in self.liar.folders:
            if f'"{name}"' in rest:
                self._say(f'* LIST () "/" "{name}"')
        self._ok(tag)

    def _create(self, tag: str, rest: str, fault: str) -> None:
        self.liar.folders[rest.split('"')[1]] = []
        self._ok(tag)

    def _search(self, tag: str, rest: str, fault: str) -> None:
        with self.liar.lock:
            uids = sorted(self.liar.mails)
            low = int(re.findall(r"UID (\d+):\*", rest)[0])
            found = [uid for uid in uids if uid >= low] or uids[-1:]  # as the RFC has it: the last mail, even below
            if "UNSEEN" in rest:
                found = [uid for uid in found if "\\Seen" not in self.liar.mails[uid].flags]
            if word := re.search(r"UNKEYWORD (\S+)", rest):
                found = [uid for uid in found if word[1] not in self.liar.mails[uid].flags]
            if fault == "low":
                found = uids
            text = " ".join(map(str, found)) + (" 0 99999999999 what -3" if fault == "nonsense" else "")
            self._say(f"* SEARCH {text}".rstrip())
        self._ok(tag)

    def _fetch(self, tag: str, rest: str, fault: str) -> None:
        wanted = [int(uid) for uid in rest.split()[2].split(",")]
        with self.liar.lock:
            letters = {uid: letter for uid, letter in self.liar.mails.items() if uid in wanted}
        if fault == "nothing":
            letters = {}
        for number, (uid, letter) in enumerate(letters.items(), 1):
            named = "" if fault == "nameless" else f"UID {uid + 1000 if fault == 'others' else uid} "
            if "SIZE" in rest:
                self._say(f"* {number} FETCH ({named}RFC822.SIZE {len(letter.raw)})")
            elif "BODY.PEEK" not in rest or fault == "bodyless":
                self._say(f'* {number} FETCH ({named}INTERNALDATE "{letter.date}")')
            elif fault == "huge":
                self._say(f"* {number} FETCH ({named}BODY[] {{999999999999}}")
                raise Gone
            else:
                part = re.search(r"<0\.(\d+)>", rest)
                raw = letter.raw[: int(part[1])] if part else letter.raw
                item = f"BODY[]{'<0>' if part else ''} {{{len(raw)}}}"
                head = f'* {number} FETCH ({named}INTERNALDATE "{letter.date}" {item}\r\n'.encode()
                if fault == "cut":
                    self.line.sendall(head + raw[: len(raw) // 2])
                    raise Gone
                self._say(head + raw + b")")
        self._ok(tag)

    def _store(self, tag: str, rest: str, fault: str) -> None:
        flags = set(re.findall(r"[\\$\w]+", rest.rpartition("(")[2]))
        with self.liar.lock:
            for uid in map(int, rest.split()[2].split(",")):
                if uid in self.liar.mails:
                    self.liar.mails[uid].flags |= flags
        self._ok(tag)

    def _copy(self, tag: str, rest: str, fault: str) -> None:
        with self.liar.lock:
            for uid in map(int, rest.split()[2].split(",")):
                if uid in self.liar.mails:
                    self.liar.folders[rest.split('"')[1]].append(self.liar.mails[uid].raw)
        self._ok(tag)

    def _move(self, tag: str, rest: str, fault: str) -> None:
        with self.liar.lock:
            for uid in map(int, rest.split()[2].split(",")):
                if letter := self.liar.mails.pop(uid, None):
                    self.liar.folders[rest.split('"')[1]].append(letter.raw)
        self._ok(tag)

    def _expunge(self, tag: str, rest: str, fault: str) -> None:
        with self.liar.lock:
            for uid in map(int, rest.split()[2].split(",")):
                if uid in self.liar.mails and "\\Deleted" in self.liar.mails[uid].flags:
                    del self.liar.mails[uid]
        self._ok(tag)

    def _idle(self, tag: str, rest: str, fault: str) -> None:
        if fault == "news-first":
            self._say(f"* {len(self.liar.mails)} EXISTS")
        self._say("+ idling")
        if fault == "done":
            self._ok(tag)
            return
        self.line.settimeout(IDLE_STEP)
        try:
            while True:
                with contextlib.suppress(TimeoutError):
                    if self._hear().upper() == "DONE":
                        break
                if len(self.liar.mails) != self.known:
                    self.known = len(self.liar.mails)
                    self._say(f"* {self.known} EXISTS")
                if wrong := self._fault("idling"):
                    self._goes_wrong("idling", "*", wrong)
        finally:
            self.line.settimeout(None)
        self._ok(tag)
