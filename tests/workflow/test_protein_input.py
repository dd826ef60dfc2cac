"""Inputs of `predict`: sequences, files, lists and accessions, and what is said of anything else."""

import pytest

from nesdb_annot.errors import ConfigurationError, InputError
from nesdb_annot.settings import Settings
from nesdb_annot.workflow.progress import Silent
from nesdb_annot.workflow.protein_input import read_proteins

PKI = "MTDVETTYADFIASGRTGRRNAIHDILVSSASGNSNELALKLAGLDINKTEGEEDAQRSSTEQSGEAQGEAAKSES"


@pytest.fixture
def read():
    return lambda *inputs: read_proteins(inputs, Settings(offline=True), Silent())


def test_bare_sequence_is_cleaned(read):
    result = read(PKI.lower() + "*")
    assert [(one.accession, one.residues) for one in result.proteins] == [("sequence", PKI)]


def test_several_sequences_are_numbered(read):
    assert [one.accession for one in read(PKI, PKI[:20]).proteins] == ["sequence_1", "sequence_2"]


def test_file_gives_its_proteins_and_its_refusals(read, tmp_path):
    path = tmp_path / "two.fasta"
    path.write_text(f">a\n{PKI}\n>b\nMK1\n")
    result = read(str(path))
    assert [one.accession for one in result.proteins] == ["a"]
    assert [(one.accession, one.line) for one in result.rejects] == [("b", 3)]


def test_list_holds_one_input_per_line(read, tmp_path):
    (tmp_path / "a.fasta").write_text(f">a\n{PKI}\n")
    listed = tmp_path / "list"
    listed.write_text(f"# mine\n{PKI[:30]}\n{tmp_path / 'a.fasta'}\n")
    assert [one.accession for one in read(f"@{listed}").proteins] == ["sequence", "a"]


def test_accession_offline_says_what_to_type(read):
    with pytest.raises(ConfigurationError) as raised:
        read("Q02750")
    assert raised.value.remedy


@pytest.mark.parametrize(
    ("word", "why"),
    [
        ("MAPK", "at least 8 residues"),
        ("MAP2K1", "needs its organism"),
        ("missing.fasta", "no file missing.fasta"),
        ("ATGGCTTGCA" * 8, "nucleotides"),
        ("@none", "none"),
    ],
)
def test_anything_else_is_explained(read, word, why):
    with pytest.raises(InputError) as raised:
        read(word)
    assert why in str(raised.value)
    assert raised.value.remedy


def test_file_without_a_protein_is_an_error(read, tmp_path):
    path = tmp_path / "bad.fasta"
    path.write_text(">b\nMK1\n")
    with pytest.raises(InputError, match="no protein can be read") as raised:
        read(str(path))
    assert "b: letter '1'" in raised.value.why


def test_a_bad_input_stops_no_good_one(read):
    result = read(PKI, "MAP2K1", "missing.fasta")
    assert [one.accession for one in result.proteins] == ["sequence"]
    assert [one.accession for one in result.rejects] == ["MAP2K1", "missing.fasta"]
