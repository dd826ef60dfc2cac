"""The queue in a schema of its own, work units of deferred runs, and runs that tell when their process was killed."""

from pathlib import Path

from alembic import op

revision = "0002"
down_revision = "0001"

_HERE = Path(__file__).parent


def _execute(text: str) -> None:
    """Run a script as it stands: past SQLAlchemy, which would read % and : as parameters."""
    connection = op.get_bind().connection.driver_connection
    assert connection is not None
    connection.execute(text)


def _script(name: str) -> None:
    _execute((_HERE / name).read_text(encoding="utf-8"))


def upgrade() -> None:
    _execute("CREATE SCHEMA queue")
    _execute("SET LOCAL search_path = queue")
    _script("0002_procrastinate.sql")
    _execute("SET LOCAL search_path = public")
    _script("0002_work_units.sql")
    _script("0002_run_progress.sql")


def downgrade() -> None:
    _execute("DROP VIEW nes.run_progress")
    _execute("DROP SCHEMA queue CASCADE")
    _execute("DROP TABLE nesannot.work_unit")
    _execute("ALTER TABLE nesannot.run DROP CONSTRAINT ck_run_status_known")
    _execute("UPDATE nesannot.run SET status = 'stopped' WHERE status = 'queued'")
    _execute(
        "ALTER TABLE nesannot.run ADD CONSTRAINT ck_run_status_known "
        "CHECK (status IN ('running', 'done', 'failed', 'stopped'))"
    )
    _execute("ALTER TABLE nesannot.run DROP COLUMN queued, DROP COLUMN host")
    _execute("COMMENT ON COLUMN nesannot.run.status IS 'running, done, failed or stopped'")
    _script("0002_run_progress_down.sql")
