"""Rejects are kept and shown; only --strict makes them fatal."""

import pytest

from nesdb_annot.errors import CannotWriteError, InputError
from nesdb_annot.records import ProteinRecord, Reject, Repeat
from nesdb_annot.workflow.rejects import HEADER, Rejects

GOOD = [ProteinRecord("P1", "MK"), ProteinRecord("P2", "ML")]
BAD = [Reject("a.fasta", 7, "P3", "letter 'J' at position 3"), Reject("a.fasta", 9, "P4", "no residues")]


def test_good_records_pass_in_order_and_rejects_stay():
    rejects = Rejects()
    assert list(rejects.passing([GOOD[0], BAD[0], GOOD[1], BAD[1]])) == GOOD
    assert rejects.all == BAD


def test_strict_raises_only_behind_the_last_record():
    stream = Rejects(strict=True).passing([BAD[0], *GOOD])
    assert [next(stream), next(stream)] == GOOD
    with pytest.raises(InputError, match="1 records were refused") as caught:
        next(stream)
    assert "a.fasta:7 P3" in caught.value.where


def test_strict_without_rejects_is_silent():
    assert list(Rejects(strict=True).passing(GOOD)) == GOOD


def test_lines_stop_after_a_few():
    rejects = Rejects()
    list(rejects.passing(BAD * 10))
    assert len(rejects.lines()) == 6
    assert rejects.lines()[-1] == "... and 15 more were refused"


def test_repeats_are_merged_and_counted_not_refused():
    rejects = Rejects(strict=True)
    assert list(rejects.passing([GOOD[0], Repeat("a.fasta", 9, "P1", "duplicate of line 1"), GOOD[1]])) == GOOD
    assert (rejects.all, rejects.passed, rejects.merged) == ([], 2, 1)
    assert rejects.lines() == ["merged 1 records that equal earlier ones"]


def test_refused_records_alone_are_an_error_with_their_reasons():
    rejects = Rejects()
    list(rejects.passing(BAD))
    with pytest.raises(InputError, match="every record of x was refused: 2") as caught:
        rejects.refuse_nothing_else("x")
    assert "letter 'J' at position 3" in caught.value.why
    list(rejects.passing(GOOD))
    rejects.refuse_nothing_else("x")


def test_table_of_rejects(tmp_path):
    rejects = Rejects()
    list(rejects.passing(BAD))
    rejects.write(tmp_path / "rejects.tsv")
    rows = (tmp_path / "rejects.tsv").read_text().splitlines()
    assert rows[0] == HEADER
    assert rows[1].split("\t") == ["a.fasta", "7", "P3", "", "letter 'J' at position 3"]


def test_table_of_rejects_holds_no_formula_and_replaces_no_file(tmp_path):
    rejects = Rejects()
    list(rejects.passing([Reject("a.fasta", 7, "=HYPERLINK(1)", "bad\tletter")]))
    rejects.write(tmp_path / "rejects.tsv")
    assert (tmp_path / "rejects.tsv").read_text().splitlines()[1] == "a.fasta\t7\t'=HYPERLINK(1)\t\tbad letter"
    with pytest.raises(CannotWriteError, match="already exists"):
        Rejects().write(tmp_path / "rejects.tsv")


def test_a_place_that_cannot_be_written(tmp_path):
    with pytest.raises(CannotWriteError) as caught:
        Rejects().write(tmp_path / "no" / "such" / "rejects.tsv")
    assert caught.value.exit_code == 73
