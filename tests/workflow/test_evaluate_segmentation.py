"""Evaluating segmentations: truth B, tables by hand, and the whole command on small references."""

from importlib.resources import as_file

import pytest

from nesdb_annot.errors import InputError
from nesdb_annot.records import ReferenceEntry, ReferenceSite, Sign, SiteKind
from nesdb_annot.residues import ResidueSpan
from nesdb_annot.segmentation import tilings as search
from nesdb_annot.segmentation.evaluation import SegmentationQuality
from nesdb_annot.segmentation.tilings import Tiling
from nesdb_annot.settings import SEGMENTATIONS
from nesdb_annot.store.references import ingest_entries
from nesdb_annot.store.runs import list_runs, run
from nesdb_annot.workflow import evaluate_segmentation as module
from nesdb_annot.workflow import sample
from nesdb_annot.workflow.evaluate_segmentation import evaluate_segmentation
from nesdb_annot.workflow.segmentation_tables import (
    BINS,
    BUDGETS,
    Compared,
    Measured,
    budget_table,
    length_table,
    quality_table,
    windows,
)


def site(first, last, kind=SiteKind.FUNCTIONAL_SIGNAL, sign=Sign.MOTIF):
    return ReferenceSite(kind, ResidueSpan(first, last), sign)


def quality(recall=0.9, iou=0.8, lengths=None):
    return SegmentationQuality(10, 0.5, iou, recall, 0.25, 0.1, lengths or {10: 5, 70: 5})


def compared(ours, by_recall, by_iou):
    tiles = Tiling(((16, 8),), by_recall), Tiling(((11, 8), (20, 8)), by_iou)
    return Compared(0.1, Measured("lattice", 4, ours, *tiles))


@pytest.mark.parametrize(
    ("ours", "recall", "iou", "better"),
    [
        (quality(0.9, 0.8), 0.8, 0.7, "both"),
        (quality(1.0, 0.8), 1.0, 0.7, "IoU; both find all"),
        (quality(0.9, 0.8), 0.9, 0.7, "IoU"),
        (quality(0.9, 0.8), 0.95, 0.7, "no"),
        (quality(0.9, 0.8), 0.8, 0.8, "no"),
    ],
)
def test_better_means_better_on_recall_and_iou(ours, recall, iou, better):
    assert compared(ours, quality(recall, 0.1), quality(0.1, iou)).better == better


def test_tables_hold_what_was_measured():
    one = compared(quality(), quality(0.7, 0.2), quality(0.2, 0.6))
    table = quality_table([one.measured])
    row = dict(zip(table.columns[:8], table.rows[0], strict=False))
    assert row["NESs"] == 10
    assert (row["inside"], row["mean IoU"], row["recall"], row["cut"]) == (0.5, 0.8, 0.9, 0.25)
    assert table.rows[0][8:] == (0.7, "16/8", 0.6, "11/8 + 20/8")
    assert budget_table([one]).rows[0][-1] == "both"
    lengths = length_table([one.measured])
    assert len(lengths.columns) == len(lengths.rows[0]) == 2 + len(BINS)
    assert dict(zip(lengths.columns, lengths.rows[0], strict=True))["8-11"] == "50.0"
    assert lengths.rows[0][-1] == "50.0"


def test_bins_and_budgets_leave_no_gap():
    assert [low for low, _ in BINS[1:]] == [high + 1 for _, high in BINS[:-1]]
    assert (BUDGETS[0], BUDGETS[-1], len(BUDGETS)) == (0.03, 0.25, 23)
    assert windows(Tiling(((12, 6),), quality())) == "12/6"


def test_without_functional_ranges_there_is_nothing_to_evaluate(store, settings):
    with pytest.raises(InputError, match="no functional range"):
        evaluate_segmentation(store, settings)


@pytest.fixture
def sample_entries(monkeypatch):
    """Six of the sample's proteins, each with an invented functional range; and few budgets and tilings."""
    monkeypatch.setattr(module, "BUDGETS", (0.05, 0.2))
    monkeypatch.setattr(search, "searched_windows", lambda: [((20, 40),), ((16, 60),), ((16, 8),)])
    from nesdb_annot.formats.fasta import read_fasta
    from nesdb_annot.records import ProteinRecord

    with as_file(sample.proteins()) as path:
        records = [one for one in read_fasta(path) if isinstance(one, ProteinRecord)]
    chosen = sorted(records, key=lambda record: len(record.residues))[:6]
    return [
        ReferenceEntry("user:x", str(i), record.accession, record.residues, (site(20, 34 + i),))
        for i, record in enumerate(chosen)
    ]


def test_everything_on_small_references(store, settings, sample_entries, tmp_path):
    with run(store, "ingest", {}) as (run_id, _):
        ingest_entries(store, "user:x", sample_entries, run_id)
    theirs = tmp_path / "theirs.tsv"
    first = sample_entries[0]
    lines = [f"{first.accession}\t[[0, 30], [30, {len(first.residues)}]]", "P0\t[[0, 9]]"]
    theirs.write_text("\n".join(lines))
    outcome = evaluate_segmentation(store, settings, boundaries=[theirs])
    by_quality, by_length, by_budget = outcome.tables
    names = [row[0] for row in by_quality.rows]
    assert names[:5] == list(SEGMENTATIONS)
    assert names[-2:] == ["theirs", "lattice, proteins of theirs"]
    assert [row[1] for row in by_quality.rows[-2:]] == [1, 1]
    assert [row[0] for row in by_budget.rows] == ["0.05", "0.20"]
    for row in by_quality.rows:
        assert all(0 <= share <= 1 for share in row[3:9])
    assert [row[0] for row in by_length.rows] == names
    assert any("penalty" in line for line in outcome.notes)
    newest = list_runs(store, 1)[0]
    assert (newest.kind, newest.status, newest.id) == ("evaluate segmentation", "done", outcome.run_id)
    assert newest.counts["signals"] == 6


def test_boundaries_of_other_proteins_are_refused(store, settings, sample_entries, tmp_path):
    with run(store, "ingest", {}) as (run_id, _):
        ingest_entries(store, "user:x", sample_entries, run_id)
    theirs = tmp_path / "theirs.tsv"
    theirs.write_text("P0\t[[0, 9]]\n")
    with pytest.raises(InputError, match="theirs: no accession"):
        evaluate_segmentation(store, settings, boundaries=[theirs])
