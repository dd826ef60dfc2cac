"""Evaluations: figures of merit and scored candidates, and the views on them."""

from pathlib import Path

from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Run the script as it stands: past SQLAlchemy, which would read % and : as parameters."""
    connection = op.get_bind().connection.driver_connection
    assert connection is not None
    connection.execute(Path(__file__).with_suffix(".sql").read_text(encoding="utf-8"))


def downgrade() -> None:
    for view in ("evaluation_candidate", "evaluation"):
        op.execute(f"DROP VIEW nes.{view}")
    for table in ("evaluation_candidate", "evaluation_figure"):
        op.execute(f"DROP TABLE nesannot.{table}")
