"""The embedded server: starts once, survives crashes and stale files, keeps to itself, and opens nobody's doors."""

import os
import pwd
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psycopg
import pytest

from nesdb_annot.errors import ConfigurationError, DatabaseUnreachableError, TryLaterError
from nesdb_annot.settings import Settings
from nesdb_annot.store import embedded, server_files, server_lock
from nesdb_annot.store.engine import open_store

ROOT = os.geteuid() == 0
START = """
import sys
from pathlib import Path
from nesdb_annot.settings import Settings
from nesdb_annot.store import embedded
settings = Settings(data_dir=Path(sys.argv[1]))
embedded.start(settings)
print(embedded.status(settings).pid)
"""
pytestmark = pytest.mark.xdist_group("embedded")


@pytest.fixture(scope="module")
def home():
    """A short directory that the server's user can reach."""
    path = Path(tempfile.mkdtemp(prefix="nes-", dir="/tmp"))
    path.chmod(0o711)
    yield path
    embedded.stop(Settings(data_dir=path))
    shutil.rmtree(path)


@pytest.fixture
def server(home):
    """Settings of a server of this module's own, running."""
    settings = Settings(data_dir=home)
    embedded.start(settings)
    return settings


def answer(url, query="SELECT 1"):
    with psycopg.connect(url) as connection:
        return connection.execute(query).fetchone()[0]


def ended(pid):
    """Whether a process is no more, or only its parent has yet to hear of it."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    stat = Path(f"/proc/{pid}/stat")
    return stat.exists() and stat.read_text().rpartition(")")[2].split()[0] == "Z"


def test_starting_again_gives_the_same_server(server):
    pid = embedded.status(server).pid
    assert answer(embedded.start(server), "SELECT current_database()") == "nesannot"
    assert embedded.status(server) == embedded.ServerStatus(
        True, embedded.placement(server).home, embedded.status(server).account, pid
    )


def test_it_outlives_the_command_that_started_it(home, server):
    embedded.stop(server)
    subprocess.run([sys.executable, "-c", START, str(home)], check=True)
    assert embedded.status(server).running


def test_two_commands_that_start_at_once_start_one_server(home, server):
    embedded.stop(server)
    command = [sys.executable, "-c", START, str(home)]
    both = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    pids = {one.communicate(timeout=60)[0].strip() for one in both}
    assert len(pids) == 1
    assert [one.returncode for one in both] == [0, 0, 0]


def test_no_tcp_port_and_a_password_that_only_the_owner_can_read(server):
    place = embedded.placement(server)
    url = embedded.start(server)
    assert answer(url, "SHOW listen_addresses") == ""
    assert stat.S_IMODE(place.passwords.stat().st_mode) == 0o600
    assert stat.S_IMODE(place.socket_directory.stat().st_mode) == 0o700
    assert stat.S_IMODE(place.cluster.stat().st_mode) == 0o700
    password = place.passwords.read_text().strip().rsplit(":", 1)[1]
    assert len(password) >= 40
    assert password not in url
    for wrong in ("/dev/null", str(place.log)):
        with pytest.raises(psycopg.OperationalError, match="password"):
            psycopg.connect(f"host={place.socket_directory} user=nesannot dbname=nesannot passfile={wrong}")


def test_no_rule_of_the_server_trusts_anybody(server):
    embedded.start(server)
    rules = (embedded.placement(server).cluster / "pg_hba.conf").read_text().splitlines()
    methods = {rule.split()[-1] for rule in rules if rule.strip() and not rule.startswith("#")}
    assert methods == {"scram-sha-256"}


def test_the_role_that_connects_is_no_superuser(server):
    with psycopg.connect(embedded.start(server)) as connection:
        row = connection.execute("SELECT rolname, rolsuper FROM pg_roles WHERE rolname = current_user").fetchone()
    assert row == ("nesannot", False)


def test_stopping_and_starting_keeps_what_was_written(server):
    url = embedded.start(server)
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS kept (n integer)")
        connection.execute("INSERT INTO kept VALUES (7)")
    assert embedded.stop(server)
    assert not embedded.stop(server)
    assert not embedded.status(server).running
    assert answer(embedded.start(server), "SELECT max(n) FROM kept") == 7


def test_server_starts_below_a_directory_with_a_comma(home):
    odd = home / "a, b 'c' \"d\" %20;e"
    odd.mkdir(mode=0o711)
    settings = Settings(data_dir=odd)
    try:
        assert answer(embedded.start(settings)) == 1
        assert embedded.placement(settings).home.is_relative_to(odd)
    finally:
        embedded.stop(settings)


@pytest.mark.parametrize("child_first", [False, True])
def test_a_killed_server_is_started_again(server, child_first):
    with psycopg.connect(embedded.start(server)) as connection:
        backend = connection.info.backend_pid
        if child_first:
            os.kill(backend, signal.SIGKILL)
            time.sleep(0.05)
        os.kill(embedded.status(server).pid, signal.SIGKILL)
    assert answer(embedded.start(server)) == 1


def crash(server, backend, eventually):
    """Kill the server; what served a connection ends when it hears of that."""
    os.kill(embedded.status(server).pid, signal.SIGKILL)
    eventually(lambda: ended(backend))


def test_a_store_reconnects_after_a_crash_of_the_server(server, eventually):
    with open_store(server) as store:
        with store.transaction() as connection:
            backend = connection.exec_driver_sql("SELECT pg_backend_pid()").scalar()
        crash(server, backend, eventually)
        with store.transaction() as connection:
            assert connection.exec_driver_sql("SELECT 2").scalar() == 2


def test_a_connection_lost_in_mid_transaction_is_a_moment_to_wait(server, eventually):
    with open_store(server) as store, pytest.raises(TryLaterError) as raised, store.transaction() as connection:
        crash(server, connection.exec_driver_sql("SELECT pg_backend_pid()").scalar(), eventually)
        connection.exec_driver_sql("SELECT 2")
    assert raised.value.exit_code == 75
    with open_store(server) as store:
        assert store.server_version == server_files.SERVER_MAJOR


def test_a_stale_pid_file_that_names_a_living_stranger_is_no_obstacle(server):
    """After a crash and a reboot the number may be anybody's, even another process of the same user."""
    place = embedded.placement(server)
    embedded.stop(server)
    account = (
        {} if place.account is None else {"user": place.account.uid, "group": place.account.gid, "extra_groups": []}
    )
    stranger = subprocess.Popen(["sleep", "60"], cwd="/", **account)
    try:
        facts = [stranger.pid, place.cluster, int(time.time()), 5432, place.socket_directory, "", "  1  2", "ready"]
        (place.cluster / "postmaster.pid").write_text("\n".join(map(str, facts)) + "\n")
        (place.socket_directory / ".s.PGSQL.5432.lock").write_text("\n".join(map(str, facts)) + "\n")
        (place.socket_directory / ".s.PGSQL.5432").touch()
        for left in (place.cluster / "postmaster.pid", *place.socket_directory.iterdir()):
            if place.account:
                os.chown(left, place.account.uid, place.account.gid)
        assert not embedded.status(server).running
        assert not embedded.stop(server), "a stranger is never signalled"
        assert answer(embedded.start(server)) == 1
        assert stranger.poll() is None
        assert embedded.status(server).pid != stranger.pid
    finally:
        stranger.kill()
        stranger.wait()


def test_a_start_that_was_killed_in_initdb_starts_clean_where_it_was(server):
    place = embedded.placement(server)
    embedded.stop(server)
    kept = place.home / "kept"
    place.cluster.rename(kept)
    draft = place.cluster.with_suffix(".draft")
    draft.mkdir()
    (draft / "PG_VERSION").write_text("18\n")
    try:
        assert answer(embedded.start(server)) == 1
        assert not draft.exists()
        assert embedded.status(server).home == place.home
    finally:
        shutil.rmtree(kept)


def test_a_cluster_of_another_version_is_left_alone(server):
    place = embedded.placement(server)
    embedded.stop(server)
    version = place.cluster / "PG_VERSION"
    version.write_text("16\n")
    try:
        with pytest.raises(ConfigurationError, match="of PostgreSQL 16") as raised:
            embedded.start(server)
        assert raised.value.exit_code == 78
    finally:
        version.write_text("18\n")


def test_a_server_that_ends_at_once_is_explained_by_its_log(server):
    place = embedded.placement(server)
    embedded.stop(server)
    control = place.cluster / "global" / "pg_control"
    content = control.read_bytes()
    control.write_bytes(b"")
    try:
        with pytest.raises(DatabaseUnreachableError, match="ended while starting") as raised:
            embedded.start(server)
        assert "pg_control" in raised.value.why
    finally:
        control.write_bytes(content)
    assert answer(embedded.start(server)) == 1


def test_a_server_that_does_not_answer_in_time_is_a_moment_to_wait(server):
    pid = embedded.status(server).pid
    os.kill(pid, signal.SIGSTOP)
    try:
        with pytest.raises(TryLaterError, match="does not answer yet"):
            embedded.start(server, wait_s=0.2)
    finally:
        os.kill(pid, signal.SIGCONT)
    assert answer(embedded.start(server)) == 1


def test_a_long_path_gets_a_short_private_socket_directory(tmp_path):
    deep = tmp_path.joinpath(*["a-rather-long-directory-name"] * 4)
    place = server_files.Placement(deep / "postgres", None)
    assert place.socket_directory.parent == Path("/tmp")
    assert len(str(place.socket_directory / ".s.PGSQL.5432")) < 100
    deep.mkdir(parents=True)
    server_files.make_home(place)
    try:
        assert stat.S_IMODE(place.socket_directory.stat().st_mode) == 0o700
        server_files.make_home(place)
    finally:
        place.socket_directory.rmdir()


def test_a_socket_directory_that_is_a_link_is_refused(tmp_path):
    deep = tmp_path.joinpath(*["a-rather-long-directory-name"] * 4)
    place = server_files.Placement(deep / "postgres", None)
    place.socket_directory.symlink_to(tmp_path)
    try:
        with pytest.raises(ConfigurationError, match="belongs to somebody else"):
            server_files.make_home(place)
    finally:
        place.socket_directory.unlink()


def test_a_directory_that_cannot_be_made_is_a_matter_of_settings(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(ConfigurationError, match="cannot create") as raised:
        server_files.make_home(server_files.Placement(tmp_path / "file" / "postgres", None))
    assert "NESANNOT_DATA_DIR" in raised.value.remedy


def test_reachable_reads_permissions_and_changes_none(tmp_path):
    nobody = server_files.Account("nobody", 64999, 64999)
    tmp_path.chmod(0o700)
    inner = tmp_path / "inner"
    inner.mkdir(mode=0o755)
    assert not server_files.reachable(inner, nobody)
    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o700
    me = server_files.Account.of_uid(os.geteuid())
    assert server_files.reachable(inner, me) or ROOT


def test_without_the_wheel_the_way_out_is_named(monkeypatch):
    monkeypatch.setattr(server_files.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ConfigurationError, match="no embedded Postgres") as raised:
        server_files.programs(None)
    assert "NESANNOT_DATABASE_URL" in raised.value.remedy


def test_the_lock_of_a_dead_holder_is_free(tmp_path, eventually):
    place = server_files.Placement(tmp_path, None)
    assert not server_lock.is_held(place)
    descriptor = server_lock.open_private(tmp_path / "server.lock")
    assert server_lock.try_lock(descriptor)
    assert server_lock.is_held(place)
    child = subprocess.Popen(["sleep", "60"], pass_fds=(descriptor,))
    os.close(descriptor)
    assert server_lock.is_held(place), "a child that inherited it holds it"
    child.kill()
    child.wait()
    eventually(lambda: not server_lock.is_held(place))


needs_root = pytest.mark.skipif(not ROOT, reason="needs root")


@pytest.fixture
def system_home(monkeypatch):
    path = Path(tempfile.mkdtemp(prefix="nes-sys-", dir="/tmp"))
    path.chmod(0o711)
    monkeypatch.setattr(server_files, "SYSTEM_HOME", path / "nesannot")
    yield path
    shutil.rmtree(path)


@needs_root
def test_as_root_a_closed_home_stays_closed_and_the_database_lives_elsewhere(system_home, tmp_path):
    closed = tmp_path / "root"
    closed.mkdir(mode=0o700)
    settings = Settings(data_dir=closed / ".local" / "share" / "nesannot")
    before = {path: path.stat().st_mode for path in (closed, *closed.parents)}
    old = os.umask(0o077)
    try:
        assert answer(embedded.start(settings)) == 1
    finally:
        os.umask(old)
        embedded.stop(settings)
    status = embedded.status(settings)
    assert status.home.is_relative_to(system_home)
    assert status.account in ("nesannot", "nobody")
    assert {path: path.stat().st_mode for path in before} == before
    assert not (closed / ".local").exists()


@needs_root
def test_as_root_an_unreachable_server_is_copied_not_opened(system_home, tmp_path, monkeypatch):
    package = server_files._installed()
    closed = tmp_path / "venv"
    closed.mkdir(mode=0o700)
    target = closed / package.name
    target.symlink_to(package)
    monkeypatch.setattr(server_files, "_installed", lambda: target)
    monkeypatch.setattr(server_files, "reachable", lambda path, account: "venv" not in str(path))
    account = server_files._system_account()
    where = server_files.programs(account)
    assert where.is_relative_to(system_home)
    version = subprocess.run(
        [where / "postgres", "--version"],
        user=account.uid,
        group=account.gid,
        extra_groups=[],
        cwd="/",
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert f"PostgreSQL) {server_files.SERVER_MAJOR}." in version
    subprocess.run(
        [where / "initdb", "--version"], user=account.uid, group=account.gid, extra_groups=[], cwd="/", check=True
    )
    assert stat.S_IMODE(closed.stat().st_mode) == 0o700
    assert server_files.programs(account) == where


@needs_root
def test_root_in_a_users_directory_runs_the_server_as_that_user(tmp_path):
    home = Path(tempfile.mkdtemp(prefix="nes-user-", dir="/tmp"))
    owner = pwd.getpwnam("nobody")
    cluster = home / "postgres" / str(server_files.SERVER_MAJOR)
    cluster.mkdir(parents=True)
    os.chown(cluster, owner.pw_uid, owner.pw_gid)
    try:
        place = server_files.placement(Settings(data_dir=home))
        assert place.home == home / "postgres"
        assert place.account.name == "nobody"
    finally:
        shutil.rmtree(home)


@needs_root
def test_root_without_an_unprivileged_user_is_told_what_to_do(monkeypatch):
    monkeypatch.setattr(server_files, "_SYSTEM_USERS", ("no-such-user-here",))
    with pytest.raises(ConfigurationError, match="does not run as root") as raised:
        server_files._system_account()
    assert "useradd" in raised.value.remedy


@pytest.mark.skipif(not Path("/proc/net").exists(), reason="needs /proc")
def test_a_socket_in_the_address_family_of_files_only(server):
    """The server holds no internet socket at all."""
    pid = embedded.status(server).pid
    inodes = {str(link.readlink()) for link in Path(f"/proc/{pid}/fd").iterdir()}
    assert any(name.startswith("socket:") for name in inodes)
    for table in ("tcp", "tcp6", "udp", "udp6"):
        for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
            assert f"socket:[{line.split()[9]}]" not in inodes


def test_a_database_of_somebody_else_is_a_matter_of_settings(monkeypatch, tmp_path):
    def forbidden(place):
        raise PermissionError(13, "Permission denied", str(tmp_path / "server.lock"))

    monkeypatch.setattr(embedded, "is_held", forbidden)
    with pytest.raises(ConfigurationError, match=r"no permission for .*server\.lock") as raised:
        embedded.start(Settings(data_dir=tmp_path))
    assert "NESANNOT_DATA_DIR" in raised.value.remedy


def test_user_number_without_a_name_is_told_what_to_do(tmp_path):
    with pytest.raises(ConfigurationError, match="cannot be created by user 54321") as raised:
        server_files.require_listed_user(server_files.Placement(tmp_path, server_files.Account.of_uid(54321)))
    assert "useradd --uid 54321" in raised.value.remedy
    assert raised.value.exit_code == 78
