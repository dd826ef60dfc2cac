"""Candidates in TSV, CSV, JSON, JSON Lines, GFF3 and BED: the same rows, whatever stands in their names."""

import csv
import io
import json
import re
from pathlib import Path
from urllib.parse import unquote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nesdb_annot.errors import CannotWriteError, UsageError
from nesdb_annot.formats.bed import bed_lines, write_bed
from nesdb_annot.formats.columns import COLUMNS, NAMES, chosen_columns
from nesdb_annot.formats.gff3 import gff3_lines, write_gff3
from nesdb_annot.formats.tables import SCHEMA, WRITERS, write_table
from nesdb_annot.residues import ResidueSpan

ROW = {
    "proteome": "UP000002311",
    "release": "2026_02",
    "rank": 1,
    "accession": "P00001",
    "entry_name": "MADE_HUMAN",
    "gene": "MADE",
    "protein_name": 'Made-up; protein, 50% = "x" & y',
    "accessions": ["P00001", "P00002"],
    "first_residue": 21,
    "last_residue": 30,
    "peptide": "LALKLAGLDI",
    "nes_class": "1a",
    "core_positions": [21, 24, 28, 30],
    "probability": 0.1 + 0.2,
    "q_value": 0.01,
    "e_value": 0.5,
    "consensus": 0.5,
    "similarity": None,
    "neural": 0.25,
    "tagger": 0.75,
    "biochemical": 0.125,
    "combined": 1e-7,
    "training": "related",
    "training_accession": "Q05116",
    "training_share": 0.75,
    "run_id": "r1",
    "configuration_id": 3,
}
FACTS = {"run": "r1", "prior": 0.1, "command": "nesannot export\twith a tab"}


def rows(count=3):
    return [
        ROW | {"rank": n, "accession": f"P0000{n}", "first_residue": n, "last_residue": n + 9}
        for n in range(1, count + 1)
    ]


def saved(tmp_path, format, given_rows, **options):
    path = tmp_path / f"out.{format}"
    assert write_table(path, given_rows, format=format, **options) == len(given_rows)
    return path.read_text(encoding="utf-8")


def parsed(format, text):
    if format == "json":
        return json.loads(text)["candidates"]
    if format == "jsonl":
        return [row for line in text.splitlines() if "schema" not in (row := json.loads(line))]
    lines = [line for line in text.splitlines(keepends=True) if not line.startswith("# ")]
    delimiter = {"tsv": "\t", "csv": ","}[format]
    quoting = csv.QUOTE_NONE if format == "tsv" else csv.QUOTE_MINIMAL
    return list(csv.DictReader(lines, delimiter=delimiter, quoting=quoting))


def as_text(row):
    return {
        name: "" if value is None else ";".join(map(str, value)) if isinstance(value, list) else str(value)
        for name, value in row.items()
    }


def test_each_column_is_defined_once_and_explained():
    assert len(set(NAMES)) == len(NAMES) == 27
    assert set(NAMES) == set(ROW)
    assert all(column.meaning and column.type in ("text", "integer", "number", "list") for column in COLUMNS)


def test_every_column_is_one_of_the_view():
    """The rows come from nes.candidate: a name that it does not have would stay empty in every file."""
    scripts = sorted((Path(__file__).parents[2] / "migrations/versions").glob("*.sql"))
    sql = "".join(path.read_text(encoding="utf-8") for path in scripts if not path.stem.endswith("_down"))
    shown = re.findall(r"CREATE (?:OR REPLACE )?VIEW nes\.candidate AS\s+SELECT (.*?)\s+FROM", sql, re.DOTALL)[-1]
    assert set(NAMES) <= {name.strip() for name in shown.split(",")}


@pytest.mark.parametrize("format", WRITERS)
def test_all_formats_hold_the_same_rows(tmp_path, format):
    found = parsed(format, saved(tmp_path, format, rows(), provenance=FACTS))
    assert [as_text(row) for row in found] == [as_text(row) for row in rows()]


@pytest.mark.parametrize("format", WRITERS)
def test_numbers_keep_their_precision(tmp_path, format):
    (row,) = parsed(format, saved(tmp_path, format, [ROW]))
    assert float(row["probability"]) == 0.1 + 0.2
    assert float(row["combined"]) == 1e-7


@pytest.mark.parametrize("format", WRITERS)
def test_columns_can_be_chosen(tmp_path, format):
    (row,) = parsed(format, saved(tmp_path, format, [ROW], columns=["rank", "accession"]))
    assert list(row) == ["rank", "accession"]


@pytest.mark.parametrize("format", WRITERS)
def test_missing_values_and_no_rows(tmp_path, format):
    assert parsed(format, saved(tmp_path, format, [{"rank": 1}]))[0]["accession"] in ("", None)
    assert parsed(format, saved(tmp_path, format, [], force=True)) == []


def test_provenance_can_be_switched_off(tmp_path):
    assert saved(tmp_path, "tsv", [ROW]).splitlines()[0].split("\t") == list(NAMES)
    assert "schema" not in saved(tmp_path, "jsonl", [ROW])


def test_provenance_of_tsv_is_one_line_a_fact(tmp_path):
    lines = saved(tmp_path, "tsv", [ROW], provenance=FACTS).splitlines()
    assert lines[:3] == ["# run: r1", "# prior: 0.1", "# command: nesannot export with a tab"]


def test_json_names_its_schema(tmp_path):
    whole = json.loads(saved(tmp_path, "json", [ROW], provenance=FACTS))
    assert (whole["schema"], whole["provenance"]["run"]) == (SCHEMA, "r1")
    first = json.loads(saved(tmp_path, "jsonl", [ROW], provenance=FACTS).splitlines()[0])
    assert first == {"schema": SCHEMA, **FACTS}


@pytest.mark.parametrize("text", ["=HYPERLINK(1)", "+1", "-1", "@x", "\tx"])
def test_formulas_are_neutralised_where_spreadsheets_read(tmp_path, text):
    (row,) = parsed("csv", saved(tmp_path, "csv", [ROW | {"gene": text}]))
    assert row["gene"].startswith("'")
    (row,) = parsed("tsv", saved(tmp_path, "tsv", [ROW | {"gene": text}]))
    assert row["gene"].startswith("'")
    (row,) = parsed("json", saved(tmp_path, "json", [ROW | {"gene": text}]))
    assert row["gene"] == text


@pytest.mark.parametrize("format", ["csv", "tsv"])
def test_list_that_begins_like_a_formula_is_neutralised(tmp_path, format):
    (row,) = parsed(format, saved(tmp_path, format, [ROW | {"gene": ["=1", "2"]}]))
    assert row["gene"] == "'=1;2"


@pytest.mark.parametrize("format", ["csv", "tsv"])
def test_negative_numbers_are_no_formulas(tmp_path, format):
    (row,) = parsed(format, saved(tmp_path, format, [ROW | {"consensus": -0.5}]))
    assert row["consensus"] == "-0.5"


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=60))
@settings(max_examples=150, deadline=None)
def test_no_name_breaks_a_row(tmp_path_factory, name):
    directory = tmp_path_factory.mktemp("names")
    for format in WRITERS:
        text = saved(directory, format, [ROW | {"protein_name": name}, ROW])
        if format == "tsv":
            assert len(text.splitlines()) == 3
        if format in ("json", "jsonl"):
            assert len(text.splitlines()) == (2 if format == "jsonl" else 4)
            assert parsed(format, text)[0]["protein_name"] == name


def test_unknown_format_and_column():
    with pytest.raises(UsageError, match="no such format"):
        write_table("-", [], format="xlsx")
    with pytest.raises(UsageError, match="no such column: 'scoer'"):
        chosen_columns(["rank", "scoer"])


def test_standard_output(capsys):
    assert write_table("-", [ROW], columns=["rank"]) == 1
    assert capsys.readouterr().out == "rank\n1\n"


def test_rows_are_streamed(tmp_path):
    seen = []

    def lazily():
        for n in range(5):
            seen.append(n)
            yield ROW

    assert write_table(tmp_path / "x.tsv", lazily()) == 5
    assert seen == list(range(5))


def features(given_rows, **options):
    for line in gff3_lines(given_rows, **options):
        columns = line.split("\t")
        assert len(columns) == 9
        yield columns, dict(pair.split("=", 1) for pair in columns[8].split(";"))


def test_gff3_feature():
    ((columns, attributes),) = features([ROW])
    assert columns[:8] == ["P00001", "nesannot", "nuclear_export_signal", "21", "30", "0.3", ".", "."]
    assert attributes["Ontology_term"] == "SO:0001531"
    assert (attributes["gene"], attributes["peptide"], attributes["rank"]) == ("MADE", "LALKLAGLDI", "1")


def test_gff3_sofa():
    ((columns, attributes),) = features([ROW], sofa=True)
    assert (columns[2], attributes["Ontology_term"]) == ("peptide_localization_signal", "SO:0001527")


def test_gff3_identifiers_are_unique():
    identifiers = [attributes["ID"] for _, attributes in features([ROW, ROW, *rows(), ROW])]
    assert len(set(identifiers)) == len(identifiers)


def test_gff3_without_probability():
    ((columns, attributes),) = features([{"accession": "a", "first_residue": 1, "last_residue": 2, "gene": None}])
    assert columns[5] == "."
    assert "gene" not in attributes


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40))
def test_gff3_escapes_survive(text):
    ((columns, attributes),) = features([ROW | {"gene": text, "accession": text}])
    assert unquote(attributes["gene"]) == text
    assert unquote(columns[0]) == text
    assert not columns[0].startswith(">")


def test_gff3_file(tmp_path):
    path = tmp_path / "x.gff3"
    assert write_gff3(path, rows(), provenance=FACTS) == 3
    lines = path.read_text().splitlines()
    assert lines[0] == "##gff-version 3"
    assert lines[1] == "# run: r1"
    assert len(lines) == 4 + 3


@given(st.integers(1, 10**6), st.integers(0, 1000))
def test_spans_are_equal_in_python_gff3_and_bed(first, more):
    span = ResidueSpan(first, first + more)
    row = ROW | {"first_residue": span.first, "last_residue": span.last}
    ((columns, _),) = features([row])
    assert ResidueSpan(int(columns[3]), int(columns[4])) == span
    (bed,) = bed_lines([row])
    _, begin, end, *_ = bed.split("\t")
    assert ResidueSpan.from_bed(int(begin), int(end)) == span
    assert slice(int(begin), int(end)) == span.as_slice()


def test_bed_line():
    assert list(bed_lines([ROW])) == ["P00001\t20\t30\tMADE_1a_related\t300\t."]
    bare = {"accession": "a b", "first_residue": 1, "last_residue": 9}
    assert list(bed_lines([bare])) == ["a_b\t0\t9\tNES\t0\t."]


def test_bed_file_says_how_it_counts(tmp_path):
    path = tmp_path / "x.bed"
    assert write_bed(path, rows()) == 3
    lines = path.read_text().splitlines()
    assert "0-based" in lines[0]
    assert len(lines) == 4


@pytest.mark.parametrize("write", [write_table, write_gff3, write_bed])
def test_a_file_that_stands_there_is_not_touched(tmp_path, write):
    path = tmp_path / "x"
    path.write_text("mine")
    with pytest.raises(CannotWriteError, match="already exists"):
        write(path, [ROW])
    assert path.read_text() == "mine"
    assert write(path, [ROW], force=True) == 1


def test_csv_of_everything_is_read_back_by_anybody(tmp_path):
    text = saved(tmp_path, "csv", rows(2))
    assert [row["protein_name"] for row in csv.DictReader(io.StringIO(text))] == [ROW["protein_name"]] * 2
