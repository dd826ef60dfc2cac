"""Bring the schema up and down, and say whether code and schema fit."""

from __future__ import annotations

import importlib.util
import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, text

from ..errors import ConfigurationError, UsageError
from ..installation import upgrade_command
from .queries import execute
from .schema import SCHEMA, VIEWS

if TYPE_CHECKING:
    from alembic.config import Config

HEAD = "0010"
"""Revision that this code is written for; a test holds it equal to the newest migration."""

_LOCK = 0x6E6573  # any number that no other program is likely to lock


class SchemaState(StrEnum):
    """How the schema of a database stands to this code."""

    FITS = "fits"
    EMPTY = "empty"
    OLDER = "older"
    NEWER = "newer"


def migrations_directory() -> Path:
    """Where the migrations lie: in the installed package, or beside it in a checkout that is not installed."""
    spec = importlib.util.find_spec("nesdb_annot.migrations")
    if spec is not None and spec.origin is not None:
        return Path(spec.origin).parent
    return Path(__file__).resolve().parents[2] / "migrations"


def current_revision(connection: Connection) -> str | None:
    """Revision of the database's schema; None if it has none."""
    place: str | None = execute(connection, "where_revision_stands", schema=SCHEMA, views=VIEWS).scalar()
    if place is None:
        return None
    found = connection.execute(text(f"SELECT * FROM {place}")).scalar()  # noqa: S608
    return str(found) if found else None


def schema_state(connection: Connection) -> SchemaState:
    """Compare the schema with this code."""
    found = current_revision(connection)
    if found == HEAD:
        return SchemaState.FITS
    if found is None:
        return SchemaState.EMPTY
    return SchemaState.OLDER if found in revisions() else SchemaState.NEWER


def require_fit(connection: Connection) -> None:
    """Refuse to work on a schema that this code is not written for.

    Raises:
        ConfigurationError: saying which of the two to update, and how.
    """
    state = schema_state(connection)
    if state is SchemaState.FITS:
        return
    if state is SchemaState.NEWER:
        raise ConfigurationError(
            f"the database has schema {current_revision(connection)}, which is newer than this program ({HEAD})",
            remedy=upgrade_command(),
        )
    what = "is empty" if state is SchemaState.EMPTY else f"has schema {current_revision(connection)}"
    raise ConfigurationError(f"the database {what}; this program needs schema {HEAD}", remedy="nesannot db upgrade")


def revisions() -> list[str]:
    """All revisions that this code knows, oldest first."""
    from alembic.script import ScriptDirectory

    scripts = ScriptDirectory.from_config(_config())
    return [script.revision for script in scripts.walk_revisions()][::-1]


def upgrade(connection: Connection, revision: str = "head") -> str:
    """Migrate up to `revision` within the caller's transaction, one program at a time.

    Returns:
        The revision now in force.

    Raises:
        ConfigurationError: if the schema is newer than this code.
    """
    from alembic import command

    _prepare(connection)
    if schema_state(connection) is SchemaState.NEWER:
        require_fit(connection)
    connection.execute(text(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}"))
    connection.execute(text(f"COMMENT ON SCHEMA {SCHEMA} IS 'Tables of nesannot; analysts read the views in {VIEWS}'"))
    command.upgrade(_config(connection), revision)
    return current_revision(connection) or ""


def downgrade(connection: Connection, revision: str) -> str:
    """Migrate down to `revision` (``base`` removes everything) within the caller's transaction.

    Returns:
        The revision now in force; empty if nothing is left.

    Raises:
        UsageError: if there is no such revision.
    """
    from alembic import command

    if revision != "base" and revision not in revisions():
        raise UsageError(f"no such revision: {revision}", remedy=f"one of base, {', '.join(revisions())}")
    _prepare(connection)
    command.downgrade(_config(connection), revision)
    left = current_revision(connection)
    if left is None:
        connection.execute(text(f"DROP SCHEMA {SCHEMA} CASCADE"))
    return left or ""


def _prepare(connection: Connection) -> None:
    """Wait for a migration that is under way; then wait for nobody's table longer than a moment.

    What another role owns, of which this one is a member, is changed in that role's name: what it creates has the
    rights that it gives by default.
    """
    connection.execute(text(f"SELECT pg_advisory_xact_lock({_LOCK})"))
    connection.execute(text("SET LOCAL lock_timeout = '5s'"))
    owner: str | None = execute(connection, "other_owner", schema=SCHEMA).scalar()
    if owner is not None:
        connection.execute(text(f"SET LOCAL ROLE {owner}"))


def _config(connection: Connection | None = None) -> Config:
    from alembic.config import Config

    config = Config(attributes={"connection": connection}, stdout=sys.stdout)
    config.set_main_option("script_location", str(migrations_directory()).replace("%", "%%"))
    return config
