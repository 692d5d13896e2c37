"""A Dovecot of one's own: unprivileged, its configuration and mail in a temporary folder, any user, one password."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import trustme

from tests.imap.servers import SECRET, Account, free_port

NOBODY = 65534
START_SECONDS = 20.0
MISSING = "no dovecot here: install dovecot-imapd to run this test"
CONFIG = """
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/log
protocols = imap
default_login_user = {me}
default_internal_user = {me}
default_internal_group = {group}
first_valid_uid = 1
first_valid_gid = 1
ssl = {ssl}
ssl_cert = <{folder}/cert.pem
ssl_key = <{folder}/key.pem
disable_plaintext_auth = no
mail_location = maildir:~/Maildir
auth_failure_delay = 0
mail_max_userip_connections = 1000
auth_mechanisms = plain login
passdb {{
  driver = passwd-file
  args = username_format=anyone {folder}/passwd
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={folder}/mail/%u
}}
service anvil {{
  chroot =
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service imap-login {{
  chroot =
  client_limit = 200
  service_count = 0
  inet_listener imap {{
    address = 127.0.0.1
    port = {port}
  }}
  inet_listener imaps {{
    address = 127.0.0.1
    port = {tls_port}
    ssl = yes
  }}
}}
service imap {{
  process_limit = 200
}}
protocol imap {{
  {extra}
}}
"""


class Dovecot:
    """A running server; ``account`` gives a user of one's own."""

    def __init__(self, folder: Path, extra: str = "") -> None:
        self.folder = folder
        self.port, self.tls_port = free_port(), free_port()
        self.ca_file = str(folder / "ca.pem")
        self.extra = extra
        self._users = 0
        self._process: subprocess.Popen[bytes] | None = None
        self._own_certificate()

    def start(self) -> None:
        as_root = os.geteuid() == 0
        uid, gid = (NOBODY, NOBODY) if as_root else (os.geteuid(), os.getegid())
        me, group = _names(uid, gid)
        config = self.folder / "dovecot.conf"
        config.write_text(
            CONFIG.format(
                folder=self.folder,
                me=me,
                group=group,
                uid=uid,
                gid=gid,
                ssl="yes",
                port=self.port,
                tls_port=self.tls_port,
                extra=self.extra,
            )
        )
        (self.folder / "passwd").write_text(f"anyone:{{PLAIN}}{SECRET}\n")
        for name in ("run", "state", "mail"):
            (self.folder / name).mkdir(exist_ok=True)
        if as_root:
            for place in (self.folder, *self.folder.rglob("*")):
                os.chown(place, uid, gid)
        drop = ["setpriv", f"--reuid={uid}", f"--regid={gid}", "--clear-groups"] if as_root else []
        self._process = subprocess.Popen(
            [*drop, "dovecot", "-F", "-c", str(config)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        self._await_greeting()

    def stop(self) -> None:
        """End the server and every conversation with it, which it would let finish."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(20)
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process = None

    def account(self, user: str = "", *, tls: str = "none", folder: str = "INBOX") -> Account:
        """A user nobody else has, unless named; their INBOX is empty."""
        self._users += 1
        port = self.tls_port if tls == "implicit" else self.port
        ca_file = "" if tls == "none" else self.ca_file
        return Account("127.0.0.1", port, user or f"user{self._users}", folder, tls, ca_file)

    def change_uidvalidity(self, account: Account) -> None:
        """Have the server number the mail of a user's INBOX anew, as after a restore or a move to another machine."""
        self.stop()
        maildir = self.folder / "mail" / account.user / "Maildir"
        for index in maildir.glob("dovecot.index*"):
            index.unlink()
        uids = maildir / "dovecot-uidlist"
        head, *rows = uids.read_text("utf-8", "surrogateescape").splitlines(keepends=True)
        number = re.search(r" V(\d+)", head)
        assert number is not None
        moved = [f"{int(row.split(' ', 1)[0]) + 100} {row.split(' ', 1)[1]}" for row in rows]
        head = f"3 V{int(number[1]) + 1} N{1000 + len(rows)}\n"
        uids.write_text("".join([head, *moved]), "utf-8", "surrogateescape")
        self.start()

    def _await_greeting(self) -> None:
        end = time.monotonic() + START_SECONDS
        while True:
            try:
                with socket.create_connection(("127.0.0.1", self.port), timeout=5) as line:
                    if line.recv(64).startswith(b"* OK"):
                        return
            except OSError:
                pass
            log = self.folder / "log"
            assert time.monotonic() < end, log.read_text() if log.exists() else "dovecot does not start"
            time.sleep(0.02)

    def _own_certificate(self) -> None:
        authority = trustme.CA()
        issued = authority.issue_cert("localhost", "127.0.0.1")
        (self.folder / "cert.pem").write_bytes(b"".join(blob.bytes() for blob in issued.cert_chain_pems))
        (self.folder / "key.pem").write_bytes(issued.private_key_pem.bytes())
        (self.folder / "ca.pem").write_bytes(authority.cert_pem.bytes())


def installed() -> bool:
    return shutil.which("dovecot", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin") is not None


def _names(uid: int, gid: int) -> tuple[str, str]:
    import grp
    import pwd

    return pwd.getpwuid(uid).pw_name, grp.getgrgid(gid).gr_name


@contextmanager
def dovecot(**options: Any) -> Iterator[Dovecot]:
    """A server in a folder below /tmp that anyone may enter (pytest's own folders belong to root alone)."""
    from tempfile import TemporaryDirectory

    with TemporaryDirectory(prefix="dovecot-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)
        server = Dovecot(Path(folder), **options)
        server.start()
        try:
            yield server
        finally:
            server.stop()
