"""The comment on stored vectors says where their pooling stands: it is no longer always the mean."""

from alembic import op

revision = "0009"
down_revision = "0008"

_COMMENT = (
    "Pooled embedding of the segment, float16 little-endian; how it was pooled stands in the parameters of the "
    "configuration's method similarity (the mean where they name nothing)"
)
_BEFORE = "Mean embedding over the segment, float16 little-endian"


def _comment(text: str) -> None:
    quoted = text.replace("'", "''")
    op.execute(f"COMMENT ON COLUMN nesannot.segment.pooled IS '{quoted}'")


def upgrade() -> None:
    _comment(_COMMENT)


def downgrade() -> None:
    _comment(_BEFORE)
