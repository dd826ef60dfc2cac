"""Reference sites: which are labels, which are unknown, which are ignored, and how sources are merged."""

import csv
import random
from dataclasses import replace

import pytest

from nesdb_annot.formats.nesdb_export import read_nesdb_export
from nesdb_annot.records import ReferenceEntry, ReferenceSite, Sign, SiteKind
from nesdb_annot.residues import ResidueSpan
from nesdb_annot.workflow.reference_sites import (
    labelled_sites,
    once_per_accession,
    references_digest,
    signal_sites,
    truth_of,
)
from nesdb_annot.workflow.truths import truth_a, truth_b

RESIDUES = "MKLV" * 30


def site(first, last, kind=SiteKind.FUNCTIONAL_SIGNAL, sign=Sign.MOTIF):
    return ReferenceSite(kind, ResidueSpan(first, last), sign)


def entry(*sites, **facts):
    return ReferenceEntry("user:x", "1", "P1", RESIDUES, sites, **facts)


def stated(source, *sites, residues=RESIDUES, citations=()):
    return ReferenceEntry(source, f"{source} {residues}", "P1", residues, sites, citations=citations)


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
        ([site(1, 30, SiteKind.PEPTIDE)], [(1, 30)], []),
        ([site(1, 31, SiteKind.PEPTIDE)], [], [(1, 31)]),
        ([site(1, 45)], [(1, 45)], []),
        ([site(1, 46)], [], [(1, 46)]),
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


def test_overlapping_sites_of_two_sources_are_one_label():
    """Two sources give the same NES different ends; it counts once, with both citations."""
    entries = [
        stated("uniprot", site(38, 47), citations=("PMID:2", "PMID:1")),
        stated("nesdb", site(34, 53, SiteKind.PEPTIDE), site(36, 50), citations=("PMID:1",)),
        stated("user:mine", site(40, 49), site(70, 80), citations=("lab book",)),
    ]
    assert truth_of(entries).motifs == spans((34, 53), (70, 80))
    merged, alone = labelled_sites(entries)
    assert (merged.sources, merged.citations) == (("nesdb", "uniprot", "user:mine"), ("PMID:1", "PMID:2", "lab book"))
    assert (alone.sources, alone.citations) == (("user:mine",), ("lab book",))
    (ranges,) = truth_b(entries).values()
    assert ranges.motifs == spans((36, 50), (70, 80))


def test_neighbours_that_share_five_residues_are_two_labels():
    entries = [stated("uniprot", site(10, 20)), stated("user:mine", site(16, 30))]
    assert truth_of(entries).motifs == spans((10, 20), (16, 30))
    assert truth_of([entries[0], stated("user:mine", site(15, 30))]).motifs == spans((10, 20))


def test_two_sites_of_one_entry_stay_two_labels():
    assert truth_of([stated("uniprot", site(10, 24), site(12, 30))]).motifs == spans((10, 24), (12, 30))


@pytest.mark.parametrize("peptide", [site(16, 35, SiteKind.PEPTIDE, Sign.DOUBTFUL), site(10, 60, SiteKind.PEPTIDE)])
def test_a_curated_peptide_outranks_other_public_sources(peptide):
    """A doubtful or long peptide leaves the site open, unless the user's table is sure of a site."""
    curated = stated("nesdb", peptide)
    assert truth_of([curated, stated("uniprot", site(20, 31))]).motifs == ()
    assert bool(truth_b([curated, stated("uniprot", site(20, 31))])) is (peptide.sign is Sign.MOTIF)
    assert truth_of([curated, stated("user:mine", site(20, 31))]).motifs == spans((20, 31))


def test_a_doubtful_site_of_a_second_source_adds_nothing():
    sure = stated("nesdb_site", site(20, 31))
    alike = [stated("uniprot", site(22, 34, sign=Sign.DOUBTFUL))]
    assert truth_of([sure, *alike]) == truth_of([sure])
    assert references_digest([sure, *alike]) == references_digest([sure])


def test_one_nes_on_two_sequence_versions_is_one_label():
    residues = "".join(random.Random(1).choices("ACDEFGHIKLMNPQRSTVWY", k=120))
    old = stated("nesdb", site(34, 53, SiteKind.PEPTIDE), residues=residues)
    new = stated("uniprot", site(42, 53), site(90, 100), residues="MM" + residues)
    truths = truth_a(once_per_accession([new, old]))
    assert truths[old.digest].motifs == spans((34, 53))
    assert (truths[new.digest].motifs, truths[new.digest].unknown) == (spans((90, 100)), spans((42, 53)))
    other = replace(new, accession="P2")
    assert count(truth_a(once_per_accession([other, old]))) == 3


def test_the_digest_is_of_what_a_head_learns_from():
    entries = [stated("nesdb", site(5, 14)), stated("nesdb", site(40, 60), residues="MKLW" * 20)]
    digest = references_digest(entries)
    assert digest == references_digest(reversed(entries))
    assert digest == references_digest([replace(entries[0], citations=("x",), gene="X"), entries[1]])
    assert digest == references_digest([*entries, stated("uniprot", site(6, 15))])
    assert digest != references_digest([replace(entries[0], sites=(site(5, 15),)), entries[1]])
    assert digest != references_digest([replace(entries[0], sites=(site(5, 14, sign=Sign.DOUBTFUL),)), entries[1]])
    assert digest != references_digest(entries[1:])


def nesdb_export(shared_data):
    read = read_nesdb_export(shared_data / "nesdb/nesdb_export.csv")
    return [entry for entry in read if isinstance(entry, ReferenceEntry)]


def in_uniprot(entry):
    """The functional signals of an entry of NESdb, as UniProt would curate them."""
    signals = tuple(s for s in entry.sites if s.kind is SiteKind.FUNCTIONAL_SIGNAL and s.sign is Sign.MOTIF)
    return replace(entry, source="uniprot", entry_id=entry.accession, sites=signals, doubtful=False)


def count(truths):
    return sum(len(truth.motifs) for truth in truths.values())


def test_reference_set_a_counts_249_from_any_number_of_sources(shared_data):
    export = nesdb_export(shared_data)
    site_entries = [replace(in_uniprot(entry), source="nesdb_site", entry_id=entry.entry_id) for entry in export]
    everything = [*map(in_uniprot, export), *site_entries, *export]
    for entries in (export, everything):
        assert (count(truth_a(entries)), count(truth_b(entries))) == (249, 171)
    assert references_digest(everything) == references_digest(export)


def test_sites_that_nesdb_does_not_list_are_unknown(shared_data):
    truths = {entry.accession: truth_of([entry]) for entry in nesdb_export(shared_data)}
    assert ResidueSpan(1, 7) in truths["P15336"].unknown
    assert ResidueSpan(59, 67) in truths["Q9UBP0"].unknown


def test_nesdb_gives_the_curated_peptides(shared_data):
    with (shared_data / "nesdb/nesdb_truth.tsv").open() as stream:
        wanted = {
            (row["nesdb_id"], ResidueSpan(int(row["pep_start"]), int(row["pep_end"])))
            for row in csv.DictReader(stream, delimiter="\t")
            if row["doubtful"] == "0" and 8 <= int(row["pep_len"]) <= 30
        }
    entries = nesdb_export(shared_data)
    assert {(e.entry_id, span) for e in entries for span in truth_of([e]).motifs} == wanted
    assert len(wanted) == 249
