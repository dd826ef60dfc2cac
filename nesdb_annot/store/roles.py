"""Three roles of a shared server: who owns the tables, who writes rows, who reads views.

Everything is a list of statements, so that it can be printed for whoever administers the server, or executed. Running
it again does no harm, and covers what was created since.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql
from sqlalchemy import Connection

from ..errors import CannotWriteError, ConfigurationError
from .engine import Store
from .queries import execute
from .schema import QUEUE, SCHEMA, VIEWS
from .server_lock import open_private

STATEMENT_TIMEOUT = "30s"
"""How long a reader's statement may take, unless the session asks for more."""


@dataclass(frozen=True, slots=True)
class Roles:
    """Names of the roles; they belong to the server, so two databases on one server take two prefixes."""

    owner: str
    writer: str
    reader: str

    @classmethod
    def named(cls, prefix: str) -> Roles:
        """Roles called ``prefix_owner``, ``prefix_writer`` and ``prefix_reader``."""
        return cls(f"{prefix}_owner", f"{prefix}_writer", f"{prefix}_reader")

    @property
    def all(self) -> tuple[str, str, str]:
        """Their names."""
        return (self.owner, self.writer, self.reader)


def statements(connection: Connection, roles: Roles) -> list[str]:
    """What makes the roles and gives them their rights, in order, for the database of `connection` as it is now."""
    facts = execute(connection, "role_facts", roles=list(roles.all), schemas=[SCHEMA, VIEWS, QUEUE]).mappings().one()
    parts = (
        _create(roles, set(facts["existing"])),
        _limits(roles),
        _database(roles, facts["database"], facts["version"]),
        (_membership(roles.owner, _name(role), facts["version"]) for role in former_owners(connection, roles)),
        (f"ALTER {kind} {name} OWNER TO {_name(roles.owner)}" for kind, name in _objects(connection)),
        *(_rows(roles, schema, facts["version"]) for schema in facts["schemas"]),
    )
    return [statement for part in parts for statement in part]


def former_owners(connection: Connection, roles: Roles) -> list[str]:
    """Return the roles whose schemas and tables `statements` gives to the owner's role; they become its members."""
    rows = execute(connection, "former_owners", owner=roles.owner, schemas=[SCHEMA, VIEWS, QUEUE])
    return [str(role) for role in rows.scalars()]


def create_roles(store: Store, roles: Roles) -> list[str]:
    """Execute `statements` in one transaction.

    Returns:
        The roles that were not there before.

    Raises:
        ConfigurationError: if the role of this connection may not create roles.
    """
    with store.transaction() as connection:
        facts = execute(connection, "role_facts", roles=list(roles.all), schemas=[]).mappings().one()
        if not facts["may_create"]:
            raise ConfigurationError(
                f"role {facts['me']} may not create roles",
                where=store.url,
                remedy="nesannot db roles > roles.sql, for psql as a role with CREATEROLE that owns the database",
            )
        for statement in statements(connection, roles):
            connection.exec_driver_sql(statement)
        return [name for name in roles.all if name not in facts["existing"]]


def set_passwords(store: Store, roles: Roles, path: Path) -> None:
    """Give each role a new random password; the server sees its SCRAM verifier only, and people see a file of theirs.

    Args:
        path: a new file of lines ``host:port:database:role:password``, as libpq reads them; only its owner may.

    Raises:
        CannotWriteError: if the file stands there already or cannot be written; the passwords stay as they were.
    """
    with store.transaction() as connection:
        raw = connection.connection.dbapi_connection
        assert isinstance(raw, psycopg.Connection)
        place = f"{_escaped(raw.info.host)}:{raw.info.port}:{_escaped(raw.info.dbname)}"
        lines = [f"{place}:{_escaped(role)}:{_new_password(raw, role)}\n" for role in roles.all]
        try:
            with os.fdopen(open_private(path, os.O_WRONLY | os.O_EXCL), "w") as file:
                file.writelines(lines)
        except OSError as error:
            raise CannotWriteError(f"{path} cannot be written", why=error.strerror or "") from error


def _new_password(raw: psycopg.Connection, role: str) -> str:
    password = secrets.token_urlsafe(24)
    verifier = raw.pgconn.encrypt_password(password.encode(), role.encode(), b"scram-sha-256").decode()
    raw.execute(sql.SQL("ALTER ROLE {} PASSWORD {}").format(sql.Identifier(role), sql.Literal(verifier)))
    return password


def _escaped(text: str) -> str:
    """As a password file writes a field; a directory of sockets stands there like a host."""
    return text.replace("\\", r"\\").replace(":", r"\:")


def _name(role: str) -> str:
    return sql.Identifier(role).as_string(None)


def _create(roles: Roles, existing: set[str]) -> Iterator[str]:
    for role in roles.all:
        if role not in existing:
            yield f"CREATE ROLE {_name(role)} LOGIN"


def _limits(roles: Roles) -> Iterator[str]:
    """What a session begins with. A reader who asks for more time gets it; for more rights, not."""
    reader = _name(roles.reader)
    yield f"ALTER ROLE {reader} SET default_transaction_read_only = on"
    yield f"ALTER ROLE {reader} SET statement_timeout = '{STATEMENT_TIMEOUT}'"
    yield f"ALTER ROLE {reader} SET idle_in_transaction_session_timeout = '{STATEMENT_TIMEOUT}'"
    yield f"ALTER ROLE {reader} SET search_path = {VIEWS}"
    yield f"ALTER ROLE {_name(roles.writer)} SET search_path = {VIEWS}, {SCHEMA}"


def _database(roles: Roles, database: str, version: int) -> Iterator[str]:
    """Temporary tables are for those that stage rows; the owner makes schemas; this role can act as the owner."""
    owner, writer = _name(roles.owner), _name(roles.writer)
    yield _membership(roles.owner, "CURRENT_USER", version)
    yield f"REVOKE TEMPORARY ON DATABASE {_name(database)} FROM PUBLIC"
    yield f"GRANT CONNECT, CREATE, TEMPORARY ON DATABASE {_name(database)} TO {owner}"
    yield f"GRANT CONNECT, TEMPORARY ON DATABASE {_name(database)} TO {writer}"
    yield f"GRANT CONNECT ON DATABASE {_name(database)} TO {_name(roles.reader)}"


def _membership(owner: str, member: str, version: int) -> str:
    """Return the statement that lets `member` act as the owner."""
    return f"GRANT {_name(owner)} TO {member}" + (" WITH INHERIT TRUE, SET TRUE" if version >= 16 else "")


def _objects(connection: Connection) -> Iterator[tuple[str, str]]:
    for row in execute(connection, "objects_to_own", schemas=[SCHEMA, VIEWS, QUEUE]):
        yield row.kind, row.name


def _rows(roles: Roles, schema: str, version: int) -> Iterator[str]:
    """Rights on what a schema holds, and on what its owner will create in it."""
    owner, writer, reader = map(_name, roles.all)
    by_default = f"ALTER DEFAULT PRIVILEGES FOR ROLE {owner} IN SCHEMA {schema} "
    yield f"GRANT USAGE ON SCHEMA {schema} TO {writer}"
    if schema == VIEWS:
        yield f"GRANT USAGE ON SCHEMA {schema} TO {reader}"
        yield f"GRANT SELECT ON ALL TABLES IN SCHEMA {schema} TO {writer}, {reader}"
        yield f"{by_default}GRANT SELECT ON TABLES TO {writer}, {reader}"
        return
    verbs = "SELECT, INSERT, UPDATE, DELETE, TRUNCATE" + (", MAINTAIN" if version >= 17 else "")
    for many, one, rights in (("TABLES", "TABLES", verbs), ("SEQUENCES", "SEQUENCES", "USAGE, SELECT, UPDATE"),
                              ("ROUTINES", "ROUTINES", "EXECUTE")):  # fmt: skip
        yield f"GRANT {rights} ON ALL {many} IN SCHEMA {schema} TO {writer}"
        yield f"{by_default}GRANT {rights} ON {one} TO {writer}"
    if schema == SCHEMA:
        yield f"REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON {SCHEMA}.alembic_version FROM {writer}"
