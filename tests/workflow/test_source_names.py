"""Names given in place of a file are understood, or answered with the command to type."""

import os
import subprocess
import sys
import threading

import pytest

from nesdb_annot.errors import ConfigurationError, InputError, UsageError
from nesdb_annot.settings import Settings
from nesdb_annot.workflow.annotate import uniprot_file
from nesdb_annot.workflow.ingest import ingest_proteome
from nesdb_annot.workflow.proteome_source import fetched_source, proteome_source
from nesdb_annot.workflow.source_names import check_name

LIST = "printf '%s\\n' P04637 > accessions.txt; nesannot ingest proteome @accessions.txt --name NAME"
TYPED = {
    "P04637": LIST,
    "p04637": LIST,
    "P04637, Q02750": LIST.replace("P04637", "P04637 Q02750"),
    "https://www.uniprot.org/uniprotkb/P04637/entry": LIST,
    "https://rest.uniprot.org/uniprotkb/P04637.fasta": LIST,
    "TP53": "uniprotkb?query=TP53",
    "P53_HUMAN": "uniprotkb?query=P53_HUMAN",
    "Homo sapiens": "proteomes?query=Homo%20sapiens",
    "up000002311": "nesannot ingest proteome UP000002311",
    "UP000002311_559292": "nesannot ingest proteome UP000002311",
    "https://www.uniprot.org/proteomes/UP000002311": "nesannot ingest proteome UP000002311",
    "https://example.org/a.fasta.gz": "curl -fL 'https://example.org/a.fasta.gz' | nesannot ingest proteome -",
    "NP_000537.3": "id=NP_000537.3' | nesannot ingest proteome - --name NAME",
}


def source_of(text, **options):
    return proteome_source(str(text), **{"upid": None, "name": "x", "release": None, "released": None} | options)


@pytest.mark.parametrize("name", TYPED)
def test_name_that_is_no_file_is_answered_with_a_command(name):
    with pytest.raises(UsageError) as raised:
        source_of(name)
    assert TYPED[name] in raised.value.remedy


def test_annotations_of_one_accession_are_answered_with_a_command(tmp_path):
    with pytest.raises(UsageError, match="accession of UniProt") as raised:
        uniprot_file(Settings(data_dir=tmp_path), "P04637")
    assert raised.value.remedy.endswith("P04637.txt' | nesannot ingest uniprot - --kind flat")


@pytest.mark.parametrize("name", ["-", "@list.txt", "UP000002311"])
def test_name_that_is_understood_passes(name):
    check_name(name, "ingest proteome")


def test_file_named_like_a_gene_is_read(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "TP53").write_text(">a\nMKT\n")
    assert source_of("TP53").source == "TP53"


def test_missing_file_is_called_missing():
    with pytest.raises(InputError, match=r"there is no file mine\.fasta"):
        source_of("mine.fasta")


@pytest.mark.parametrize("kind", ["fasta", "json"])
def test_offline_says_what_to_type_elsewhere(tmp_path, kind):
    settings = Settings(data_dir=tmp_path, cache_dir=tmp_path, offline=True)
    with pytest.raises(ConfigurationError, match="UP000002311 is not fetched") as raised:
        if kind == "fasta":
            fetched_source(settings, "UP000002311", None)
        else:
            uniprot_file(settings, "UP000002311")
    assert f"format={kind}&query=proteome:UP000002311' > UP000002311.{kind}" in raised.value.remedy


def test_fasta_behind_an_at_sign_is_named(tmp_path):
    path = tmp_path / "x.fasta"
    path.write_text(">sp|P04637|P53_HUMAN\nMEEP\n")
    with pytest.raises(UsageError, match="is FASTA, not a list") as raised:
        fetched_source(Settings(data_dir=tmp_path, cache_dir=tmp_path), f"@{path}", "x")
    assert raised.value.remedy == f"nesannot ingest proteome {path} --name NAME"


def test_named_pipe_is_ingested_like_standard_input(store, tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_text, args=(">a\nMKTAYIAKQR\n>b\nMKTAYIAKQL\n",))
    writer.start()
    done = ingest_proteome(store, source_of(pipe))
    writer.join()
    assert "2 new" in done.sentences[0]


def test_pipe_of_the_shell_is_read_as_its_file(tmp_path):
    (tmp_path / "x.fasta").write_text(">a\nMKTAYIAKQR\n")
    code = (
        "import sys; from nesdb_annot.formats.fasta import read_fasta; "
        "from nesdb_annot.workflow.proteome_source import proteome_source; "
        "s = proteome_source(sys.argv[1], upid=None, name='x', release=None, released=None); "
        "print([p.accession for p in read_fasta(s.source)])"
    )
    line = f"gzip -k x.fasta; {sys.executable} -c \"{code}\" <(zcat x.fasta.gz)"
    done = subprocess.run(["bash", "-c", line], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "['a']"
