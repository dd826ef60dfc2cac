"""How Alembic meets the database: the connection comes from `store.migrate`, the models from `store.schema`."""

import re

from alembic import context
from sqlalchemy import Connection

from nesdb_annot.store.schema import SCHEMA, Base

_PARTITION = re.compile(r"_c\d+$")


def include_name(name: str | None, kind: str, _parents: object) -> bool:
    """Compare our own schema only, without the partitions, which are made with each configuration."""
    if kind == "schema":
        return name == SCHEMA
    return kind != "table" or name is None or not _PARTITION.search(name)


def migrate(connection: Connection) -> None:
    """Run the migrations asked for on `connection`."""
    # A role called like our schema has that schema as its default, and Alembic leaves the default schema's name out.
    connection.dialect.default_schema_name = "public"
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        version_table_schema=SCHEMA,
        include_schemas=True,
        include_name=include_name,
        compare_type=True,
        compare_server_default=True,
        transaction_per_migration=False,
    )
    with context.begin_transaction():
        context.run_migrations()


migrate(context.config.attributes["connection"])
