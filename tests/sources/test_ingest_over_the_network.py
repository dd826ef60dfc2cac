"""From a server of ours into the database: the whole way that `nesannot ingest` goes when it is given no file."""

import re
from dataclasses import replace

import pytest
from typer.testing import CliRunner

from nesdb_annot.cli.main import app
from nesdb_annot.errors import ConfigurationError, InputError, UsageError
from nesdb_annot.sources import nesdb_site
from nesdb_annot.store.analyst import run_sql
from nesdb_annot.store.references import load_entries
from nesdb_annot.workflow.annotate import NES_MOTIFS, ingest_uniprot, uniprot_file
from nesdb_annot.workflow.ingest import ingest_proteome, ingest_references
from nesdb_annot.workflow.proteome_source import fetched_source, is_remote
from nesdb_annot.workflow.reference_sources import nesdb_entries

RESIDUES = "MSDKE" * 4 + "LALKLAGLDI" + "NKTGS" * 10


@pytest.fixture
def online(settings, local_settings):
    """This test's database, and the local server for all addresses."""
    return replace(local_settings, database_url=settings.database_url)


def rows(store, text):
    return list(run_sql(store, text).rows)


def test_a_proteome_by_its_upid(store, online, uniprot):
    assert is_remote("UP000005640")
    done = ingest_proteome(store, fetched_source(online, "UP000005640", None))
    assert "release 2026_02: 8 proteins: 8 new" in done.sentences[0]
    assert rows(store, "select proteome, release, released::text, proteins from proteome_release") == [
        ("UP000005640", "2026_02", "2026-06-10", 8)
    ]


def test_the_next_release_is_compared_with_the_one_before(store, online, uniprot):
    ingest_proteome(store, fetched_source(online, "UP000005640", None))
    uniprot.release, uniprot.date = "2026_03", "05-August-2026"
    uniprot.entries = {**uniprot.entries, "P00001": "MKLVAWWW", "P00009": "MKK"}
    del uniprot.entries["P00002"]
    done = ingest_proteome(store, fetched_source(online, "UP000005640", None))
    assert "8 proteins: 1 new, 1 with another sequence, 0 with another header, 1 gone, 6 unchanged" in done.sentences[0]


def test_a_list_of_accessions_names_those_that_are_gone(store, online, uniprot, tmp_path, reply):
    listed = tmp_path / "list.txt"
    listed.write_text("# mine\nP00001\nP00005 a comment\n\nP12345\n")
    uniprot.inactive["P12345"] = reply(status=410)
    done = ingest_proteome(store, fetched_source(online, f"@{listed}", "mine"))
    assert "mine release 2026_02: 2 proteins" in done.sentences[0]
    assert [(reject.accession, reject.reason) for reject in done.rejects.all] == [("P12345", "deleted")]


def test_a_list_of_which_no_accession_has_an_entry_fills_the_table_of_refused_records(
    uniprot, server, tmp_path, reply, monkeypatch
):
    listed, table = tmp_path / "list.txt", tmp_path / "rejects.tsv"
    listed.write_text("P12345\nnonsense\n")
    uniprot.inactive["P12345"] = reply(status=410)
    for name, value in {"UNIPROT_URL": server.url, "DATA_DIR": tmp_path / "data"}.items():
        monkeypatch.setenv(f"NESANNOT_{name}", str(value))
    ended = CliRunner().invoke(app, ["ingest", "proteome", f"@{listed}", "--name", "mine", "--rejects", str(table)])
    assert isinstance(ended.exception, InputError)
    assert "none of the accessions has an entry" in str(ended.exception)
    assert [line.split("\t")[2::2] for line in table.read_text().splitlines()[1:]] == [
        ["nonsense", "no UniProtKB accession"],
        ["P12345", "deleted"],
    ]


def test_a_list_needs_a_name(online, uniprot, tmp_path):
    with pytest.raises(UsageError, match="no name of its own"):
        fetched_source(online, f"@{tmp_path}/list.txt", None)


def test_all_nes_motifs_of_uniprot(store, online, uniprot):
    motif = {
        "type": "Motif",
        "location": {"start": {"value": 21, "modifier": "EXACT"}, "end": {"value": 30, "modifier": "EXACT"}},
        "description": "Nuclear export signal",
        "evidences": [{"evidenceCode": "ECO:0000269", "source": "PubMed", "id": "222"}],
    }
    uniprot.entries = {"P00001": RESIDUES}
    plain = uniprot.json
    uniprot.json = lambda accession: plain(accession) | {"features": [motif]}
    done = ingest_uniprot(store, uniprot_file(online, NES_MOTIFS))
    assert done.sentences == ("1 proteins: 1 annotations added, 0 removed", "uniprot: 1 new, 0 changed, 0 gone, "
                              "0 unchanged entries")  # fmt: skip
    (entry,) = load_entries(store, sources=["uniprot"])
    assert [str(site.span) for site in entry.sites] == ["21-30"]
    assert entry.citations == ("PMID:222",)


def nesdb(reply):
    """Two entries, the second of them doubtful."""
    index = {"namesGood.php": "7", "namesDoubt.php": "41"}

    def answer(path, query):
        page = re.sub("^/LRNes/", "", path)
        if page in index:
            return reply(f'<html><a href="details.php?name={index[page]}">Made-up</a></html>'.encode())
        sections = {
            "Full Name": "Made-up protein",
            "Organism": "Homo sapiens (Human)",
            "Experimental Evidence for CRM1-mediated Export": "LMB Sensitive, Binds CRM1",
            "Mutations That Affect Nuclear Export": "25-26",
            "Mutations That Affect CRM1 Binding": "Unknown",
            "Functional Export Signals": "21-30",
            "Secondary Structure of Export Signal": "Unknown",
            "Sequence (FASTA)": f"<pre>&gt;sp|P000{query['name']:0>2}.1|A_B Name\n{RESIDUES}</pre>",
        }
        body = "".join(f"<h3>{title}:</h3>\n<p>{text}</p>\n" for title, text in sections.items())
        return reply(f"<html><h2>Summary for Made-up (NES ID: {query['name']})</h2>{body}</html>".encode())

    return answer


def test_nesdb_from_its_site(store, online, server, reply, monkeypatch):
    monkeypatch.setattr(nesdb_site, "SECONDS_BETWEEN", 0.0)
    server.answer = nesdb(reply)
    done = ingest_references(store, "nesdb_site", nesdb_entries(online, None, accepted_terms=True))
    assert "2 new" in done.sentences[-1]
    found = rows(store, "select kind, first_residue, last_residue, sign from reference_nes order by 4, 1")
    assert found == [
        ("export_mutation", 25, 26, "doubtful"),
        ("functional_signal", 21, 30, "doubtful"),
        ("export_mutation", 25, 26, "motif"),
        ("functional_signal", 21, 30, "motif"),
    ]


def test_terms_are_accepted_once(store, online, server, reply, monkeypatch):
    monkeypatch.setattr(nesdb_site, "SECONDS_BETWEEN", 0.0)
    server.answer = nesdb(reply)
    with pytest.raises(ConfigurationError, match="not accepted"):
        ingest_references(store, "nesdb_site", nesdb_entries(online, None))
    assert server.asked == []
    ingest_references(store, "nesdb_site", nesdb_entries(online, None, accepted_terms=True))
    asked = len(server.asked)
    done = ingest_references(store, "nesdb_site", nesdb_entries(online, None))
    assert "nothing changed" in done.sentences[-1]
    assert len(server.asked) == asked
