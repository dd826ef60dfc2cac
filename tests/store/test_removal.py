"""A proteome is listed with what is scored and ranked of it, and removed with what nothing else uses."""

import pytest
from sqlalchemy import text

from nesdb_annot.errors import TryLaterError, UsageError
from nesdb_annot.records import ReferenceEntry, ReferenceSite, Sign, SiteKind
from nesdb_annot.residues import ResidueSpan, sequence_digest
from nesdb_annot.store.proteome_list import check_name, proteome_states
from nesdb_annot.store.proteomes import list_proteomes
from nesdb_annot.store.rankings import find_ranking, materialise
from nesdb_annot.store.references import ingest_entries
from nesdb_annot.store.removal import remove_proteome
from nesdb_annot.store.runs import run, start_run
from nesdb_annot.store.scores import write_scored


@pytest.fixture
def scene(store, make):
    """Two ranked proteomes; sequence 1 is of both, sequence 2 has a reference, sequences 0 and 3 are of one alone."""
    configuration_id = make.configuration(store)
    for name, numbers in (("UPX", (0, 1, 2)), ("UPY", (1, 3))):
        found, release_id, run_id = make.proteome(store, [make.residues(n) for n in numbers], name=name)
        scored = [make.scored(sequence_digest(make.residues(n)), [0.9, 0.2]) for n in numbers]
        write_scored(store, configuration_id, run_id, scored)
        materialise(store, found.id, release_id, configuration_id, run_id)
    site = ReferenceSite(SiteKind.FUNCTIONAL_SIGNAL, ResidueSpan(1, 10), Sign.MOTIF)
    ingest_entries(store, "nesdb", [ReferenceEntry("nesdb", "7", "P2", make.residues(2), (site,))], run_id)
    return configuration_id


def digests(store, table):
    query = f"SELECT DISTINCT s.sha256 FROM nesannot.sequence s JOIN nesannot.{table} x ON x.sequence_id = s.id"
    with store.transaction() as connection:
        return set(connection.execute(text(query)).scalars())


def counted(store, table):
    with store.transaction() as connection:
        return connection.execute(text(f"SELECT count(*) FROM nesannot.{table}")).scalar_one()


def test_proteomes_are_listed_with_what_is_scored_and_ranked(store, make, scene):
    make.proteome(store, [make.residues(1), make.residues(9)], name="new")
    states = {one.name: one for one in proteome_states(store)}
    x, new = states["UPX"], states["new"]
    assert (x.releases, x.proteins, x.sequences, x.scored, x.candidates, x.ranked) == (1, 3, 3, 3, 6, "release r0")
    assert (new.proteins, new.scored, new.candidates, new.ranked) == (2, 1, None, "")


def test_a_partial_ranking_is_marked_in_the_list(store, make):
    found, release_id, run_id = make.proteome(store, [make.residues(0), make.residues(1)])
    configuration_id = make.configuration(store)
    write_scored(store, configuration_id, run_id, [make.scored(sequence_digest(make.residues(0)), [0.5])])
    materialise(store, found.id, release_id, configuration_id, run_id)
    assert proteome_states(store)[0].ranked == "release r0, 1 of 2 sequences scored"


def test_removal_leaves_what_something_else_uses(store, make, scene):
    before = find_ranking(store, "UPY")
    removal = remove_proteome(store, "upx")
    assert (removal.name, removal.releases, removal.rankings, removal.removed, removal.shared) == ("UPX", 1, 1, 1, 2)
    shared, referenced, other = (sequence_digest(make.residues(n)) for n in (1, 2, 3))
    for table in ("scored_sequence", "segment", "method_score"):
        assert digests(store, table) == {shared, referenced, other}, table
    assert counted(store, "sequence") == 3
    assert [one.name for one in list_proteomes(store)] == ["UPY"]
    assert find_ranking(store, "UPX") is None
    assert find_ranking(store, "UPY") == before
    remove_proteome(store, "UPY")
    assert digests(store, "method_score") == {referenced}
    for table in ("proteome", "release", "membership", "ranking", "ranked_segment", "protein"):
        assert counted(store, table) == 0, table


def test_removal_of_all_kinds_of_rows_fails_nowhere(store, make):
    make.seed(store)
    for name in ("UPA", "UPB"):
        remove_proteome(store, name)
    assert list_proteomes(store) == []
    assert counted(store, "change") == 0
    assert counted(store, "annotation") == 2, "annotations of UniProt stay"


def test_a_removed_proteome_can_be_ingested_again(store, make, scene):
    remove_proteome(store, "UPX")
    found, *_ = make.proteome(store, [make.residues(n) for n in range(3)])
    assert found.proteins == 3
    assert proteome_states(store)[0].scored == 2


def test_a_proteome_that_is_scored_now_is_not_removed(store, scene):
    with run(store, "score", {"proteome": "UPX"}), pytest.raises(TryLaterError, match=r"UPX .* run \d+ .*is running"):
        remove_proteome(store, "UPX")
    with run(store, "reannotate", {"proteomes": ["UPX"]}), pytest.raises(TryLaterError, match="UPX"):
        remove_proteome(store, "UPX")
    with run(store, "score", {"proteome": "UPY"}):
        assert remove_proteome(store, "UPX").removed == 1


def test_a_killed_run_does_not_hinder_removal(store, scene):
    start_run(store, "score", {"proteome": "UPX"})
    assert remove_proteome(store, "UPX").removed == 1


def test_an_unknown_proteome_is_named(store, scene):
    with pytest.raises(UsageError, match="no proteome 'UPZ'"):
        remove_proteome(store, "UPZ")
    assert check_name(store, "upy") == "UPY"
