"""The example questions, each on a seeded database with an answer that was worked out by hand."""

import json
import re
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from nesdb_annot.cli.context import Global
from nesdb_annot.cli.sql import sql as sql_command
from nesdb_annot.errors import UsageError
from nesdb_annot.settings import load_settings
from nesdb_annot.store.analyst import run_sql
from nesdb_annot.store.questions import bound, find_question, questions
from nesdb_annot.store.views import describe_views

MANUAL = (Path(__file__).parents[2] / "nesdb_annot/manual/database.md").read_text()


def answer(store, name, *columns, **given):
    """Chosen columns of the answer to a question."""
    table = run_sql(store, bound(find_question(name), given))
    places = [table.columns.index(column) for column in columns]
    return [tuple(row[place] for place in places) for row in table.rows]


def test_there_are_ten_and_each_is_answered_here_and_named_in_the_readme():
    source = Path(__file__).read_text()
    assert len(questions()) == 10
    for name, question in questions().items():
        assert f'"{name}"' in source
        assert f"`{name}`" in MANUAL
        assert re.fullmatch(r"[A-Z].*[.]", question.purpose)


def test_supported_by_three(seeded):
    wanted = ("rank", "accession", "methods_in_favour", "in_favour")
    assert answer(seeded, "supported_by_three", *wanted) == [
        (1, "P0", 3, ["consensus", "neural", "similarity"]),
        (2, "P1", 3, ["biochemical", "consensus", "neural"]),
    ]
    assert answer(seeded, "supported_by_three", "rank", methods="1") == [(1,), (2,), (3,)]
    assert answer(seeded, "supported_by_three", "accession", proteome="UPB", methods="4") == [("Q0",)]


def test_in_the_nucleus(seeded):
    assert answer(seeded, "in_the_nucleus", "rank", "accession", "locations") == [(2, "P1", ["Nucleus"])]
    assert answer(seeded, "in_the_nucleus", "rank", proteome="UPB") == []


def test_between_releases(seeded):
    assert answer(seeded, "between_releases", "accession", "change", "gene") == [
        ("P1", "changed", "GP1"),
        ("P2", "gone", "GP2"),
        ("P3", "new", "GP3"),
    ]
    backwards = answer(seeded, "between_releases", "accession", "change", before="r9", after="r0")
    assert backwards == [("P1", "changed"), ("P3", "gone"), ("P2", "new")]


def test_nearest_known(seeded):
    wanted = ("rank", "accession", "same_protein", "reference_accession", "source", "citations")
    found = answer(seeded, "nearest_known", *wanted, ranks="2")
    assert found == [(1, "P0", True, "P0", "nesdb", ["PMID:1"]), (2, "P1", False, "P0", "nesdb", ["PMID:1"])]
    [(distance, peptide)] = answer(seeded, "nearest_known", "distance", "reference_peptide", proteome="UPB", ranks="1")
    assert distance == pytest.approx(0.25)
    assert len(peptide) == 10


def test_nesdb_agreement(seeded):
    wanted = ("accession", "first_residue", "proteome", "rank_of_hit", "best_rank", "hit_is_best", "candidates")
    assert answer(seeded, "nesdb_agreement", *wanted) == [("P0", 1, "UPA", 1, 1, True, 2)]
    assert answer(seeded, "nesdb_agreement", "rank_of_hit", shared="11") == [(None,)]
    assert answer(seeded, "nesdb_agreement", "accession", source="uniprot") == []


def test_shared_by_two(seeded):
    [(peptide, *rest)] = answer(
        seeded, "shared_by_two", "peptide", "accession_one", "rank_one", "accession_two", "rank_two"
    )
    assert rest == ["P0", 1, "Q0", 1]
    assert len(peptide) == 10
    assert answer(seeded, "shared_by_two", "peptide", ranks="0") == []


def test_best_overall(seeded):
    found = answer(seeded, "best_overall", "overall_rank", "proteome", "rank", "accession")
    assert found == [
        (1, "UPB", 1, "Q0"),
        (2, "UPA", 1, "P0"),
        (3, "UPA", 2, "P1"),
        (4, "UPA", 3, "P3"),
        (5, "UPA", 4, "P0"),
        (6, "UPB", 2, "Q0"),
    ]
    assert answer(seeded, "best_overall", "overall_rank", rows="2") == [(1,), (2,)]


def test_methods_disagree(seeded):
    assert [rank for (rank,) in answer(seeded, "methods_disagree", "rank")] == [3, 2, 1, 4]
    assert answer(seeded, "methods_disagree", "rank", ranks="1") == [(1,)]


def test_one_protein(seeded):
    found = answer(seeded, "one_protein", "first_residue", "method", "calibrated")
    assert [(first, method) for first, method, _ in found] == [
        (first, method)
        for first in (1, 11)
        for method in ("biochemical", "combined", "consensus", "neural", "similarity")
    ]
    assert found[1][2] == pytest.approx(0.95)
    assert len(answer(seeded, "one_protein", "rank", accession="P1")) == 5
    assert answer(seeded, "one_protein", "rank", accession="P2") == [], "it is gone from the newest release"


def test_where_from(seeded):
    found = answer(seeded, "where_from", "accession", "method", "language_model", "device", rank="2")
    assert [row[:2] for row in found] == [
        ("P1", name) for name in ("biochemical", "combined", "consensus", "neural", "similarity")
    ]
    assert {row[2:] for row in found} == {("tiny", "cpu")}


def test_a_value_is_only_a_value(seeded):
    hostile = "x'; DROP SCHEMA nes CASCADE; -- :proteome %s \\"
    assert answer(seeded, "supported_by_three", "rank", proteome=hostile) == []
    assert describe_views(seeded)


def test_unknown_names_are_told():
    with pytest.raises(UsageError, match="no example 'nothing'") as raised:
        find_question("nothing")
    assert "best_overall" in raised.value.remedy
    with pytest.raises(UsageError, match="has no parameter 'colour'") as raised:
        bound(find_question("in_the_nucleus"), {"colour": "red"})
    assert "proteome" in raised.value.remedy


@pytest.fixture
def call(seeded, module_database_url, tmp_path):
    """Run `nesannot sql ...` on the seeded database."""
    app = typer.Typer()
    app.command()(sql_command)
    url = seeded._address

    def run(*words):
        given = Global(load_settings({"database_url": url, "data_dir": tmp_path}, {}, tmp_path))
        ended = CliRunner().invoke(app, list(words), obj=given)
        if ended.exception is not None and not isinstance(ended.exception, SystemExit):
            raise ended.exception
        return ended.stdout

    return run


def test_the_command_lists_shows_and_runs_them(call):
    listed = call("--example", "list")
    assert [line.split()[0] for line in listed.splitlines()[1:]] == list(questions())
    shown = call("--example", "best_overall", "--show", "--with", "rows=2")
    assert "overall_rank <= '2'" in shown
    rows = call("--example", "best_overall", "--with", "rows=2", "--csv").splitlines()
    assert [row.split(",")[:2] for row in rows] == [["overall_rank", "proteome"], ["1", "UPB"], ["2", "UPA"]]
    assert call(shown.strip().rstrip(";"), "--csv").splitlines() == rows


def test_an_answer_comes_in_the_format_that_is_asked_for(call):
    asked = "SELECT 1 AS n, 'a' AS t, 0.5 AS p"
    for words in [("--format", "csv"), ("--csv",), ("--csv", "--format", "csv")]:
        assert call(asked, *words) == "n,t,p\n1,a,0.5\n"
    assert call(asked, "--format", "tsv") == "n\tt\tp\n1\ta\t0.5\n"
    assert json.loads(call(asked, "--format", "json")) == [{"n": 1, "t": "a", "p": 0.5}]
    assert json.loads(call(asked, "--format", "jsonl")) == {"n": 1, "t": "a", "p": 0.5}
    assert call(asked, "--format", "table") == call(asked)
    listed = json.loads(call("--example", "list", "--format", "json"))
    assert [one["example"] for one in listed] == list(questions())


@pytest.mark.parametrize(
    "words",
    [(), ("SELECT 1", "--example", "best_overall"), ("SELECT 1", "--with", "rows=2"),
     ("--example", "best_overall", "--with", "rows"), ("SELECT 1", "--format", "xls"),
     ("SELECT 1", "--csv", "--format", "tsv"), ("SELECT 1", "--csv", "--format", "table"),
     ("SELECT 1 AS a, 2 AS a", "--format", "json")],
)  # fmt: skip
def test_the_command_refuses_what_makes_no_sense(call, words):
    with pytest.raises(UsageError):
        call(*words)
