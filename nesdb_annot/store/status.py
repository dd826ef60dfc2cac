"""How the database stands, without starting or changing anything."""

from __future__ import annotations

from dataclasses import dataclass, field

from ..settings import Settings
from . import embedded, migrate
from .engine import Store, open_store, parse_url, shown_url
from .queries import execute


@dataclass(frozen=True, slots=True)
class DatabaseStatus:
    """Facts about a database, by name and in order; `running` is whether it answers."""

    running: bool
    facts: list[tuple[str, str]] = field(default_factory=list)


def database_status(settings: Settings) -> DatabaseStatus:
    """Look at the database of these settings. An embedded server that is down stays down.

    Raises:
        DatabaseUnreachableError: if a given server does not answer.
    """
    facts = _where(settings)
    if not settings.database_url and not embedded.status(settings).running:
        return DatabaseStatus(False, [*facts, ("state", "not running; the next command starts it")])
    with open_store(settings, migrated=False) as store:
        return DatabaseStatus(True, facts + _inside(store))


def _where(settings: Settings) -> list[tuple[str, str]]:
    if settings.database_url:
        return [("server", shown_url(parse_url(settings.database_url)))]
    server = embedded.status(settings)
    facts = [("server", "embedded PostgreSQL"), ("directory", str(server.home))]
    if server.account:
        facts.append(("runs as", server.account))
    return [*facts, ("process", str(server.pid))] if server.pid else facts


def _inside(store: Store) -> list[tuple[str, str]]:
    with store.transaction() as connection:
        state = migrate.schema_state(connection)
        revision = migrate.current_revision(connection) or "none"
        facts = [("PostgreSQL", str(store.server_version)), ("schema", f"{revision} ({state})")]
        if state is migrate.SchemaState.FITS:
            row = execute(connection, "database_counts").mappings().one()
            facts += [(name.replace("_", " "), str(value)) for name, value in row.items()]
    return facts
