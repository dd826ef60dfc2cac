"""Changes from release to release, of the references and of the pipeline, with the candidates they touch."""

from pathlib import Path

from alembic import op

revision = "0006"
down_revision = "0005"

_HERE = Path(__file__).parent


def _execute(text: str) -> None:
    """Run a script as it stands: past SQLAlchemy, which would read % and : as parameters."""
    connection = op.get_bind().connection.driver_connection
    assert connection is not None
    connection.execute(text)


def upgrade() -> None:
    _execute((_HERE / "0006_changes.sql").read_text(encoding="utf-8"))
    _execute((_HERE / "0006_change_views.sql").read_text(encoding="utf-8"))


def downgrade() -> None:
    _execute("DROP VIEW nes.release_change, nes.candidate_change")
    _execute("DROP TABLE nesannot.change, nesannot.former_accession")
