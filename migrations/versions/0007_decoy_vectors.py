"""Shuffled proteins keep their candidates' vectors and scores, for other pooled heads to score without embedding."""

from alembic import op

revision = "0007"
down_revision = "0006"

_COMMENT = "Their candidates with pooled vectors and raw scores (safetensors); NULL if they were not kept"


def upgrade() -> None:
    op.execute("ALTER TABLE nesannot.decoy ADD COLUMN candidates bytea")
    op.execute("ALTER TABLE nesannot.decoy ALTER COLUMN candidates SET STORAGE EXTERNAL")
    op.execute(f"COMMENT ON COLUMN nesannot.decoy.candidates IS '{_COMMENT}'")


def downgrade() -> None:
    op.execute("ALTER TABLE nesannot.decoy DROP COLUMN candidates")
