"""A disk whose power can be cut: ext4 in a file, by the loop driver; as root alone.

What the file system has not written yet is in the memory of the kernel, and a copy of the file made while it is written
is torn. So the cut is the file system's own word for it (the ioctl EXT4_IOC_SHUTDOWN with EXT4_GOING_FLAGS_NOLOGFLUSH,
fs/ext4/ext4.h; made for such tests): from one instant on nothing more reaches the file, neither data nor journal, and
whoever writes gets EIO. What the file holds then is what the disk had; what the kernel still held is lost.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import struct
import subprocess
from pathlib import Path

SHUTDOWN = 0x8004587D  # _IOR('X', 125, __u32)
NO_LOG_FLUSH = 2
NEEDED = ("mkfs.ext4", "mount", "umount")


def missing() -> str | None:
    """Why there can be no such disk here, in a sentence; None if there can."""
    if os.geteuid() != 0:
        return "power cuts need root, to mount a disk image; run it as root"
    lacking = [name for name in NEEDED if shutil.which(name) is None]
    if lacking:
        return f"power cuts need {', '.join(lacking)}; install e2fsprogs and mount"
    return None


class Disk:
    """An image in ``folder``, mounted on ``place``."""

    def __init__(self, folder: Path, place: Path, megabytes: int) -> None:
        self._place = place
        self._images = (folder / "disk.img", folder / "copy.img")
        self._mounted = False
        with self._images[0].open("wb") as image:
            image.truncate(megabytes * 1024 * 1024)
        _run("mkfs.ext4", "-q", "-F", str(self._images[0]))
        self.mount()

    def mount(self) -> None:
        """Mount it; if its power was cut, the journal is replayed."""
        self._place.mkdir(exist_ok=True)
        _run("mount", "-o", "loop,data=ordered", str(self._images[0]), str(self._place))
        self._mounted = True

    def cut(self) -> None:
        """Cut its power, while it is in use; then copy what it holds."""
        place = os.open(self._place, os.O_RDONLY)
        try:
            fcntl.ioctl(place, SHUTDOWN, struct.pack("I", NO_LOG_FLUSH))
        finally:
            os.close(place)
        _run("cp", "--sparse=always", str(self._images[0]), str(self._images[1]))

    def replace(self) -> None:
        """Take away the disk that was cut and mount its copy. Nobody may use it any more."""
        self.unmount()
        self._images[1].replace(self._images[0])
        self.mount()

    def unmount(self) -> None:
        if self._mounted:
            _run("umount", str(self._place))
            self._mounted = False


def _run(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)}: {done.stderr.strip()}")
