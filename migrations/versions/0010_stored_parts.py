"""Stored parts of the combined score, complete rankings, the mark of training, and sources of references.

Each topic has a script of its own; `_PARTS` names them in the order in which they run.
"""

from pathlib import Path

from alembic import op

revision = "0010"
down_revision = "0009"

_HERE = Path(__file__).parent
_PARTS: tuple[str, ...] = (
    *("references", "vectors", "parts", "training", "scores", "rankings", "engines", "method_columns"),
)
"""Scripts ``0010_<part>.sql``, each undone by ``0010_<part>_down.sql``."""


def _execute(name: str) -> None:
    """Run a script as it stands: past SQLAlchemy, which would read % and : as parameters."""
    connection = op.get_bind().connection.driver_connection
    assert connection is not None
    connection.execute((_HERE / name).read_text(encoding="utf-8"))


def upgrade() -> None:
    for part in _PARTS:
        _execute(f"0010_{part}.sql")


def downgrade() -> None:
    for part in reversed(_PARTS):
        _execute(f"0010_{part}_down.sql")
