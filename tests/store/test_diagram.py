"""The diagram in the manual is that of the models."""

import re
from pathlib import Path

from typer.testing import CliRunner

from nesdb_annot.cli import db
from nesdb_annot.store.diagram import entity_diagram
from nesdb_annot.store.schema import Base

MANUAL = (Path(__file__).parents[2] / "nesdb_annot/manual/database.md").read_text()


def test_the_readme_shows_the_models_as_they_are():
    [shown] = re.findall(r"```mermaid\n(.*?)```", MANUAL, re.DOTALL)
    assert shown == entity_diagram(), "replace it with the output of: nesannot db diagram"


def test_every_table_and_every_foreign_key_is_in_it():
    lines = entity_diagram().splitlines()[1:]
    ends = [re.fullmatch(r"    (\w+) (?:\|\||\|o)(?:--|\.\.)o\{ (\w+) : (\w+)", line).groups() for line in lines]
    assert {name for one, many, _ in ends for name in (one, many)} == {t.name for t in Base.metadata.tables.values()}
    keys = {(key.column.table.name, table.name, key.parent.name)
            for table in Base.metadata.tables.values() for key in table.foreign_keys}  # fmt: skip
    assert keys <= set(ends)
    assert len(ends) == len(set(lines))


def test_what_the_database_does_not_check_is_dotted():
    lines = entity_diagram().splitlines()
    assert "    method ||..o{ method_score : method_id" in lines
    assert "    sequence ||--o{ segment : sequence_id" in lines
    assert "    membership ||..o{ ranked_segment : membership_id" in lines


def test_the_command_prints_it_without_a_database():
    assert CliRunner().invoke(db.app, ["diagram"]).stdout == entity_diagram()
