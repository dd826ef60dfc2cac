"""Who holds the embedded server's files: locks that the kernel releases, whatever happens to their holders.

``server.lock`` is inherited by the server and all its children, so it is held exactly as long as one of them lives. A
``postmaster.pid`` left by a crash may name a process that is somebody else's by now; this lock cannot be wrong so.
"""

from __future__ import annotations

import fcntl
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from .server_files import Placement


def open_private(path: Path, flags: int = os.O_RDWR) -> int:
    """Open a file that only the owner of its directory may use, creating it, and return its descriptor."""
    descriptor = os.open(path, flags | os.O_CREAT | os.O_CLOEXEC, 0o600)
    if os.geteuid() == 0:  # root at work in a user's directory must not lock that user out
        owner = path.parent.stat()
        os.fchown(descriptor, owner.st_uid, owner.st_gid)
    return descriptor


def try_lock(descriptor: int) -> bool:
    """Take the lock if nobody holds it."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@contextmanager
def one_at_a_time(place: Placement) -> Iterator[None]:
    """Hold the right to start or stop this server; waits for whoever holds it."""
    descriptor = open_private(place.home / "start.lock")
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def is_held(place: Placement) -> bool:
    """Whether a server, or a child that a crash left behind, holds the files."""
    path = place.home / "server.lock"
    if not path.exists():
        return False
    descriptor = open_private(path)
    try:
        return not try_lock(descriptor)
    finally:
        os.close(descriptor)


def postmaster_pid(place: Placement) -> int | None:
    """Process id of the running server, if ``postmaster.pid`` names a live one that serves this very cluster."""
    try:
        pid = int((place.cluster / "postmaster.pid").read_text().split("\n", 1)[0])
    except (OSError, ValueError):
        return None
    line = _command_line(pid)
    return pid if "postgres" in line and str(place.cluster) in line else None


def _command_line(pid: int) -> str:
    """Command line of a process; empty if there is none."""
    listed = Path(f"/proc/{pid}/cmdline")
    if Path("/proc/self/cmdline").exists():
        with suppress(OSError):
            return listed.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        return ""
    shown = subprocess.run(["ps", "-o", "command=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return shown.stdout


def clear_stale(place: Placement) -> None:
    """Remove what a crashed server left, so that the next one starts. The caller holds ``server.lock``."""
    (place.cluster / "postmaster.pid").unlink(missing_ok=True)
    for left in place.socket_directory.glob(".s.PGSQL.*"):
        left.unlink(missing_ok=True)
