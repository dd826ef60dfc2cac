"""Which reference sites are taught as motifs, which are left open, and which are never looked at."""

import csv

import pytest

from nesdb_annot.formats.nesdb_export import read_nesdb_export
from nesdb_annot.records import ReferenceEntry, ReferenceSite, Sign, SiteKind
from nesdb_annot.residues import ResidueSpan
from nesdb_annot.workflow.training_set import signal_sites, truth_of

RESIDUES = "MKLV" * 30


def site(first, last, kind=SiteKind.FUNCTIONAL_SIGNAL, sign=Sign.MOTIF):
    return ReferenceSite(kind, ResidueSpan(first, last), sign)


def entry(*sites, **facts):
    return ReferenceEntry("user:x", "1", "P1", RESIDUES, sites, **facts)


def spans(*pairs):
    return tuple(ResidueSpan(first, last) for first, last in pairs)


def test_peptides_outrank_the_functional_ranges_that_they_stand_for():
    mixed = entry(site(1, 90), site(95, 105), site(11, 30, SiteKind.PEPTIDE))
    assert [str(s.span) for s in signal_sites(mixed)] == ["11-30", "95-105"]
    assert truth_of([mixed]).motifs == spans((11, 30), (95, 105))


def test_functional_signals_count_where_there_are_no_peptides():
    assert truth_of([entry(site(5, 14))]).motifs == spans((5, 14))


@pytest.mark.parametrize(
    ("sites", "motifs", "unknown"),
    [
        ([site(1, 30)], [(1, 30)], []),
        ([site(1, 31)], [], [(1, 31)]),
        ([site(1, 7)], [], [(1, 7)]),
        ([site(1, 8)], [(1, 8)], []),
        ([site(1, 20, sign=Sign.DOUBTFUL)], [], [(1, 20)]),
        ([site(1, 20, sign=Sign.NON_MOTIF)], [], []),
        ([site(1, 20, SiteKind.EXPORT_MUTATION)], [], []),
        ([site(1, 20, SiteKind.BINDING_MUTATION)], [], []),
    ],
)
def test_length_and_sign_decide(sites, motifs, unknown):
    truth = truth_of([entry(*sites)])
    assert (truth.motifs, truth.unknown) == (spans(*motifs), spans(*unknown))


def test_what_was_tested_is_refuted_unless_another_source_states_a_signal_there():
    tested = [site(1, 20, sign=Sign.NON_MOTIF), site(60, 75, sign=Sign.NON_MOTIF)]
    assert truth_of([entry(*tested)]).refuted == spans((1, 20), (60, 75))
    assert truth_of([entry(*tested), entry(site(15, 28))]).refuted == spans((60, 75))


def test_entries_of_one_sequence_are_read_together():
    truth = truth_of([entry(site(5, 14)), entry(site(40, 52)), entry(site(5, 14))])
    assert truth.motifs == spans((5, 14), (40, 52))


def test_nesdb_gives_the_curated_peptides(shared_data):
    with (shared_data / "nesdb/nesdb_truth.tsv").open() as stream:
        wanted = {
            (row["nesdb_id"], ResidueSpan(int(row["pep_start"]), int(row["pep_end"])))
            for row in csv.DictReader(stream, delimiter="\t")
            if row["doubtful"] == "0" and 8 <= int(row["pep_len"]) <= 30
        }
    entries = [e for e in read_nesdb_export(shared_data / "nesdb/nesdb_export.csv") if isinstance(e, ReferenceEntry)]
    assert {(e.entry_id, span) for e in entries for span in truth_of([e]).motifs} == wanted
    assert len(wanted) == 249
