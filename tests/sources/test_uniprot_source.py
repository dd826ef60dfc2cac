"""UniProt: whole or not at all, one release, resumable, and every accession accounted for."""

import json
from dataclasses import replace
from datetime import date

import pytest

from nesdb_annot.errors import ConfigurationError, InputError, TryLaterError, UsageError
from nesdb_annot.records import Release
from nesdb_annot.sources.http import HttpClient
from nesdb_annot.sources.uniprot import NES_QUERY, UniprotSource
from nesdb_annot.sources.uniprot_accessions import PER_REQUEST
from nesdb_annot.sources.uniprot_answers import release_date

UPID = "UP000002311"


@pytest.fixture
def source(local_settings, server):
    http = HttpClient(server.url, offline=False, pause=0, sleep=lambda _: None)
    return UniprotSource(local_settings, http=http)


def test_a_proteome_is_one_file_of_one_release(source, uniprot, server):
    download = source.proteome(UPID)
    assert download.path.read_bytes() == uniprot.body(sorted(uniprot.entries), "fasta")
    assert download.release == Release("2026_02", date(2026, 6, 10))
    assert (download.records, download.rejects) == (8, ())
    assert download.path.name == "UP000002311.fasta"
    assert server.asked[0] == ("/uniprotkb/search", {"query": f"proteome:{UPID}", "format": "fasta", "size": "500"})
    assert len(server.asked) == 3


def test_json_pages_are_joined_as_lines(source, uniprot):
    download = source.proteome(UPID, kind="json")
    entries = [json.loads(line) for line in download.path.read_text().splitlines()]
    assert [entry["primaryAccession"] for entry in entries] == sorted(uniprot.entries)
    assert download.path.suffix == ".jsonl"


def test_titles_of_tsv_stand_once(source, uniprot):
    lines = source.query("x", "mine", kind="tsv").path.read_text().splitlines()
    assert lines[0] == "Entry\tSequence"
    assert len(lines) == 9


def test_nothing_but_the_file_stays(source, uniprot):
    path = source.proteome(UPID).path
    assert sorted(p.name for p in path.parent.iterdir()) == ["UP000002311.fasta", "UP000002311.fasta.facts.json"]


def test_the_same_release_is_not_fetched_again(source, uniprot, server):
    first = source.proteome(UPID)
    asked = len(server.asked)
    assert source.proteome(UPID) == first
    assert len(server.asked) == asked + 1


def test_a_file_that_was_tampered_with_is_fetched_again(source, uniprot):
    path = source.proteome(UPID).path
    path.write_text("broken")
    assert source.proteome(UPID).path.read_bytes() == uniprot.body(sorted(uniprot.entries), "fasta")


def test_a_file_of_another_query_is_not_taken_for_this_one(source, uniprot, server):
    source.query("one", "same_name", kind="fasta")
    asked = len(server.asked)
    source.query("two", "same_name", kind="fasta")
    assert len(server.asked) == asked + 3


def test_a_new_release_is_another_file(source, uniprot):
    old = source.proteome(UPID)
    uniprot.release, uniprot.date = "2026_03", "2-September-2026"
    new = source.proteome(UPID)
    assert new.release == Release("2026_03", date(2026, 9, 2))
    assert old.path != new.path
    assert old.path.is_file()


def test_half_a_proteome_is_never_whole(source, uniprot, reply):
    uniprot.before_page = lambda n: reply(b"", headers=uniprot.headers(8)) if n == 2 else None
    with pytest.raises(TryLaterError, match="is not complete") as caught:
        source.proteome(UPID)
    assert "6 of 8" in caught.value.why
    uniprot.before_page = None
    assert source.proteome(UPID).records == 8


def test_more_entries_than_announced_are_no_proteome_either(source, uniprot, reply):
    body = b"".join(uniprot.fasta(a) for a in sorted(uniprot.entries)[2:])
    uniprot.before_page = lambda n: reply(body, headers=uniprot.headers(8)) if n in (1, 2) else None
    with pytest.raises(TryLaterError, match="is not complete"):
        source.query("x", "x", kind="fasta")


def test_isoforms_may_come_on_top_of_the_total(source, uniprot, reply):
    body = b"".join(uniprot.fasta(a) for a in uniprot.entries) + b">sp|P00001-2|A_B x\nMK\n"
    uniprot.before_page = lambda n: reply(body, headers=uniprot.headers(8))
    assert source.proteome(UPID, isoforms=True).records == 9
    with pytest.raises(TryLaterError, match="is not complete"):
        source.proteome(UPID)


def test_a_total_that_is_not_stated(source, uniprot, reply):
    uniprot.before_page = lambda n: reply(b">a\nMK\n", headers=uniprot.headers())
    with pytest.raises(TryLaterError, match="does not say how many"):
        source.proteome(UPID)


def test_a_release_that_is_not_stated(source, uniprot, reply):
    uniprot.before_page = lambda n: reply(b">a\nMK\n", headers={"X-Total-Results": "1"})
    with pytest.raises(TryLaterError, match="names no release"):
        source.proteome(UPID)


def test_an_interrupted_download_goes_on_where_it_stopped(source, uniprot, reply, server):
    uniprot.before_page = lambda n: reply(status=503) if n == 2 else None
    with pytest.raises(TryLaterError):
        source.proteome(UPID)
    uniprot.before_page = None
    server.asked.clear()
    download = source.proteome(UPID)
    assert download.path.read_bytes() == uniprot.body(sorted(uniprot.entries), "fasta")
    assert [query.get("cursor") for _, query in server.asked] == [None, "2"]


@pytest.mark.parametrize("page", [0, 1, 2])
@pytest.mark.parametrize("cut", [0, 1, 50])
def test_a_page_that_breaks_off_is_fetched_again(source, uniprot, page, cut):
    broken = []

    def once(n):
        if n == page and not broken:
            broken.append(n)
            uniprot.before_page = None
            whole = uniprot.search({"cursor": str(n), "format": "fasta"})
            return replace(whole, cut=cut)
        return None

    uniprot.before_page = once
    assert source.proteome(UPID).path.read_bytes() == uniprot.body(sorted(uniprot.entries), "fasta")
    assert broken


def test_what_was_written_but_not_recorded_is_cut_off(source, uniprot, reply, local_settings):
    uniprot.before_page = lambda n: reply(status=503) if n == 1 else None
    with pytest.raises(TryLaterError):
        source.proteome(UPID)
    (part,) = local_settings.cache_dir.rglob("*.part")
    part.write_bytes(part.read_bytes() + b">half a rec")
    uniprot.before_page = None
    assert source.proteome(UPID).path.read_bytes() == uniprot.body(sorted(uniprot.entries), "fasta")


@pytest.mark.parametrize("content", ["", "{", "[]", '{"release": "2026_02", "total": 8, "strange": 1}'])
def test_a_broken_state_begins_anew(source, uniprot, reply, local_settings, content):
    uniprot.before_page = lambda n: reply(status=503) if n == 1 else None
    with pytest.raises(TryLaterError):
        source.proteome(UPID)
    (state,) = local_settings.cache_dir.rglob("*.state.json")
    state.write_text(content)
    uniprot.before_page = None
    assert source.proteome(UPID).records == 8


def test_an_old_cursor_is_thrown_away(source, uniprot, reply):
    uniprot.before_page = lambda n: reply(b"cursor", 400) if n == 1 else None
    with pytest.raises(TryLaterError, match="refuses to go on"):
        source.proteome(UPID)
    uniprot.before_page = None
    assert source.proteome(UPID).records == 8


def test_a_release_between_two_pages_begins_anew(source, uniprot):
    def publish(n):
        if n == 1:
            uniprot.release, uniprot.before_page = "2026_03", None
            uniprot.entries["P99999"] = "MKW"

    uniprot.before_page = publish
    download = source.proteome(UPID)
    assert (download.release.name, download.records) == ("2026_03", 9)
    assert download.path.read_bytes() == uniprot.body(sorted(uniprot.entries), "fasta")


def test_releases_that_never_settle(source, uniprot):
    def publish(n):
        uniprot.release += "x" if n == 1 else ""

    uniprot.before_page = publish
    with pytest.raises(TryLaterError, match="changed 3 times"):
        source.proteome(UPID)


@pytest.mark.parametrize("body", [b"<html>maintenance</html>", b'{"results": []}'])
def test_an_error_page_is_not_taken_for_fasta(source, uniprot, reply, body):
    uniprot.before_page = lambda n: reply(body, headers=uniprot.headers(8)) if n == 1 else None
    with pytest.raises(TryLaterError, match="no fasta"):
        source.proteome(UPID)


@pytest.mark.parametrize("body", [b"<html>", b"[]", b'{"other": 1}', b'{"results": 5}'])
def test_an_error_page_is_not_taken_for_json(source, uniprot, reply, body):
    uniprot.before_page = lambda n: reply(body, headers=uniprot.headers(8))
    with pytest.raises(TryLaterError, match="no json"):
        source.proteome(UPID, kind="json")


def test_a_proteome_that_is_not_there(source, uniprot):
    uniprot.entries.clear()
    with pytest.raises(InputError, match="no entries for proteome:UP999999999"):
        source.proteome("UP999999999")


def test_a_query_that_is_refused(source, uniprot, reply):
    uniprot.before_page = lambda n: reply(b'{"messages": ["invalid query field"]}', 400)
    with pytest.raises(InputError, match="refuses") as caught:
        source.query("nonsense:1", "x", kind="fasta")
    assert "invalid query field" in caught.value.why


@pytest.mark.parametrize("upid", ["UP1", "../../etc", "UP000002311 OR *", ""])
def test_what_is_no_upid_is_not_asked_for(source, server, upid):
    with pytest.raises(UsageError, match="no proteome"):
        source.proteome(upid)
    assert server.asked == []


def test_isoforms(source, uniprot, server):
    assert source.proteome(UPID, isoforms=True).path.name == "UP000002311.isoforms.fasta"
    assert server.asked[0][1]["includeIsoform"] == "true"
    with pytest.raises(UsageError, match="isoforms"):
        source.proteome(UPID, kind="json", isoforms=True)


def test_next_page_on_another_host_is_not_followed(source, uniprot, reply):
    headers = {"Link": '<http://evil.example/x>; rel="next"'}
    uniprot.before_page = lambda n: reply(uniprot.fasta("P00001"), headers=uniprot.headers(8) | headers)
    with pytest.raises(ConfigurationError, match=r"evil\.example"):
        source.proteome(UPID)


def test_offline(local_settings, server):
    with pytest.raises(ConfigurationError, match="not fetched"):
        UniprotSource(replace(local_settings, offline=True)).proteome(UPID)
    assert server.asked == []


def test_progress_is_told(local_settings, uniprot):
    told = []
    UniprotSource(local_settings, told=lambda *numbers: told.append(numbers)).proteome(UPID)
    assert told == [(3, 8), (6, 8), (8, 8)]


def test_nes_motifs(source, uniprot, server):
    assert source.nes_motifs().records == 8
    assert server.asked[0][1]["query"] == NES_QUERY


def test_present_release(source, uniprot):
    assert source.present().name == "2026_02"


def test_accessions(source, uniprot):
    download = source.accessions(["P00003", "P00001", "P00003"])
    assert download.path.read_bytes() == uniprot.body(["P00003", "P00001"], "fasta")
    assert (download.records, download.rejects) == (2, ())
    assert download.release.name == "2026_02"


def test_accessions_are_asked_for_in_batches(source, uniprot, server):
    uniprot.entries = {f"P{n:05d}": "MK" for n in range(2 * PER_REQUEST + 1)}
    assert source.accessions(list(uniprot.entries)).records == 201
    assert server.paths() == ["/uniprotkb/accessions"] * 3


def test_what_became_of_accessions_is_said_by_name(source, uniprot, reply):
    inactive = {"entryType": "Inactive", "primaryAccession": "P29358"}
    split = {"inactiveReason": {"inactiveReasonType": "DEMERGED", "mergeDemergeTo": ["P68250", "P68251"]}}
    gone = {"inactiveReason": {"inactiveReasonType": "DELETED", "deletedReason": "Not part of a reference proteome"}}
    uniprot.inactive = {
        "Q00015": reply(status=303, headers={"Location": "/uniprotkb/P23141?from=Q00015"}),
        "P29358": reply(json.dumps(inactive | split).encode()),
        "A0A008APQ8": reply(json.dumps(inactive | gone).encode()),
        "P90001": reply(status=410),
        "P90002": reply(status=404),
    }
    download = source.accessions(["P00001", *uniprot.inactive, "nonsense", "P00002"])
    assert download.records == 2
    assert {reject.accession: reject.reason for reject in download.rejects} == {
        "Q00015": "merged into P23141: ask for that",
        "P29358": "demerged into P68250, P68251: ask for that",
        "A0A008APQ8": "deleted: Not part of a reference proteome",
        "P90001": "deleted",
        "P90002": "not found",
        "nonsense": "no UniProtKB accession",
    }


def test_inactive_entries_in_a_batch_of_json_are_left_out(source, uniprot, reply, server):
    inactive = {
        "entryType": "Inactive",
        "primaryAccession": "P29358",
        "inactiveReason": {"inactiveReasonType": "DELETED"},
    }
    uniprot.inactive = {"P29358": reply(json.dumps(inactive).encode())}

    def answer(path, query):
        if path.endswith("/accessions"):
            body = json.dumps({"results": [inactive, uniprot.json("P00001")]}).encode()
            return reply(body, headers=uniprot.headers())
        return uniprot(path, query)

    server.answer = answer
    download = source.accessions(["P29358", "P00001"], kind="json")
    assert [json.loads(line)["primaryAccession"] for line in download.path.read_text().splitlines()] == ["P00001"]
    assert [(reject.accession, reject.reason) for reject in download.rejects] == [
        ("P29358", "deleted: no reason given")
    ]


def test_entries_that_were_not_asked_for_are_left_out(source, uniprot, reply, server):
    def answer(path, query):
        if path.endswith("/accessions"):
            return reply(uniprot.fasta("P00001") + uniprot.fasta("P00002"), headers=uniprot.headers())
        return uniprot(path, query)

    server.answer = answer
    assert source.accessions(["P00001"]).path.read_bytes() == uniprot.fasta("P00001")


def test_one_bad_accession_does_not_spoil_the_others(source, uniprot, reply, server):
    def answer(path, query):
        return reply(b"invalid accession", 400) if path.endswith("/accessions") else uniprot(path, query)

    server.answer = answer
    assert source.accessions(["P00001", "P00002"]).records == 2


def test_isoforms_by_accession(source, uniprot):
    uniprot.entries["P00001-2"] = "MKW"
    download = source.accessions(["P00001-2", "P00001"])
    assert download.records == 2
    (reject,) = source.accessions(["P00001-2", "P00001"], kind="json").rejects
    assert "FASTA only" in reject.reason


def test_no_accession_at_all(source, uniprot):
    with pytest.raises(InputError, match="none of the accessions") as caught:
        source.accessions(["P90001", "nonsense"])
    assert "P90001: not found" in caught.value.why


def test_release_changes_between_batches(source, uniprot, server):
    uniprot.entries = {f"P{n:05d}": "MK" for n in range(PER_REQUEST + 1)}

    def answer(path, query):
        uniprot.release += "x"
        return uniprot(path, query)

    server.answer = answer
    with pytest.raises(TryLaterError, match="release changed"):
        source.accessions(list(uniprot.entries))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("15-October-2025", "2025-10-15"),
        ("25-July-2021", "2021-07-25"),
        ("1-may-2026", "2026-05-01"),
        ("2026-05-01", ""),
        ("5-Foo-2026", ""),
        ("", ""),
    ],
)
def test_release_dates(text, expected):
    assert release_date(text) == expected
