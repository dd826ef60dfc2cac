"""`nesannot proteomes` and `nesannot remove`: lists, asks, removes."""

import pytest

from nesdb_annot.store.engine import open_store
from nesdb_annot.workflow.ingest import ingest_proteome
from nesdb_annot.workflow.proteome_source import proteome_source

FASTA = ">sp|P12345|ONE_YEAST One OS=Yeast OX=4932 GN=ONE\nMTDVETTYADFIASGRTGRRNAIHDILVSS\n>P2\nMEELSQALASSFSVSQDLNS\n"


@pytest.fixture
def ingested(settings, tmp_path):
    (tmp_path / "p.fasta").write_text(FASTA)
    with open_store(settings) as store:
        source = proteome_source(str(tmp_path / "p.fasta"), upid=None, name="mine", release="r1", released=None)
        ingest_proteome(store, source)


def test_proteomes_are_listed(invoke, ingested):
    done = invoke("proteomes")
    assert done.exit_code == 0
    header, row = done.stdout.splitlines()
    assert header.split() == ["name", "organism", "releases", "proteins", "scored", "ranked"]
    assert row.split() == ["mine", "Yeast", "1", "2", "0", "of", "2", "sequences", "no"]


def test_a_proteome_is_removed_only_once_that_is_confirmed(invoke, ingested):
    asked = invoke("remove", "mine")
    assert asked.exit_code == 1
    assert "Remove mine" in asked.stderr
    assert "mine" in invoke("proteomes").stdout
    done = invoke("remove", "MINE", "--yes")
    assert (done.exit_code, done.stdout) == (0, "")
    assert "mine was removed: 1 releases, 0 rankings, 2 sequences with their scores" in done.stderr
    assert "no proteome is stored" in invoke("proteomes").stderr


def test_removing_what_is_not_there_is_a_wrong_call(invoke, ingested):
    done = invoke("remove", "nine", "--yes")
    assert "did you mean mine?" in str(done.exception)
