"""The bundled facts are right: spans hold the published peptides, and the residues are those of independent copies."""

import csv
import gzip
import lzma
import re
from importlib.resources import as_file
from itertools import groupby

import pytest

from nesdb_annot.formats.fasta import read_fasta
from nesdb_annot.residues import ResidueSpan, sequence_digest
from nesdb_annot.workflow import sample


@pytest.fixture(scope="module")
def proteins():
    with as_file(sample.proteins()) as path:
        return {record.accession: record for record in read_fasta(path)}


@pytest.fixture(scope="module")
def rows():
    return list(csv.DictReader(sample.references().read_text().splitlines(), delimiter="\t"))


def test_every_header_is_in_uniprots_grammar(proteins):
    assert len(proteins) == 16
    assert all(p.reviewed and p.entry_name and p.gene and p.taxon_id and p.organism for p in proteins.values())


def test_each_span_holds_its_published_peptide(proteins, rows):
    assert len(rows) == 12
    for row in rows:
        span = ResidueSpan(int(row["first"]), int(row["last"]))
        assert span.of(proteins[row["accession"]].residues) == row["peptide"], row


def test_each_site_has_a_citation_with_a_year(rows):
    assert all(re.search(r"\((19|20)\d\d\)", row["citation"]) for row in rows)
    assert [row["accession"] for row in rows if row["sign"] == "non_motif"] == ["P04807", "Q8N668"]


def _independent_copies(shared_data):
    for name in ("nesdb/nesdb_truth.tsv", "cargo/crm1_cargo_hela.tsv"):
        with (shared_data / name).open() as stream:
            yield from (row["sequence"] for row in csv.DictReader(stream, delimiter="\t"))
    files = [shared_data / f"proteomes/{name}.fasta.gz" for name in ("UP000002311_559292", "UP000000625_83333")]
    for path in [*files, shared_data / "corpus/corpus.fasta.xz"]:
        with (lzma if path.suffix == ".xz" else gzip).open(path, "rt") as stream:
            for record, lines in groupby(stream, key=lambda line: line.startswith(">")):
                if not record:
                    yield "".join(map(str.strip, lines))


@pytest.mark.shared_data
def test_residues_equal_those_of_independent_copies(proteins, shared_data):
    lengths = {len(protein.residues) for protein in proteins.values()}
    known = {sequence_digest(copy) for copy in _independent_copies(shared_data) if len(copy) in lengths}
    assert [accession for accession, protein in proteins.items() if protein.digest not in known] == []
