"""Scores and their ledger: what is done stays done, what is missing is offered again, and nothing is double."""

import threading
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from nesdb_annot.errors import InternalError
from nesdb_annot.records import ScoredSequence
from nesdb_annot.relation import Relation, TrainingRelation
from nesdb_annot.store.configurations import ensure_configuration, partition
from nesdb_annot.store.proteomes import ProteomeKey, ingest_release
from nesdb_annot.store.rescoring import count_rescorable, stored_pages
from nesdb_annot.store.scores import ATTEMPTS, discard, iterate_pending, pending, write_scored


def ledger(store, configuration_id):
    """What was scored under a configuration, what failed, and how often it was tried."""
    query = """SELECT count(*) AS sequences, count(error) AS failed, coalesce(sum(segments), 0) AS segments,
                      coalesce(max(attempts), 0) AS most_attempts
                 FROM nesannot.scored_sequence WHERE configuration_id = :configuration_id"""
    with store.transaction() as connection:
        return connection.execute(text(query), {"configuration_id": configuration_id}).one()


@pytest.fixture
def scene(store, make):
    """A proteome of five proteins with four sequences, and a configuration."""
    sequences = [make.residues(i, 50 + 10 * i) for i in range(4)]
    proteome, release_id, run_id = make.proteome(store, [*sequences, sequences[0]])
    return proteome.id, release_id, run_id, make.configuration(store)


def rows(store, table, configuration_id):
    with store.transaction() as connection:
        query = f"SELECT * FROM nesannot.{table} WHERE configuration_id = {configuration_id} ORDER BY 1, 2, 3, 4"
        return [tuple(row) for row in connection.execute(text(query))]


def digests(store, scene):
    return [d for chunk in iterate_pending(store, scene[3], scene[0], scene[1], again=True) for d, _ in chunk]


def test_everything_is_pending_once_at_first(store, scene):
    proteome_id, release_id, _, configuration_id = scene
    assert pending(store, configuration_id, proteome_id, release_id).sequences == 4
    assert pending(store, configuration_id, proteome_id, release_id).residues == 50 + 60 + 70 + 80
    assert pending(store, configuration_id, None, None).sequences == 4
    chunks = list(iterate_pending(store, configuration_id, proteome_id, release_id, residues_per_chunk=100))
    sizes = [sum(len(r) for _, r in chunk) for chunk in chunks]
    assert sum(sizes) == 260
    assert all(size >= 100 for size in sizes[:-1])
    assert len({d for chunk in chunks for d, _ in chunk}) == 4


def test_what_is_written_is_no_longer_pending_and_reads_back(store, make, scene):
    proteome_id, release_id, run_id, configuration_id = scene
    first, second, *_ = digests(store, scene)
    evidence = {"class": "1a", "core": {"phi1": 3}}
    write_scored(
        store, configuration_id, run_id, [make.scored(first, [0.25, 0.5], evidence=evidence), make.scored(second, [])]
    )
    assert pending(store, configuration_id, proteome_id, release_id).sequences == 2
    segments = rows(store, "segment", configuration_id)
    assert [row[2:5] for row in segments] == [(1, 1, 10), (2, 11, 20)]
    assert segments[0][5] == bytes(8)
    scores = rows(store, "method_score", configuration_id)
    assert len(scores) == 2 * 5
    assert {row[6] is None for row in scores if row[3] != scores[0][3]} == {True}
    with store.transaction() as connection:
        found = connection.execute(
            text("SELECT DISTINCT evidence FROM nesannot.method_score WHERE evidence IS NOT NULL")
        ).scalars()
        assert list(found) == [evidence]


def test_writing_twice_replaces_and_never_doubles(store, make, scene):
    _, _, run_id, configuration_id = scene
    first = digests(store, scene)[0]
    write_scored(store, configuration_id, run_id, [make.scored(first, [0.1, 0.2, 0.3])])
    write_scored(store, configuration_id, run_id, [make.scored(first, [0.4])])
    assert len(rows(store, "segment", configuration_id)) == 1
    assert len(rows(store, "method_score", configuration_id)) == 5
    counts = ledger(store, configuration_id)
    assert (counts.sequences, counts.segments, counts.most_attempts) == (1, 1, 1), "a success is no failed attempt"


def test_a_failure_is_kept_and_tried_again_three_times_in_all(store, scene):
    proteome_id, release_id, run_id, configuration_id = scene
    poison = digests(store, scene)[0]
    for attempt in range(1, ATTEMPTS + 1):
        assert pending(store, configuration_id, proteome_id, release_id).sequences == 4
        write_scored(store, configuration_id, run_id, [ScoredSequence(poison, error=f"no memory, attempt {attempt}")])
    assert pending(store, configuration_id, proteome_id, release_id).sequences == 3
    assert pending(store, configuration_id, proteome_id, release_id, again=True).sequences == 4
    assert ledger(store, configuration_id).failed == 1


def test_a_failure_after_a_success_is_the_first(store, make, scene):
    proteome_id, release_id, run_id, configuration_id = scene
    one = digests(store, scene)[0]
    for _ in range(ATTEMPTS):
        write_scored(store, configuration_id, run_id, [make.scored(one, [0.5])])
    write_scored(store, configuration_id, run_id, [ScoredSequence(one, error="no memory")])
    assert pending(store, configuration_id, proteome_id, release_id).sequences == 4, "it is tried again"


def test_what_finally_failed_is_not_rescored(store, make, scene):
    proteome_id, release_id, run_id, source = scene
    configuration_id = make.configuration(store, head_set_digest="other")
    one = digests(store, scene)[0]
    write_scored(store, source, run_id, [make.scored(one, [0.5])])
    place = (store, configuration_id, [source], proteome_id, release_id)
    for attempt in range(ATTEMPTS):
        assert count_rescorable(*place)[0] == 1, f"{attempt} attempts so far"
        write_scored(store, configuration_id, run_id, [ScoredSequence(one, error="no memory")])
    assert count_rescorable(*place) == (0, 0)
    assert list(stored_pages(*place, ["similarity"])) == []


def test_a_wrong_write_leaves_nothing(store, make, scene):
    _, _, run_id, configuration_id = scene
    first = digests(store, scene)[0]
    for wrong in (
        [make.scored(first, [0.1], methods=("consensus", "foreign"))],
        [make.scored(first, [0.1]), make.scored("0" * 64, [0.1])],
        [make.scored(first, [0.1]), make.scored(first, [0.2])],
    ):
        with pytest.raises(InternalError):
            write_scored(store, configuration_id, run_id, wrong)
    with pytest.raises(Exception, match="calibrated_is_probability"):
        write_scored(store, configuration_id, run_id, [make.scored(first, [float("nan")])])
    assert rows(store, "segment", configuration_id) == []
    assert ledger(store, configuration_id).sequences == 0
    write_scored(store, configuration_id, run_id, [])


def test_two_writers_of_the_same_sequences_neither_fail_nor_double(store, make, scene):
    _, _, run_id, configuration_id = scene
    all_of_them = digests(store, scene)
    failures = []

    def write(order):
        try:
            for _ in range(8):
                write_scored(store, configuration_id, run_id, [make.scored(d, [0.1, 0.2]) for d in order])
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=write, args=(order,)) for order in (all_of_them, all_of_them[::-1])]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert len(rows(store, "segment", configuration_id)) == 8
    assert ledger(store, configuration_id).most_attempts == 1, "no failure is counted"


def test_scores_are_shared_by_proteomes_and_releases(store, make, scene):
    proteome_id, _, run_id, configuration_id = scene
    write_scored(store, configuration_id, run_id, [make.scored(d, [0.5]) for d in digests(store, scene)])
    same = [make.protein("Q", make.residues(0, 50)), make.protein("R", make.residues(99))]
    ingest_release(store, ProteomeKey("OTHER"), make.release(3), same, run_id)
    ingest_release(store, ProteomeKey("UPX"), make.release(3), same, run_id)
    assert pending(store, configuration_id, None, None).sequences == 1
    with store.transaction() as connection:
        newest = connection.execute(
            text("SELECT max(id) FROM nesannot.release WHERE proteome_id = :p"), {"p": proteome_id}
        ).scalar()
    assert pending(store, configuration_id, proteome_id, newest).sequences == 1


def test_a_configuration_is_one_whatever_the_order_of_its_methods(store, make):
    one = make.configuration(store)
    assert make.configuration(store, methods=make.METHODS[::-1]) == one
    two = make.configuration(store, version=2)
    three = make.configuration(store, head_set_digest="b" * 64)
    assert len({one, two, three}) == 3
    assert partition("segment", one) == f"segment_c{one}"
    with store.transaction() as connection:
        names = (
            connection.execute(text("SELECT relname FROM pg_class WHERE relispartition AND relkind = 'r'"))
            .scalars()
            .all()
        )
    assert sorted(names) == sorted(
        partition(t, c) for t in ("scored_sequence", "segment", "method_score") for c in (one, two, three)
    )
    with pytest.raises(InternalError, match="two methods of one name"):
        make.configuration(store, methods=("consensus", "consensus"))


def test_two_commands_make_one_configuration(store, make):
    found = []
    threads = [threading.Thread(target=lambda: found.append(make.configuration(store))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 4
    assert len(set(found)) == 1


def test_discarding_frees_the_space_of_one_configuration_only(store, make, scene):
    _, _, run_id, one = scene
    two = make.configuration(store, version=2)
    for configuration_id in (one, two):
        write_scored(store, configuration_id, run_id, [make.scored(d, [0.5]) for d in digests(store, scene)])
    discard(store, one)
    assert ledger(store, one).sequences == 0
    assert ledger(store, two).sequences == 4
    with store.transaction() as connection:
        assert connection.execute(text(f"SELECT pg_relation_size('nesannot.segment_c{one}')")).scalar() == 0


STEPS = st.lists(st.tuples(st.sampled_from(["write", "fail", "discard"]), st.integers(0, 3)), max_size=8)


@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(steps=STEPS)
def test_the_ledger_follows_a_plain_model(module_store, make, steps):
    """Write, fail and discard in any order: what is pending is what a dictionary says."""
    store = module_store
    proteome, release_id, run_id = make.proteome(store, [make.residues(i) for i in range(4)])
    configuration_id = make.configuration(store)
    discard(store, configuration_id)
    every = [d for chunk in iterate_pending(store, configuration_id, proteome.id, release_id) for d, _ in chunk]
    model = {}
    for action, number in steps:
        if action == "discard":
            discard(store, configuration_id)
            model.clear()
            continue
        good, failures = model.get(number, (True, 0))
        attempts = 1 if good else failures + 1
        model[number] = (action == "write", attempts)
        one = make.scored(every[number], [0.5]) if action == "write" else ScoredSequence(every[number], error="poison")
        write_scored(store, configuration_id, run_id, [one])
    left = {n for n in range(4) if n not in model or (not model[n][0] and model[n][1] < ATTEMPTS)}
    offered = [d for chunk in iterate_pending(store, configuration_id, proteome.id, release_id) for d, _ in chunk]
    assert offered == [every[n] for n in sorted(left)]
    assert pending(store, configuration_id, proteome.id, release_id).sequences == len(left)
    assert ledger(store, configuration_id).segments == sum(good for good, _ in model.values())


def test_ensure_configuration_is_reachable_by_position(store, make):
    """Its six arguments are a promise to the other floors."""
    from nesdb_annot.records import SegmentationIdentity

    assert ensure_configuration(store, "NES", make.MODEL, SegmentationIdentity("zps", 1), [], "") > 0


def test_relation_to_the_training_set_is_replaced_with_the_scores(store, make, scene):
    _, _, run_id, configuration_id = scene
    first, second, *_ = digests(store, scene)
    related = TrainingRelation(Relation.RELATED, "P1", 0.25)
    scored = [replace(make.scored(first, [0.5]), training=related), make.scored(second, [])]

    def stored():
        query = f"SELECT training, training_accession, training_share FROM nesannot.scored_sequence_c{configuration_id}"
        with store.transaction() as connection:
            return sorted(map(tuple, connection.execute(text(query))), key=str)

    write_scored(store, configuration_id, run_id, scored)
    assert stored() == [("related", "P1", 0.25), (None, None, None)]
    unrelated = TrainingRelation(Relation.NONE)
    write_scored(store, configuration_id, run_id, [replace(own, training=unrelated) for own in scored])
    assert stored() == [("none", None, None)] * 2
