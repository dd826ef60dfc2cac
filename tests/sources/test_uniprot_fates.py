"""What UniProt answers about accessions that it no longer has."""

import json

import pytest

from nesdb_annot.errors import ConfigurationError
from nesdb_annot.former import FormerAccession, inactive_fate
from nesdb_annot.sources.http import Answer
from nesdb_annot.sources.uniprot import UniprotSource
from nesdb_annot.sources.uniprot_fates import fates_in


def inactive(kind, *targets, reason=None):
    told = {"inactiveReasonType": kind, "mergeDemergeTo": list(targets)} | ({"deletedReason": reason} if reason else {})
    return {"entryType": "Inactive", "primaryAccession": "P29358", "inactiveReason": told}


def answer(status=200, body=b"", **headers):
    return Answer("url", status, headers, body)


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        (answer(303, location="/uniprotkb/P23141?from=Q00015"), [("P23141", "merged", "")]),
        (answer(303), []),
        (answer(404), [("", "deleted", "not found")]),
        (answer(410), [("", "deleted", "")]),
        (answer(400), []),
        (answer(200, b"not json"), []),
        (answer(200, b"[]"), []),
        (answer(200, json.dumps({"entryType": "UniProtKB reviewed (Swiss-Prot)"}).encode()), []),
        (answer(200, json.dumps(inactive("MERGED", "P1")).encode()), [("P1", "merged", "")]),
        (
            answer(200, json.dumps(inactive("DEMERGED", "P68250", "P68251")).encode()),
            [("P68250", "demerged", ""), ("P68251", "demerged", "")],
        ),
        (
            answer(200, json.dumps(inactive("DELETED", reason="Redundant sequence")).encode()),
            [("", "deleted", "Redundant sequence")],
        ),
        (answer(200, b'{"entryType": "Inactive"}'), [("", "deleted", "")]),
    ],
)
def test_every_answer_has_its_meaning(given, wanted):
    found = fates_in("P29358", given)
    assert [(one.present, one.fate, one.reason) for one in found] == wanted
    assert all(one.former == "P29358" and one.basis == "inactive_entry" for one in found)


def test_a_live_entry_has_no_fate():
    assert inactive_fate("P1", {"entryType": "UniProtKB unreviewed (TrEMBL)"}) == ()


def test_each_accession_is_asked_for_once_and_progress_is_told(local_settings, uniprot, server, reply):
    uniprot.inactive = {"P12345": reply(status=410), "Q00015": reply(status=303, headers={"Location": "/uniprotkb/P1"})}
    told = []
    source = UniprotSource(local_settings, told=lambda *numbers: told.append(numbers))
    found = source.fates(["P12345", "Q00015", "P00001", "P00001-2", "no accession"])
    assert found == [
        FormerAccession("P12345", "", "deleted", "inactive_entry"),
        FormerAccession("Q00015", "P1", "merged", "inactive_entry"),
    ]
    assert server.paths() == ["/uniprotkb/P12345", "/uniprotkb/Q00015", "/uniprotkb/P00001"]
    assert told == [(1, 3), (2, 3), (3, 3)]


def test_the_present_release_has_a_date_and_is_not_asked_for_offline(local_settings, uniprot):
    from dataclasses import replace

    assert UniprotSource(local_settings).present().released.isoformat() == "2026-06-10"
    with pytest.raises(ConfigurationError, match="not fetched"):
        UniprotSource(replace(local_settings, offline=True)).present()
