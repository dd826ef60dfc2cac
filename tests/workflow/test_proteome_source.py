"""The key of a proteome comes from its file name or from the user, the release only from the user."""

from datetime import date

import pytest

from nesdb_annot.errors import InputError, UsageError
from nesdb_annot.records import Release
from nesdb_annot.workflow.proteome_source import UNSTATED, proteome_source


def settle(tmp_path, file_name="UP000002311_559292.fasta.gz", /, **stated):
    path = tmp_path / file_name
    path.touch()
    options = {"upid": None, "name": None, "release": None, "released": None} | stated
    return proteome_source(str(path), **options)


def test_upid_and_taxon_from_the_file_name(tmp_path):
    found = settle(tmp_path)
    assert (found.key, found.taxon_id, found.release) == ("UP000002311", 559292, UNSTATED)


def test_upid_in_the_middle_of_a_name(tmp_path):
    assert settle(tmp_path, "yeast-UP000002311.fa").key == "UP000002311"


@pytest.mark.parametrize("name", ["UP00000231.fasta", "UP0000023111.fasta", "SUP000002311.fasta", "mine.fasta"])
def test_what_is_no_upid_is_not_taken_for_one(tmp_path, name):
    with pytest.raises(UsageError, match="which proteome"):
        settle(tmp_path, name)


def test_a_name_of_ones_own_wins_and_drops_the_taxon(tmp_path):
    found = settle(tmp_path)
    assert found.taxon_id == 559292
    own = proteome_source(found.source, upid=None, name="mine", release=None, released=None)
    assert (own.key, own.taxon_id) == ("mine", None)


def test_release_with_date(tmp_path):
    found = settle(tmp_path, release="2026_02", released="2026-06-10")
    assert found.release == Release("2026_02", date(2026, 6, 10))


@pytest.mark.parametrize(
    ("stated", "said"),
    [
        ({"upid": "UP1"}, "is no UPID"),
        ({"upid": "UP000002311", "name": "mine"}, "exclude each other"),
        ({"released": "2026-06-10"}, "without --release"),
        ({"release": "r", "released": "June"}, "'June' is no date"),
    ],
)
def test_bad_statements(tmp_path, stated, said):
    with pytest.raises(UsageError, match=said):
        settle(tmp_path, **stated)


def test_a_missing_file_is_bad_input():
    with pytest.raises(InputError, match="there is no file"):
        proteome_source("nowhere_UP000002311.fasta", upid=None, name=None, release=None, released=None)


def test_standard_input_needs_a_name():
    with pytest.raises(UsageError, match="which proteome is -"):
        proteome_source("-", upid=None, name=None, release=None, released=None)
