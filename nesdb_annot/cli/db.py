"""`nesannot db`: start, stop and look after the database."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Annotated

import typer

from .console import note, print_table
from .context import settings_of

app = typer.Typer(help="Start, stop and look after the database.", no_args_is_help=True)


@app.command()
def up(ctx: typer.Context) -> None:
    """Start the embedded server if it is the one, and bring the schema up to date."""
    upgrade(ctx)


@app.command()
def upgrade(ctx: typer.Context) -> None:
    """Bring the schema up to date."""
    from ..store.engine import open_store
    from ..store.migrate import HEAD

    with open_store(settings_of(ctx), migrate=True) as store:
        note(f"schema {HEAD} on PostgreSQL {store.server_version}: {store.url}")


@app.command()
def down(
    ctx: typer.Context,
    revision: Annotated[str, typer.Argument(help="schema to go back to; base removes all tables")],
    yes: Annotated[bool, typer.Option("--yes", help="do it without asking")] = False,
) -> None:
    """Take the schema back to an older revision. What that one has no place for is lost."""
    from ..store.engine import open_store
    from ..store.migrate import downgrade

    if not yes:
        typer.confirm(f"take the schema back to {revision} and lose what it has no place for?", abort=True, err=True)
    with open_store(settings_of(ctx), migrated=False) as store, store.transaction() as connection:
        note(f"schema {downgrade(connection, revision) or 'removed'}: {store.url}")


@app.command()
def stop(ctx: typer.Context) -> None:
    """Stop the embedded server. The next command starts it again."""
    from ..errors import UsageError
    from ..store import embedded

    settings = settings_of(ctx)
    if settings.database_url:
        raise UsageError("the database is a server of your own", why="only the embedded one can be stopped here")
    note("stopped" if embedded.stop(settings) else "it was not running")


@app.command()
def status(ctx: typer.Context) -> None:
    """Show where the database is, whether it runs, and what is in it. Exit code 1 if it does not run."""
    from ..store.status import database_status

    found = database_status(settings_of(ctx))
    for name, fact in found.facts:
        typer.echo(f"{name:20} {fact}")
    if not found.running:
        raise typer.Exit(1)


@app.command()
def url(ctx: typer.Context) -> None:
    """Print the connection line for psql, as in psql "$(nesannot db url)". It never holds a password."""
    from ..store.engine import connection_line

    typer.echo(connection_line(settings_of(ctx)))
    if shutil.which("psql") is None:
        from ..store.server_files import programs

        note(f"psql comes with the embedded server: {programs(None) / 'psql'}")


@app.command()
def views(
    ctx: typer.Context,
    name: Annotated[str | None, typer.Argument(help="one view, with its columns")] = None,
) -> None:
    """List the documented views, or the columns of one."""
    from ..store.engine import open_store
    from ..store.views import describe_views

    with open_store(settings_of(ctx)) as store:
        described = describe_views(store)
    if name is None:
        print_table(["view", "meaning"], [(one.view, one.meaning) for one in described if not one.column])
        return
    columns = [one for one in described if one.view == name and one.column]
    if not columns:
        from ..errors import UsageError

        raise UsageError(f"no view {name!r}", remedy="nesannot db views")
    print_table(["column", "type", "meaning"], [(one.column, one.type, one.meaning) for one in columns])


@app.command()
def roles(
    ctx: typer.Context,
    create: Annotated[bool, typer.Option("--create", help="create them here instead of printing statements")] = False,
    prefix: Annotated[str, typer.Option(help="PREFIX_owner, PREFIX_writer, PREFIX_reader")] = "nesannot",
    passwords: Annotated[
        Path | None, typer.Option(help="give the roles new passwords, and write them to this file (form of ~/.pgpass)")
    ] = None,
) -> None:
    """Roles for a shared server: one owns the tables, one writes rows (workers), one reads the views (analysts)."""
    from ..errors import UsageError
    from ..store.engine import open_store
    from ..store.roles import Roles, create_roles, former_owners, set_passwords, statements

    wanted = Roles.named(prefix)
    if passwords is not None and not create:
        raise UsageError("--passwords goes with --create", why="what is printed holds no password")
    with open_store(settings_of(ctx)) as store:
        with store.transaction() as connection:
            for role in former_owners(connection, wanted):
                note(
                    f"{role} owns tables of this database. {wanted.owner} becomes their owner. {role} becomes a member "
                    f"of {wanted.owner} and keeps access. To end that access: REVOKE {wanted.owner} FROM {role}"
                )
        if not create:
            with store.transaction() as connection:
                for line in ("BEGIN", *statements(connection, wanted), "COMMIT"):
                    typer.echo(f"{line};")
            note(f"give passwords in psql: \\password {wanted.reader}; or run this with --create --passwords FILE")
            return
        made = create_roles(store, wanted)
        note(f"created: {', '.join(made) or 'none, all were there'}; rights are up to date: {store.url}")
        if passwords is not None:
            set_passwords(store, wanted, passwords)
            note(f"passwords: {passwords} (only you may read it); use it with PGPASSFILE or ?passfile= in the URL")


@app.command()
def dump(
    ctx: typer.Context,
    directory: Annotated[Path | None, typer.Argument(help="a new one; nesannot-snapshot-DATE by default")] = None,
    licence: Annotated[str, typer.Option(help="under which you share it")] = "CC-BY-4.0",
    with_nesdb: Annotated[bool, typer.Option("--with-nesdb", help="keep what came from NESdb; not to share")] = False,
) -> None:
    """Write all documented views as Parquet files with a manifest: a dated snapshot to share, to cite, to restore."""
    from ..store.engine import open_store
    from ..workflow.snapshot import dump as write

    with open_store(settings_of(ctx)) as store:
        made = write(store, directory, licence=licence, with_nesdb=with_nesdb)
    print_table(["view", "rows"], list(made.rows.items()))
    note(f"snapshot of {made.day}: {made.directory}")


@app.command()
def restore(
    ctx: typer.Context,
    directory: Annotated[Path, typer.Argument(help="a snapshot, as db dump writes it")],
    schema: Annotated[str | None, typer.Option(help="its name; snapshot_YYYY_MM_DD by default")] = None,
) -> None:
    """Restore a snapshot into this database as a schema of read-only tables, beside whatever is there."""
    from ..store.engine import open_store
    from ..workflow.snapshot import restore as read

    with open_store(settings_of(ctx), migrated=False) as store:
        name, made = read(store, directory, schema)
    print_table(["table", "rows"], list(made.rows.items()))
    note(f"restored; ask it: nesannot sql --schema {name} --example best_overall")


@app.command()
def diagram() -> None:
    """Print the tables and their references as a Mermaid diagram."""
    from ..store.diagram import entity_diagram

    typer.echo(entity_diagram(), nl=False)
