"""What all tests share: the development data, and a database of one's own.

Databases are made from a migrated template on one server for the whole session: the embedded one, started by the first
test that needs it and shared by the workers of pytest-xdist, or the one that NESANNOT_TEST_DATABASE_URL names (its role
must be allowed to create databases).
"""

import os
import shutil
import signal
import tempfile
import time
from pathlib import Path
from uuid import uuid4

import hypothesis
import psycopg
import pytest
from psycopg import sql

from nesdb_annot.settings import Settings
from nesdb_annot.store import embedded, migrate
from nesdb_annot.store.engine import Store, conninfo, open_store, parse_url

# A first call may compile a kernel, and a busy machine is no failure.
hypothesis.settings.register_profile("nesannot", deadline=None)
hypothesis.settings.load_profile("nesannot")

HOME = "NESANNOT_TEST_HOME"
GIVEN = "NESANNOT_TEST_DATABASE_URL"


def pytest_configure(config):
    """Name one directory for the session's server; workers inherit the variable."""
    if not hasattr(config, "workerinput") and HOME not in os.environ:
        home = tempfile.mkdtemp(prefix="nesannot-test-")
        Path(home).chmod(0o711)  # as root the server runs as another user, who must be able to pass
        os.environ[HOME] = home


def pytest_unconfigure(config):
    """Stop the session's server and remove its files."""
    if hasattr(config, "workerinput"):
        return
    home = os.environ.pop(HOME, None)
    if home:
        embedded.stop(Settings(data_dir=Path(home)))
        shutil.rmtree(home, ignore_errors=True)


@pytest.fixture(scope="session")
def shared_data():
    """Development data beside the checkout, which may not be redistributed; the test is skipped without it."""
    path = Path(__file__).resolve().parents[2] / "shared" / "data"
    if not path.is_dir():
        pytest.skip("no development data beside this checkout")
    return path


@pytest.fixture(scope="session")
def eventually():
    """Waits until something is true, and returns the seconds that took; it fails if it never is.

    What another process does, a server that hears of a lost client included, takes as long as the machine is busy.
    """

    def wait(true, seconds=60.0, said=lambda: None):
        began = time.monotonic()
        while not true():
            assert time.monotonic() - began < seconds, said()
            time.sleep(0.02)
        return time.monotonic() - began

    return wait


@pytest.fixture(scope="session")
def embedded_server():
    """Settings of the session's embedded server, running; it need not survive a power cut."""
    settings = Settings(data_dir=Path(os.environ[HOME]))
    embedded.start(settings)
    (embedded.placement(settings).cluster / "postgresql.auto.conf").write_text("fsync = off\n")
    os.kill(embedded.status(settings).pid, signal.SIGHUP)
    return settings


@pytest.fixture(scope="session")
def server_url(request):
    """URL of a database on the test server from which others are created."""
    given = os.environ.get(GIVEN)
    return parse_url(given or embedded.url_of(embedded.placement(request.getfixturevalue("embedded_server"))))


@pytest.fixture(scope="session")
def template_name(server_url, worker_id):
    """A migrated, empty database to copy, one for each worker."""
    with fresh_database(server_url, worker_id) as url:
        settings = Settings(database_url=url, data_dir=Path(os.environ[HOME]))
        with open_store(settings, migrated=False) as store, store.transaction() as connection:
            migrate.upgrade(connection)
        yield parse_url(url).database


class fresh_database:  # noqa: N801
    """A database that lives for a block."""

    def __init__(self, server_url, prefix="t", template="template1"):
        self.server_url, self.template = server_url, template
        self.name = f"test_{prefix}_{uuid4().hex[:12]}"

    def _do(self, text, *names):
        with psycopg.connect(conninfo(self.server_url), autocommit=True) as connection:
            connection.execute(sql.SQL(text).format(*map(sql.Identifier, names)))

    def __enter__(self):
        self._do("CREATE DATABASE {} TEMPLATE {}", self.name, self.template)
        return conninfo(self.server_url.set(database=self.name))

    def __exit__(self, *raised):
        for attempt in range(10):
            try:
                self._do("DROP DATABASE {} WITH (FORCE)", self.name)
            except psycopg.errors.InsufficientPrivilege:  # autovacuum is at work in it, which only a superuser may end
                if attempt == 9:
                    raise
                time.sleep(0.5)
            else:
                return


@pytest.fixture
def empty_database_url(server_url):
    """URL of a database with nothing in it."""
    with fresh_database(server_url) as url:
        yield url


@pytest.fixture(scope="session")
def cache_in():
    """Makes a cache directory of one's own in a directory; only the compiled kernel in it is the session's."""
    kernel = Path(os.environ[HOME]) / "kernel"
    kernel.mkdir(exist_ok=True)

    def made(directory):
        cache = directory / "cache"
        cache.mkdir()
        (cache / "kernel").symlink_to(kernel)
        return cache

    return made


@pytest.fixture
def settings(server_url, template_name, tmp_path, cache_in):
    """Settings with a migrated database of this test's own, and directories below `tmp_path`."""
    with fresh_database(server_url, template=template_name) as url:
        yield Settings(database_url=url, data_dir=tmp_path / "data", cache_dir=cache_in(tmp_path), workers=1)


@pytest.fixture
def store(settings) -> Store:
    """A migrated, empty Store."""
    with open_store(settings) as opened:
        yield opened


@pytest.fixture(scope="module")
def module_store(server_url, template_name, tmp_path_factory, cache_in) -> Store:
    """A Store shared by the tests of a module, for those that only read what one fixture wrote."""
    with fresh_database(server_url, template=template_name) as url:
        directory = tmp_path_factory.mktemp("module_store")
        with open_store(Settings(database_url=url, data_dir=directory, cache_dir=cache_in(directory))) as opened:
            yield opened


@pytest.fixture(scope="module")
def module_database_url(server_url, template_name):
    """URL, with its password, of a migrated database shared by the tests of a module."""
    with fresh_database(server_url, template=template_name) as url:
        yield url
