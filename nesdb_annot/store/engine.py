"""The way to the database: a given server or the embedded one, of a version and a schema that fit."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Self

import psycopg
from psycopg import sql
from sqlalchemy import URL, Connection, create_engine, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError

from ..errors import ConfigurationError, DatabaseUnreachableError
from ..settings import Settings, shown
from . import embedded, migrate
from .libpq import libpq_variables, may_pass, without_libpq_variables
from .schema import SCHEMA, VIEWS
from .translate import translated

OLDEST_SERVER = 15
_PATIENCE_S = 8.0
_SECRETS = ("password", "sslpassword")


CLIENT: dict[str, Any] = {"client_encoding": "utf8", "connect_timeout": 10}
"""Connection parameters that no variable or setting of the user may change."""


class Store:
    """A database of ours, open. A context manager: leaving it closes its connections.

    Attributes:
        url: where it is, for people; without the password.
        embedded: whether it is the embedded server.
        server_version: major version of Postgres.
    """

    def __init__(self, url: URL, settings: Settings) -> None:
        self.url = shown_url(url)
        self.embedded = not settings.database_url
        self._address = conninfo(url)
        self._settings = settings
        self.engine = create_engine(
            "postgresql+psycopg://", creator=self._connect, pool_pre_ping=True, pool_size=4, max_overflow=8
        )
        self.server_version = self._version()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: object) -> None:
        self.close()

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """A transaction: committed at the end, rolled back if an error leaves the block.

        Raises:
            TryLaterError: if the connection breaks; nothing of the block is kept.
        """
        with translated(), self.engine.begin() as connection:
            yield connection

    @contextmanager
    def session(self) -> Iterator[Connection]:
        """A connection of one's own for several transactions; its temporary tables go with it.

        Raises:
            TryLaterError: if the connection breaks; finished transactions are kept.
        """
        with translated(), self.engine.connect() as connection:
            connection.detach()
            yield connection

    def vacuum(self, table: str) -> None:
        """Free the space of a table's dead rows, and let the planner know its rows and what an index alone can answer.

        Without effect where another command does it already, or where this role may not (PostgreSQL 15 and 16 let
        only the owner; the server's own autovacuum comes later).
        """
        with self.session() as connection:
            raw = connection.connection.dbapi_connection
            assert isinstance(raw, psycopg.Connection)
            raw.autocommit = True
            raw.execute(sql.SQL("VACUUM (ANALYZE, SKIP_LOCKED) {}").format(sql.Identifier(SCHEMA, table)))

    def _connect(self) -> psycopg.Connection:
        """Connect; a server that is just starting or recovering from a crash gets a few seconds."""
        deadline = time.monotonic() + _PATIENCE_S
        while True:
            try:
                with without_libpq_variables(self.embedded):
                    return _usual(psycopg.connect(self._address, **CLIENT, application_name="nesannot"))
            except psycopg.OperationalError as error:
                if time.monotonic() > deadline or not self._may_come(str(error)):
                    raise
            time.sleep(0.1)

    def _may_come(self, said: str) -> bool:
        """Whether trying again makes sense; the embedded server is started if it is down."""
        if may_pass(said):
            return True
        if self.embedded:
            embedded.start(self._settings)
        return self.embedded

    def _version(self) -> int:
        try:
            with self.engine.connect() as connection:
                found = connection.connection.dbapi_connection
                assert isinstance(found, psycopg.Connection)
                version = found.info.server_version // 10_000
        except (DBAPIError, psycopg.Error) as error:
            self.close()
            raise _unreachable(self.url, error, () if self.embedded else libpq_variables()) from error
        if version < OLDEST_SERVER:
            self.close()
            raise ConfigurationError(
                f"the server is PostgreSQL {version}", where=self.url, why=f"{OLDEST_SERVER} or newer is needed"
            )
        return version


def open_store(settings: Settings, *, migrated: bool = True, migrate: bool = False) -> Store:
    """Open the database of these settings; the embedded server is started, and its empty database filled, if need be.

    Args:
        settings: names a server in `database_url`; empty for the embedded one.
        migrate: bring an older or empty schema up first.
        migrated: False to open it whatever its schema is (to ask or to migrate).

    Raises:
        DatabaseUnreachableError: if there is no connection.
        ConfigurationError: if the server is older than PostgreSQL 15, or code and schema do not fit.
    """
    store = Store(address(settings), settings)
    try:
        if migrated:
            _fit(store, migrate)
    except BaseException:
        store.close()
        raise
    return store


def _fit(store: Store, wanted: bool) -> None:
    with store.transaction() as connection:
        state = migrate.schema_state(connection)
        if state is migrate.SchemaState.FITS:
            return
        if wanted or (store.embedded and state is migrate.SchemaState.EMPTY):
            migrate.upgrade(connection)
        migrate.require_fit(connection)


def address(settings: Settings) -> URL:
    """Connection URL, with the embedded server started if it is the one.

    Raises:
        ConfigurationError: if `settings.database_url` is no PostgreSQL URL.
    """
    return parse_url(settings.database_url) if settings.database_url else make_url(embedded.start(settings))


def parse_url(text: str) -> URL:
    """Read ``postgresql://user:password@host:port/name``; ``postgres://`` and a driver's name are accepted.

    Raises:
        ConfigurationError: if it is anything else.
    """
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):
        url = None
    if url is None or url.get_backend_name() not in ("postgresql", "postgres"):
        raise ConfigurationError(
            "the database URL is not one of PostgreSQL",
            where="NESANNOT_DATABASE_URL",
            remedy="postgresql://USER:PASSWORD@HOST:5432/NAME",
            setting="database_url",
        )
    return url.set(drivername="postgresql")


def conninfo(url: URL) -> str:
    """The URL as libpq reads it."""
    return _percent_encoded(url.set(drivername="postgresql").render_as_string(hide_password=False))


def _percent_encoded(text: str) -> str:
    """Blanks in the query as %20: SQLAlchemy writes +, which libpq takes for a plus (a real one is %2B there)."""
    head, mark, query = text.partition("?")
    return head + mark + query.replace("+", "%20")


def shown_url(url: URL) -> str:
    """The URL as it may be shown: no password, wherever it stood."""
    public = url.set(drivername="postgresql").difference_update_query(_SECRETS)
    return _percent_encoded(public.render_as_string(hide_password=True))


def connection_line(settings: Settings) -> str:
    """Return the URL for psql; its search path begins with the views.

    The embedded server's password stands in a file that the URL names, and the URL overrides ``PGPORT`` and
    ``PGPASSWORD``, so that psql reaches the embedded server whatever they are. A password of a given server is left
    out; psql asks for it, or finds it in ``~/.pgpass`` or ``PGPASSWORD``.
    """
    url = address(settings)._replace(password=None).difference_update_query(_SECRETS)  # set() takes None for "leave it"
    if not settings.database_url:
        url = url.update_query_dict({"port": "5432", "password": ""})
    return conninfo(url.update_query_dict({"options": f"-csearch_path={VIEWS},{SCHEMA}"}))


def _usual(connection: psycopg.Connection) -> psycopg.Connection:
    """Return the connection with dates in ISO style, the only style in which the driver reads time stamps."""
    if not (connection.info.parameter_status("DateStyle") or "").startswith("ISO"):
        connection.execute("SET DateStyle TO ISO")
        connection.commit()
    return connection


def _unreachable(url: str, error: DBAPIError | psycopg.Error, variables: Sequence[str]) -> DatabaseUnreachableError:
    """Return the error of a server that cannot be reached; `variables` of libpq may be the reason."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    remedy = "start the server, correct NESANNOT_DATABASE_URL, or unset it to use the embedded server"
    if variables:
        remedy += f"; these variables of libpq are set, and may be wrong: {' '.join(variables)}"
    return DatabaseUnreachableError(
        f"cannot connect to {url}",
        why=shown("database_url", str(cause).strip().split("\n")[0]),
        remedy=remedy,
    )
