"""Changes from release to release: ten kinds, each on a small case, whatever the order in which releases come."""

from collections import Counter

import pytest
from sqlalchemy import text

from nesdb_annot.errors import InputError
from nesdb_annot.former import FormerAccession
from nesdb_annot.records import ReferenceEntry, ReferenceSite, Sign, SiteKind
from nesdb_annot.residues import ResidueSpan
from nesdb_annot.store.change_reports import candidate_changes, release_changes
from nesdb_annot.store.changes import curated_since, record_pipeline, settle_former, unexplained_losses
from nesdb_annot.store.locks import only_one
from nesdb_annot.store.proteomes import ProteomeKey, ingest_release, proteome_of
from nesdb_annot.store.rankings import find_ranking, materialise
from nesdb_annot.store.references import ingest_entries
from nesdb_annot.store.runs import start_run
from nesdb_annot.store.schema.changes import ChangeKind
from nesdb_annot.store.scores import write_scored


@pytest.fixture
def ingest(store, make):
    run_id = start_run(store, "ingest", {})

    def ingest(number, *proteins, **options):
        return ingest_release(store, ProteomeKey("UPX"), make.release(number), proteins, run_id, **options)

    return ingest


@pytest.fixture
def kinds(store):
    """(release, kind, accession, successors, basis) of all recorded changes."""

    def kinds():
        asked = "SELECT release, kind, accession, successors, basis FROM nes.release_change ORDER BY 1, 2, 3"
        with store.transaction() as connection:
            return [(r, k, a, tuple(s), b) for r, k, a, s, b in connection.execute(text(asked))]

    return kinds


def test_the_first_release_changes_nothing(ingest, kinds, make):
    report = ingest(0, make.protein("P1", "MKL"))
    assert report.kinds == {}
    assert kinds() == []


CASES = {
    "new sequence version": (
        [("P1", "MKL", {"sequence_version": 1})],
        [("P1", "MKLV", {"sequence_version": 2})],
        [("new_sequence_version", "P1", (), "comparison")],
    ),
    "deleted": ([("P1", "MKL", {}), ("P2", "MM", {})], [("P2", "MM", {})], [("deleted", "P1", (), "comparison")]),
    "new": ([("P1", "MKL", {})], [("P1", "MKL", {}), ("P2", "MM", {})], [("new", "P2", (), "comparison")]),
    "moved": (
        [("P1", "MKL", {"reviewed": False})],
        [("P1", "MKL", {"reviewed": True, "entry_name": "X_YEAST"})],
        [("moved", "P1", (), "comparison")],
    ),
    "metadata": (
        [("P1", "MKL", {"gene": "A"})],
        [("P1", "MKL", {"gene": "B"})],
        [("metadata", "P1", (), "comparison")],
    ),
    "merged, by its sequence": (
        [("P1", "MKL", {})],
        [("P2", "MKL", {})],
        [("merged", "P1", ("P2",), "same_sequence"), ("new", "P2", ("P1",), "comparison")],
    ),
    "demerged, by its sequence": (
        [("P1", "MKL", {})],
        [("P2", "MKL", {}), ("P3", "MKL", {})],
        [
            ("demerged", "P1", ("P2", "P3"), "same_sequence"),
            ("new", "P2", ("P1",), "comparison"),
            ("new", "P3", ("P1",), "comparison"),
        ],
    ),
    "a second copy of the same gene takes over": (
        [("P1", "MKL", {"gene": "A"}), ("P2", "MKL", {"gene": "A"})],
        [("P2", "MKL", {"gene": "A"})],
        [("merged", "P1", ("P2",), "same_sequence")],
    ),
    "a second copy of another gene does not": (
        [("P1", "MKL", {"gene": "A"}), ("P2", "MKL", {"gene": "B"})],
        [("P2", "MKL", {"gene": "B"})],
        [("deleted", "P1", (), "comparison")],
    ),
    "isoform switch": (
        [("P1", "MKL", {}), ("P1-2", "MKLVV", {"isoform": 2})],
        [("P1", "MKLVV", {}), ("P1-1", "MKL", {"isoform": 1}), ("P1-2", "MKLVV", {"isoform": 2})],
        [("isoform_switch", "P1", (), "comparison"), ("new", "P1-1", (), "comparison")],
    ),
    "an isoform's own change is no switch": (
        [("P1", "MKL", {}), ("P1-2", "MKLVV", {"isoform": 2})],
        [("P1", "MKL", {}), ("P1-2", "MKLVVV", {"isoform": 2})],
        [("new_sequence_version", "P1-2", (), "comparison")],
    ),
    "nothing": ([("P1", "MKL", {})], [("P1", "MKL", {})], []),
}


@pytest.mark.parametrize("name", CASES)
def test_kinds_of_change(name, ingest, kinds, make):
    before, after, wanted = CASES[name]
    ingest(0, *(make.protein(a, s, **facts) for a, s, facts in before))
    extra = [make.protein("Q9", "AAAA")]
    if name == "nothing":
        ingest(1, *(make.protein(a, s, **facts) for a, s, facts in after), *extra)
        wanted = [("new", "Q9", (), "comparison")]
    else:
        ingest(1, *(make.protein(a, s, **facts) for a, s, facts in after))
    assert [row[1:] for row in kinds()] == wanted


def test_fields_that_differ_are_named_with_both_values(store, ingest, make):
    ingest(0, make.protein("P1", "MKL", gene="A", existence=4))
    ingest(1, make.protein("P1", "MKL", gene="B", existence=4))
    with store.transaction() as connection:
        assert connection.execute(text("SELECT facts FROM nesannot.change")).scalar_one() == {"gene": ["A", "B"]}


def test_what_uniprot_states_outweighs_the_sequence_and_may_come_later(store, ingest, kinds, make):
    ingest(0, make.protein("P1", "MKL"), make.protein("P3", "MMM"), make.protein("P4", "CCC"))
    ingest(1, make.protein("P2", "MKL"))
    run_id = start_run(store, "ingest", {})
    stated = [
        FormerAccession("P1", "P7", "merged", "secondary_accession"),
        FormerAccession("P3", "", "deleted", "inactive_entry", "Redundant sequence"),
        FormerAccession("P4", "P5", "demerged", "inactive_entry"),
        FormerAccession("P4", "P6", "demerged", "inactive_entry"),
    ]
    assert settle_former(store, stated, run_id) == 4
    assert [row[1:] for row in kinds()] == [
        ("deleted", "P3", (), "inactive_entry"),
        ("demerged", "P4", ("P5", "P6"), "inactive_entry"),
        ("merged", "P1", ("P7",), "secondary_accession"),
        ("new", "P2", (), "comparison"),
    ]
    with store.transaction() as connection:
        reason = connection.execute(text("SELECT facts FROM nesannot.change WHERE accession = 'P3'")).scalar_one()
    assert reason == {"reason": "Redundant sequence"}
    assert settle_former(store, stated, run_id) == 0
    assert settle_former(store, [], run_id) == 0


def test_what_was_deleted_while_another_has_its_sequence_is_linked_to_it(store, ingest, kinds, make):
    settle_former(store, [FormerAccession("P1", "", "deleted", "inactive_entry")], start_run(store, "ingest", {}))
    ingest(0, make.protein("P1", "MKL"))
    ingest(1, make.protein("P2", "MKL"))
    assert [row[1:] for row in kinds()] == [
        ("deleted", "P1", ("P2",), "inactive_entry"),
        ("new", "P2", ("P1",), "comparison"),
    ]


def test_one_accession_secondary_to_two_entries_was_split(store, ingest, kinds, make):
    run_id = start_run(store, "ingest", {})
    settle_former(store, [FormerAccession("P1", p, "merged", "secondary_accession") for p in ("P2", "P3")], run_id)
    ingest(0, make.protein("P1", "MKL"), make.protein("P2", "MKL"))
    ingest(1, make.protein("P2", "MKL"), make.protein("P3", "MKLA"))
    assert ("r1", "demerged", "P1", ("P2", "P3"), "secondary_accession") in kinds()


def test_only_what_nobody_explained_is_asked_for(store, ingest, make):
    ingest(0, *(make.protein(f"P{n}", "MKL" + "A" * n) for n in range(4)))
    ingest(1, make.protein("P0", "MKL"))
    run_id = start_run(store, "ingest", {})
    settle_former(store, [FormerAccession("P2", "", "deleted", "inactive_entry")], run_id)
    release_id = proteome_of(store, "UPX").release_id
    assert unexplained_losses(store, release_id, 10) == ["P1", "P3"]
    assert unexplained_losses(store, release_id, 1) == ["P1"]


def test_a_release_put_in_between_is_what_the_next_is_compared_with(ingest, kinds, make):
    ingest(0, make.protein("P1", "MKL"), make.protein("P2", "MM"))
    ingest(9, make.protein("P1", "MKLV"))
    assert [row[:3] for row in kinds()] == [("r9", "deleted", "P2"), ("r9", "new_sequence_version", "P1")]
    ingest(5, make.protein("P1", "MKLV"), make.protein("P2", "MM"))
    assert [row[:3] for row in kinds()] == [("r5", "new_sequence_version", "P1"), ("r9", "deleted", "P2")]
    ingest(5, make.protein("P1", "MKL"), make.protein("P2", "MM"), make.protein("P3", "CC"), replace=True)
    assert [row[:3] for row in kinds()] == [
        ("r5", "new", "P3"),
        ("r9", "deleted", "P2"),
        ("r9", "deleted", "P3"),
        ("r9", "new_sequence_version", "P1"),
    ]


def test_deleted_proteins_keep_their_history(store, ingest, make):
    ingest(0, make.protein("P1", "MKL"), make.protein("P2", "MM"))
    ingest(1, make.protein("P2", "MM"))
    asked = "SELECT release FROM nes.release_membership WHERE accession = 'P1' ORDER BY 1"
    held = "SELECT valid_from, valid_to FROM nesannot.membership m JOIN nesannot.protein p ON p.id = m.protein_id " \
           "WHERE accession = 'P1'"  # fmt: skip
    with store.transaction() as connection:
        assert connection.execute(text(asked)).scalars().all() == ["r0"]
        assert tuple(connection.execute(text(held)).one()) == (make.day(0), make.day(1))


def entry(residues, *spans, doubtful=False, citations=()):
    sites = tuple(ReferenceSite(SiteKind.PEPTIDE, ResidueSpan(*span), Sign.MOTIF) for span in spans)
    return ReferenceEntry("nesdb", "7", "P1", residues, sites, doubtful=doubtful, citations=citations)


def test_curated_motifs_that_come_and_go_are_changes(store):
    run_id = start_run(store, "ingest", {})

    def ingest(*entries, **options):
        ingest_entries(store, "nesdb", entries, run_id, **options)
        with store.transaction() as connection:
            asked = "SELECT kind, accession, facts FROM nes.release_change ORDER BY change_id DESC LIMIT 1"
            return connection.execute(text(asked)).one_or_none()

    first = entry("MKLVAMKLVA", (1, 5))
    assert ingest(first) is None, "what a source has at first is no change"
    assert ingest(entry("MKLVAMKLVA", (1, 5), citations=("PMID:1",))) is None
    kind, accession, facts = ingest(entry("MKLVAMKLVA", (1, 5), (6, 9)))
    assert (kind, accession) == ("motif_curation", "P1")
    assert facts["added"] == [["peptide", "motif", 6, 9]]
    assert facts["removed"] == []
    assert ingest(entry("MKLVAMKLVAC", (1, 5), (6, 9)))[2]["removed"] != []
    assert ingest(without=["8"], complete=False)[2]["removed"] != [], "the last one still"
    gone = ingest(without=["7"], complete=False, replace=True)[2]
    assert (gone["added"], len(gone["removed"])) == ([], 2)
    assert len(curated_since(store, None)) == 2
    with store.transaction() as connection:
        now = connection.execute(text("SELECT clock_timestamp()")).scalar_one()
    assert curated_since(store, now) == frozenset()


def ranked(store, make, configuration, scored):
    """Score sequences and rank the newest release."""
    run_id = start_run(store, "rank", {})
    write_scored(store, configuration, run_id, scored)
    found = proteome_of(store, "UPX")
    materialise(store, found.id, found.release_id, configuration, run_id)
    return found, run_id


def test_candidates_gained_lost_and_moved_with_their_cause(store, ingest, make):
    a, b, c, d = (make.residues(seed) for seed in range(4))
    longer = "MMMMM" + a  # the candidate of a moves by five residues
    before = [make.protein(f"P{n}", s) for n, s in enumerate([a, b, c, d])]
    ingest(0, *before)
    ranked(store, make, make.configuration(store), [
        make.scored(p.digest, [0.9]) for p in before])  # fmt: skip
    after = [make.protein("P0", longer), make.protein("P8", c), make.protein("P3", d), make.protein("P9", b[::-1])]
    ingest(1, *after)
    new = [make.scored(after[0].digest, [0.8], first=6), make.scored(after[3].digest, [0.3])]
    ranked(store, make, make.configuration(store), new)
    rows = candidate_changes(store, "UPX", make.day(0), make.day(1))
    told = {(r["outcome"], r["cause"], r["old_accession"], r["accession"], r["old_first_residue"], r["first_residue"])
            for r in rows}  # fmt: skip
    assert told == {
        ("moved", "new_sequence_version", "P0", "P0", 1, 6),
        ("lost", "deleted", "P1", None, 1, None),
        ("moved", "merged", "P2", "P8", 1, 1),
        ("gained", "new", "P9", "P9", None, 1),
    }
    assert [r["peptide"] for r in rows if r["old_accession"] == "P1"] == [b[:10]]
    assert len(candidate_changes(store, "UPX", make.day(0), make.day(1), minimum=0.5)) == 3
    assert len(candidate_changes(store, "UPX", make.day(0), make.day(1), limit=2)) == 2
    by_kind = {row["kind"]: row for row in release_changes(store, "UPX", make.day(0), make.day(1))}
    assert (by_kind["deleted"]["lost"], by_kind["merged"]["moved"]) == (1, 1)
    assert by_kind["new_sequence_version"]["moved"] == 1
    assert sum(row["gained"] for row in release_changes(store, "UPX", make.day(0), make.day(1))) == 1


def test_another_configuration_is_a_change_of_the_pipeline(store, ingest, make):
    proteins = [make.protein(f"P{n}", make.residues(n)) for n in range(3)]
    ingest(0, *proteins)
    one, two = make.configuration(store), make.configuration(store, version=2)
    ranked(store, make, one, [make.scored(p.digest, [0.5, 0.4]) for p in proteins])
    old = find_ranking(store, "UPX")
    scored = [make.scored(proteins[0].digest, [0.5, 0.9]), make.scored(proteins[1].digest, [0.5, 0.4], first=21)]
    found, run_id = ranked(store, make, two, [*scored, make.scored(proteins[2].digest, [0.5, 0.4])])
    for _ in range(2):  # recorded once
        differ = record_pipeline(store, (found.id, found.release_id), old.id, two, run_id)
    assert list(differ) == ["methods"]
    with store.transaction() as connection:
        asked = "SELECT gained, lost, moved FROM nes.release_change WHERE kind = 'pipeline'"
        assert [tuple(row) for row in connection.execute(text(asked))] == [(2, 2, 1)]
        causes = connection.execute(text("SELECT DISTINCT cause FROM nes.candidate_change")).scalars().all()
    assert causes == ["pipeline"]


def test_ten_kinds():
    assert len(ChangeKind) == 10


def test_the_lock_is_held_by_one_and_given_back(store, settings):
    from nesdb_annot.store.engine import open_store

    with open_store(settings) as other:
        with only_one(store, "x") as first, only_one(other, "x") as second, only_one(other, "y") as third:
            assert (first, second, third) == (True, False, True)
        with only_one(other, "x") as again:
            assert again


def human(accession, residues, make):
    return make.protein(accession, residues, taxon_id=9606, organism="Homo sapiens")


def test_another_organism_is_refused_until_its_user_insists(store, ingest, make):
    yeast = [make.protein(f"P{n}", make.residues(n), taxon_id=559292, organism="Saccharomyces") for n in range(3)]
    ingest(0, *yeast)
    with pytest.raises(InputError) as told:
        ingest(1, human("Q1", "MKL", make))
    assert "UPX is a proteome of Saccharomyces (taxon 559292)" in told.value.what
    assert "Homo sapiens (taxon 9606)" in told.value.what
    assert "--name" in told.value.remedy
    assert proteome_of(store, "UPX").releases == 1
    ingest(1, *yeast[:2], human("Q1", "MKL", make))  # one organism in common is no other organism
    ingest(2, human("Q1", "MKL", make), replace=True)
    assert proteome_of(store, "UPX").taxon_id == 9606


def test_files_that_name_no_organism_are_taken_as_they_are(store, ingest, make):
    ingest(0, make.protein("P1", "MKL"))
    ingest(1, human("Q1", "MKL", make))
    ingest(2, make.protein("P1", "MKL"))
    assert proteome_of(store, "UPX").releases == 3


@pytest.mark.shared_data
def test_two_yeast_releases_agree_with_a_plain_comparison_of_the_files(store, shared_data, kinds):
    """Headers and sequences are read here by a few lines of their own, not by the package."""
    import gzip

    from nesdb_annot.workflow.ingest import ingest_proteome
    from nesdb_annot.workflow.proteome_source import proteome_source

    def plain(path):
        with gzip.open(path, "rt") as lines:
            entries = [part.split("\n", 1) for part in lines.read().split(">")[1:]]
        return {head.split("|")[1]: (head, body.replace("\n", "")) for head, body in entries}

    folder = shared_data / "proteomes"
    files = [folder / f"UP000002311_559292.{middle}fasta.gz" for middle in ("", "other_release.")]
    old, new = map(plain, files)
    for path, name, day in zip(files, ("a", "b"), ("2020-01-01", "2020-02-01"), strict=True):
        ingest_proteome(store, proteome_source(str(path), upid=None, name=None, release=name, released=day))
    shared = old.keys() & new.keys()
    changed = {a for a in shared if old[a][1] != new[a][1]}
    moved = {a for a in shared - changed if old[a][0].split("|")[0] != new[a][0].split("|")[0]}
    renamed = {a for a in shared - changed - moved if old[a][0] != new[a][0]}
    found = kinds()
    by_kind = {kind: {row[2] for row in found if row[1] == kind} for kind in Counter(row[1] for row in found)}
    assert by_kind.pop("new") == new.keys() - old.keys()
    assert by_kind.pop("new_sequence_version") == changed
    assert by_kind.pop("moved") == moved
    assert by_kind.pop("metadata") == renamed
    left = {a: {b for b in new.keys() - old.keys() if new[b][1] == old[a][1]} for a in old.keys() - new.keys()}
    assert by_kind.pop("merged", set()) == {a for a, heirs in left.items() if len(heirs) == 1}
    assert by_kind.pop("demerged", set()) == {a for a, heirs in left.items() if len(heirs) > 1}
    assert by_kind.pop("deleted", set()) == {a for a, heirs in left.items() if not heirs}
    assert by_kind == {}
    assert (len(changed), len(new.keys() - old.keys()), len(left)) == (3, 6, 5)
