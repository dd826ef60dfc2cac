"""Rejects are kept and shown; only --strict makes them fatal."""

import pytest

from nesdb_annot.errors import CannotWriteError, InputError
from nesdb_annot.records import ProteinRecord, Reject
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
    assert rejects.lines()[-1] == "... and 15 more"


def test_table_of_rejects(tmp_path):
    rejects = Rejects()
    list(rejects.passing(BAD))
    rejects.write(tmp_path / "rejects.tsv")
    rows = (tmp_path / "rejects.tsv").read_text().splitlines()
    assert rows[0] == HEADER
    assert rows[1].split("\t") == ["a.fasta", "7", "P3", "", "letter 'J' at position 3"]


def test_a_place_that_cannot_be_written(tmp_path):
    with pytest.raises(CannotWriteError) as caught:
        Rejects().write(tmp_path / "no" / "such" / "rejects.tsv")
    assert caught.value.exit_code == 73
