"""What `rank` says of the heads: their scores are older than the references that came since."""

from dataclasses import replace

import pytest

from nesdb_annot.store.engine import open_store
from nesdb_annot.workflow.ingest import ingest_proteome, ingest_references
from nesdb_annot.workflow.proteome_source import proteome_source
from nesdb_annot.workflow.reference_sources import user_entries
from nesdb_annot.workflow.score import score_proteome

pytestmark = pytest.mark.xdist_group("score")

RESIDUES = "MTDVETTYADFIASGRTGRRNAIHDILVSSASGNSNELALKLAGLDINKTEGEEDAQRSS"
NOTE = "the references in this database are not those that the heads were fitted on"


def test_rank_says_as_score_does_that_the_heads_do_not_know_the_references(settings, invoke, tmp_path):
    (tmp_path / "p.fasta").write_text(f">one\n{RESIDUES}\n")
    table = f"accession\tfirst\tlast\tevidence\tcitation\tresidues\nR1\t35\t49\tmade up\tnone\t{RESIDUES}\n"
    (tmp_path / "mine.tsv").write_text(table)
    with open_store(settings) as store:
        path = str(tmp_path / "p.fasta")
        ingest_proteome(store, proteome_source(path, upid=None, name="p", release=None, released=None))
        score_proteome(store, replace(settings, offline=True), "p")
        before = invoke("rank", "p")
        ingest_references(store, "user:mine", user_entries(store, str(tmp_path / "mine.tsv"), "mine"))
    after = invoke("rank", "p")
    assert (before.exit_code, after.exit_code) == (0, 0)
    assert NOTE not in before.stderr
    assert NOTE in after.stderr
    assert after.stdout == before.stdout
    assert NOTE in invoke("score", "p").stderr


def test_a_file_of_all_proteins_does_not_offer_to_write_all(settings, invoke, tmp_path):
    (tmp_path / "p.fasta").write_text(f">one\n{RESIDUES}\n>two\nMS\n")
    with open_store(settings) as store:
        path = str(tmp_path / "p.fasta")
        ingest_proteome(store, proteome_source(path, upid=None, name="p", release=None, released=None))
        score_proteome(store, replace(settings, offline=True), "p")
    out = tmp_path / "all.tsv"
    done = invoke("rank", "p", "--proteins", "--top", "0", "--format", "tsv", "--output", str(out))
    assert done.stderr.splitlines()[-1] == f"1 of 2 proteins written to {out}"
