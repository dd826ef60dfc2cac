"""Overall rank, nearest references and schema version as views; partitions without owning the tables."""

from pathlib import Path

from alembic import op

revision = "0005"
down_revision = "0004"


def _execute(text: str) -> None:
    """Run a script as it stands: past SQLAlchemy, which would read % and : as parameters."""
    connection = op.get_bind().connection.driver_connection
    assert connection is not None
    connection.execute(text)


def upgrade() -> None:
    _execute((Path(__file__).parent / "0005_analysts.sql").read_text(encoding="utf-8"))


def downgrade() -> None:
    _execute("DROP VIEW nes.schema_version, nes.nearest_reference, nes.candidate_overall")
    _execute("DROP FUNCTION nesannot.create_partitions(integer)")
    _execute("DROP INDEX nesannot.ix_ranked_segment_overall")
    _execute(
        "CREATE INDEX ix_ranked_segment_probability ON nesannot.ranked_segment (probability DESC) WHERE is_current"
    )
