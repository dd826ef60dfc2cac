"""Answers of the database: the same values in each format, whatever their types."""

import csv
import io
import json
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from nesdb_annot.errors import UsageError
from nesdb_annot.formats.answers import WRITERS, write_answer

COLUMNS = ["name", "n", "p", "when", "parts", "raw"]
MOMENT = datetime(2026, 6, 10, 12, 30, tzinfo=UTC)
ROWS = [
    ("a\tb\nc", 3, Decimal("0.25"), MOMENT, ["x", "y"], b"\x00\xff"),
    (None, Decimal("4"), None, None, {"k": 1}, None),
]


def written(format, columns=COLUMNS, rows=ROWS):
    out = io.StringIO()
    write_answer(out, columns, iter(rows), format)
    return out.getvalue()


def test_csv_quotes_what_is_in_a_cell():
    titles, first, second = csv.reader(io.StringIO(written("csv")))
    assert titles == COLUMNS
    assert first == ["a\tb\nc", "3", "0.25", "2026-06-10 12:30:00+00:00", '["x", "y"]', "\\x00ff"]
    assert second == ["", "4", "", "", '{"k": 1}', ""]


def test_tsv_has_a_line_for_each_row():
    titles, first, second = (line.split("\t") for line in written("tsv").splitlines())
    assert titles == COLUMNS
    assert first == ["a b c", "3", "0.25", "2026-06-10 12:30:00+00:00", '["x", "y"]', "\\x00ff"]
    assert second == ["", "4", "", "", '{"k": 1}', ""]


@pytest.mark.parametrize("text", ["=HYPERLINK(1)", "+1", "-1", "@x", "\tx", "\n=x"])
def test_formulas_are_neutralised_where_spreadsheets_read(text):
    rows = [(text, -1, Decimal("-0.5"))]
    assert list(csv.reader(io.StringIO(written("csv", ["x", "n", "p"], rows))))[1] == [f"'{text}", "-1", "-0.5"]
    shown = text.replace("\t", " ").replace("\n", " ")
    assert written("tsv", ["x", "n", "p"], rows).splitlines()[1].split("\t") == [f"'{shown}", "-1", "-0.5"]
    assert written("csv", ["=x()"], []) == "'=x()\n"
    assert written("tsv", ["=x()"], []) == "'=x()\n"
    assert json.loads(written("json", ["x", "n", "p"], rows)) == [{"x": text, "n": -1, "p": -0.5}]


def test_json_keeps_types():
    rows = json.loads(written("json"))
    assert [list(row) for row in rows] == [COLUMNS, COLUMNS]
    assert list(rows[0].values()) == ["a\tb\nc", 3, 0.25, "2026-06-10T12:30:00+00:00", ["x", "y"], "\\x00ff"]
    assert list(rows[1].values()) == [None, 4, None, None, {"k": 1}, None]
    assert [json.loads(line) for line in written("jsonl").splitlines()] == rows


@pytest.mark.parametrize(
    ("number", "text"),
    [
        ("0.12345678901234567890123", "0.12345678901234567890123"),
        ("-98765432109876543210.5", "-98765432109876543210.5"),
        ("0.0000001", "0.0000001"),
        ("1E-9", "0.000000001"),
        ("0.250", "0.250"),
        ("4.00", "4"),
        ("0.000", "0"),
        ("1E+3", "1000"),
        ("9" * 5000, "9" * 5000),
    ],
)
def test_numbers_keep_all_their_digits_in_json(number, text):
    assert written("jsonl", ["x"], [(Decimal(number),)]) == f'{{"x": {text}}}\n'
    assert f"[0.5, {text}, null]" in written("json", ["x"], [([Decimal("0.5"), Decimal(number), None],)])


@pytest.mark.parametrize("value", [float("nan"), Decimal("nan")])
def test_what_json_has_no_number_for_is_text(value):
    assert json.loads(written("json", ["x"], [(value,)])) == [{"x": "NaN"}]
    assert json.loads(written("json", ["x"], [([float("-inf"), True, date(2026, 1, 2)],)])) == [
        {"x": ["-Infinity", True, "2026-01-02"]}
    ]


@pytest.mark.parametrize("format", WRITERS)
def test_an_empty_answer(format):
    text = written(format, ["x"], [])
    assert json.loads(text) == [] if format == "json" else text == ("" if format == "jsonl" else "x\n")


@pytest.mark.parametrize("format", WRITERS)
def test_two_columns_of_one_name_have_no_place_in_json(format):
    if format in ("tsv", "csv"):
        assert len(written(format, ["x", "x"], [(1, 2)]).splitlines()) == 2
    else:
        with pytest.raises(UsageError, match="two columns are called 'x'"):
            written(format, ["x", "x"], [(1, 2)])
