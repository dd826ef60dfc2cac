"""How likely each protein is a cargo, in the ranking and in the summary of proteins."""

from pathlib import Path

from alembic import op

revision = "0008"
down_revision = "0007"

_HERE = Path(__file__).parent


def _execute(text: str) -> None:
    """Run a script as it stands: past SQLAlchemy, which would read % and : as parameters."""
    connection = op.get_bind().connection.driver_connection
    assert connection is not None
    connection.execute(text)


def upgrade() -> None:
    _execute((_HERE / "0008_protein_score.sql").read_text(encoding="utf-8"))


def downgrade() -> None:
    _execute((_HERE / "0008_protein_score_down.sql").read_text(encoding="utf-8"))
