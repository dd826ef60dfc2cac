"""Rows of a ranking: one for each protein of a sequence; peptides that are too short to tell a cargo."""

from dataclasses import replace

import pytest

from nesdb_annot.methods.cargo import CARGO_SHARE
from nesdb_annot.workflow.ingest import ingest_proteome
from nesdb_annot.workflow.proteome_source import proteome_source
from nesdb_annot.workflow.rank import Listing, rank_proteome
from nesdb_annot.workflow.score import score_proteome
from nesdb_annot.workflow.write import write_ranking

pytestmark = pytest.mark.xdist_group("score")

PKI = "MTDVETTYADFIASGRTGRRNAIHDILVSSASGNSNELALKLAGLDINKTEGEEDAQRSSTEQSGEAQGEAAKSES"
PEPTIDE = "GSNELALKLAGLDINKTEG"
TOO_SHORT = "the sequence has 19 residues, too few to tell whether its protein is a cargo"


@pytest.fixture
def ranked(store, settings, tmp_path):
    """Ingests and scores sequences by header, and lists them."""

    def rank(records, **listing):
        path = tmp_path / "p.fasta"
        path.write_text("".join(f">{header}\n{residues}\n" for header, residues in records.items()))
        source = proteome_source(str(path), upid=None, name="p", release=None, released=None)
        ingest_proteome(store, source, replace=True)
        score_proteome(store, replace(settings, offline=True), "p")
        return rank_proteome(store, settings, "p", listing=Listing(**listing))

    return rank


def names(number, gene):
    return f"sp|P0000{number}|{gene}_YEAST Name {gene} OS=Saccharomyces cerevisiae OX=559292 GN={gene} PE=1 SV=1"


def test_proteins_of_one_sequence_have_a_line_each_in_every_format(ranked, tmp_path):
    ranking = ranked({names(2, "PKB"): PKI, names(1, "PKA"): PKI, names(3, "ONE"): PKI[::-1]})
    twins = [(row["accession"], row["gene"]) for row in ranking.rows if row["rank"] == 1]
    assert twins == [("P00001", "PKA"), ("P00002", "PKB")]
    assert {row["accession"] for row in ranking.rows} == {"P00001", "P00002", "P00003"}
    shared = [row for row in ranking.rows if row["accession"] == "P00001"]
    assert len(shared) == sum(row["accession"] == "P00002" for row in ranking.rows) > 1
    assert all(row["accessions"] == ["P00001", "P00002"] for row in shared)
    for kind in ("gff3", "bed", "tsv", "csv", "jsonl", "json"):
        path = tmp_path / f"out.{kind}"
        write_ranking(ranking, str(path), kind, provenance=False)
        written = path.read_text()
        assert len([line for line in written.splitlines() if "P00001" in line]) >= len(shared), kind
        assert len([line for line in written.splitlines() if "P00002" in line]) >= len(shared), kind


def test_the_limit_counts_candidates_not_lines(ranked):
    rows = ranked({names(1, "PKA"): PKI, names(2, "PKB"): PKI}, limit=2).rows
    assert [row["rank"] for row in rows] == [1, 1, 2, 2]


def test_a_single_peptide_is_taken_for_one_of_a_cargo(ranked):
    ranking = ranked({"peptide": PEPTIDE})
    assert ranking.cargo_prior == 1
    assert max(row["probability"] for row in ranking.rows) > 0.3
    assert any(sentence.startswith(TOO_SHORT) for sentence in ranking.sentences())
    assumed = ranked({"peptide": PEPTIDE}, cargo_prior=0.1)
    assert not any(sentence.startswith(TOO_SHORT) for sentence in assumed.sentences())


def test_a_prior_that_a_peptide_was_given_stays(ranked, store, settings):
    ranked({"peptide": PEPTIDE})
    offline = replace(settings, offline=True)
    assert score_proteome(store, offline, "p", cargo_prior=0.3).ranking.made
    assert not score_proteome(store, offline, "p").ranking.made
    assert rank_proteome(store, settings, "p").cargo_prior == 0.3


def test_a_peptide_among_proteins_is_a_cargo_as_often_as_any(ranked):
    ranked({"peptide": PEPTIDE})
    ranking = ranked({"peptide": PEPTIDE, "protein": PKI}, proteins=True)
    cargo = {row["accession"]: row["cargo_probability"] for row in ranking.rows}
    assert cargo["peptide"] == pytest.approx(CARGO_SHARE, rel=1e-5)
    assert cargo["protein"] != pytest.approx(CARGO_SHARE, rel=1e-3)
    assert not any(sentence.startswith(TOO_SHORT) for sentence in ranking.sentences())


def test_no_candidate_is_shorter_than_the_motif(ranked):
    ranking = ranked({"two": "ML", "seven": "LALKLAG", "eight": "LALKLAGL", "protein": PKI})
    assert {row["accession"] for row in ranking.rows} == {"eight", "protein"}
    assert min(len(row["peptide"]) for row in ranking.rows) == 8
    assert ranking.ranking.complete
