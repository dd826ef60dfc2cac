"""Tables and views of the first version."""

from pathlib import Path

from alembic import op

revision = "0001"
down_revision = None

_HERE = Path(__file__).parent
_TABLES = (
    "ranked_segment, ranking, method_score, segment, scored_sequence, configuration_method, configuration, head_set, "
    "method, segmentation, language_model, reference_motif, reference_entry, annotation, membership, protein, release, "
    "proteome, sequence, motif, run"
)


def _execute(text: str) -> None:
    """Run a script as it stands: past SQLAlchemy, which would read % and : as parameters."""
    connection = op.get_bind().connection.driver_connection
    assert connection is not None
    connection.execute(text)


def upgrade() -> None:
    _execute((_HERE / "0001_tables.sql").read_text(encoding="utf-8"))
    _execute((_HERE / "0001_views.sql").read_text(encoding="utf-8"))


def downgrade() -> None:
    _execute("DROP SCHEMA nes CASCADE")
    _execute("DROP TABLE " + ", ".join(f"nesannot.{name.strip()}" for name in _TABLES.split(",")))
