"""Decoys, and what they say in rankings: q-values and expected numbers."""

import re
from pathlib import Path

from alembic import op

revision = "0004"
down_revision = "0003"

_HERE = Path(__file__).parent
_VIEWS = ("candidate_all", "candidate", "protein_summary")


def _execute(text: str) -> None:
    """Run a script as it stands: past SQLAlchemy, which would read % and : as parameters."""
    connection = op.get_bind().connection.driver_connection
    assert connection is not None
    connection.execute(text)


def upgrade() -> None:
    _execute((_HERE / "0004_decoys.sql").read_text(encoding="utf-8"))


def downgrade() -> None:
    for view in ("protein_summary", "candidate", "candidate_all"):
        _execute(f"DROP VIEW nes.{view}")
    _execute("ALTER TABLE nesannot.ranked_segment DROP COLUMN e_value")
    _execute("ALTER TABLE nesannot.ranking DROP COLUMN decoys")
    _execute("DROP TABLE nesannot.decoy")
    for block in re.split(r"(?m)^(?=CREATE VIEW nes\.)", (_HERE / "0001_views.sql").read_text(encoding="utf-8")):
        if block.startswith(tuple(f"CREATE VIEW nes.{view} AS" for view in _VIEWS)):
            _execute(block)
