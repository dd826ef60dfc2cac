"""Shuffled proteins are scored once for each configuration; they, or a proteome without CRM1, give q-values."""

import random
from dataclasses import replace

import numpy as np
import pytest

from nesdb_annot.errors import CannotWriteError, InputError, UsageError
from nesdb_annot.records import ScoredSequence
from nesdb_annot.store.analyst import run_sql
from nesdb_annot.store.decoys import combined_scores
from nesdb_annot.store.proteomes import sequences_of
from nesdb_annot.workflow import decoys, training_set
from nesdb_annot.workflow import ranking as workflow_ranking
from nesdb_annot.workflow.decoys import chance, score_decoys
from nesdb_annot.workflow.heads import heads_for
from nesdb_annot.workflow.ingest import ingest_proteome
from nesdb_annot.workflow.progress import Silent
from nesdb_annot.workflow.protein_scorer import ScoredChunk
from nesdb_annot.workflow.proteome_source import proteome_source
from nesdb_annot.workflow.rank import Listing, rank_proteome
from nesdb_annot.workflow.score import score_proteome
from nesdb_annot.workflow.target import find_target
from nesdb_annot.workflow.training_set import halves

pytestmark = pytest.mark.xdist_group("score")

FASTA = """>one
MTDVETTYADFIASGRTGRRNAIHDILVSSASGNSNELALKLAGLDINKTEGEEDAQRSS
>two
MEELSQALASSFSVSQDLNSTAAPHPRLSQYKSKYSSLEQSERRRRLLELQKSKRLDYVN
"""


OTHER = """>three
MVHLGPKKPQARKGSMADVPKELMQQIENFEKIFTVPTETLQAVTKHFISELEKGLSKKG
"""


def ingest(store, tmp_path, name, fasta):
    (tmp_path / f"{name}.fasta").write_text(fasta)
    path = str(tmp_path / f"{name}.fasta")
    ingest_proteome(store, proteome_source(path, upid=None, name=name, release=None, released=None))


@pytest.fixture
def scene(store, settings, tmp_path):
    """Three proteomes, of which `mine` is ranked with q-values, and `copy` has the same sequences."""
    for name, fasta in (("mine", FASTA), ("copy", FASTA), ("bare", OTHER)):
        ingest(store, tmp_path, name, fasta)
    score_proteome(store, settings, "mine", decoys="shuffled")
    return store, settings, heads_for(store, settings), find_target(store, "mine")


def counted(store, table):
    return next(iter(run_sql(store, f"select count(*) from nesannot.{table}").rows))[0]


def compared(store, heads, target, decoys):
    """Chance as the ranking of `target` sees it."""
    return chance(store, heads.configuration_id, target.name, decoys, heads.head_set.training_digests)


def test_decoys_that_are_asked_for_give_q_values(scene):
    store, settings, _, target = scene
    assert counted(store, "decoy") == 1
    ranking = rank_proteome(store, settings, target.name)
    assert ranking.decoys == "shuffled"
    q = [row["q_value"] for row in ranking.rows]
    assert q == sorted(q)
    assert all(0 < value <= 1 for value in q)
    e = [row["e_value"] for row in ranking.rows]
    assert e == sorted(e)
    assert "q-values by shuffled proteins" in ranking.sentences()


def test_a_small_proteome_has_no_q_values_and_says_why(store, settings, tmp_path):
    ingest(store, tmp_path, "mine", FASTA)
    summary = score_proteome(store, settings, "mine")
    why = "no q-values: q-values need 200 proteins, mine has 2; `nesannot score mine --decoys shuffled` estimates them"
    assert any(line.startswith(why) for line in summary.sentences())
    assert counted(store, "decoy") == 0
    ranking = rank_proteome(store, settings, "mine")
    assert {row["q_value"] for row in ranking.rows} == {None}
    assert any(line.startswith(why) for line in ranking.sentences())


def test_a_population_gets_q_values_by_itself(store, settings, tmp_path, monkeypatch):
    monkeypatch.setattr(workflow_ranking, "LEAST_PROTEINS", 2)
    ingest(store, tmp_path, "mine", FASTA)
    assert score_proteome(store, settings, "mine").ranking.ranking.decoys == "shuffled"
    assert score_proteome(store, settings, "mine", decoys="none").ranking.ranking.decoys is None


def test_q_values_that_were_asked_for_stay(scene):
    store, settings, _, target = scene
    again = score_proteome(store, settings, target.name)
    assert (again.ranking.made, again.ranking.ranking.decoys) == (False, "shuffled")


def test_each_protein_is_shuffled_a_limited_number_of_times(scene):
    store, _, heads, target = scene
    found = compared(store, heads, target, "shuffled")
    assert found.residues == decoys.COPIES * 120
    assert len(found.scores)


@pytest.mark.parametrize(
    ("residues", "expected"),
    [(120, 1_200), (19_000, 190_000), (100_000, 200_000), (2_936_000, 200_000), (11_400_000, 760_000)],
)
def test_the_number_of_decoys_scales_with_the_proteome(residues, expected):
    length = 100 if residues > 1000 else 60
    sequences = [(f"{n:08d}", "L" * length) for n in range(residues // length)]
    chunks = decoys.planned(sequences)
    assert sum(len(letters) for chunk in chunks for _, letters in chunk) == pytest.approx(expected, abs=length)
    assert len({name for chunk in chunks for name, _ in chunk}) == sum(map(len, chunks))
    assert decoys.planned(sequences) == chunks


def test_decoys_are_not_scored_again(scene):
    store, settings, heads, target = scene
    before = counted(store, "run")
    score_decoys(store, settings, heads, target)
    assert counted(store, "run") == before


class Dying(Silent):
    """Dies once so many chunks of shuffled proteins are stored."""

    def __init__(self, chunks):
        self.left, self.label = chunks, ""

    def begin(self, label, total, unit="residues"):
        self.label = label

    def advance(self, residues):
        self.left -= "shuffled" in self.label
        if self.left == 0:
            raise RuntimeError("killed here")


def test_chunks_that_are_stored_outlive_a_kill(store, settings, tmp_path, monkeypatch):
    """Killed among its shuffled proteins, then continued: ranked and complete, the finished chunks not scored again."""
    monkeypatch.setattr(decoys, "RESIDUES_PER_CHUNK", 240)
    ingest(store, tmp_path, "mine", FASTA)
    with pytest.raises(RuntimeError, match="killed here"):
        score_proteome(store, settings, "mine", decoys="shuffled", progress=Dying(2))
    query = "select chunk, run_id, made_at, md5(combined::text) from nesannot.decoy order by 1"
    finished = list(run_sql(store, query).rows)
    assert len(finished) == 2
    assert compared(store, heads_for(store, settings), find_target(store, "mine"), "shuffled") is None
    done = score_proteome(store, settings, "mine", decoys="shuffled")
    assert (done.ranking.made, done.ranking.ranking.complete, done.ranking.ranking.decoys) == (True, True, "shuffled")
    chunks = list(run_sql(store, query).rows)
    assert [row[0] for row in chunks] == [1, 2, 3, 4, 5]
    assert set(finished) <= set(chunks)


def test_a_chunk_that_was_cut_short_is_not_stored(store, settings, tmp_path, monkeypatch):
    from nesdb_annot.processes.pool import WorkerPool

    ingest(store, tmp_path, "mine", FASTA)
    score_proteome(store, settings, "mine")

    def cut_short(_, chunks):
        for chunk in chunks:
            yield ScoredChunk(60, [ScoredSequence(chunk[0][0])], stopped=CannotWriteError("the disk is full"))

    monkeypatch.setattr(WorkerPool, "map_unordered", cut_short)
    with pytest.raises(CannotWriteError, match="the disk is full"):
        score_decoys(store, settings, heads_for(store, settings), find_target(store, "mine"))
    assert counted(store, "decoy") == 0


def test_a_ranking_follows_its_decoys(scene):
    store, settings, heads, target = scene
    with store.transaction() as connection:
        connection.exec_driver_sql("DELETE FROM nesannot.decoy")
    score_decoys(store, settings, heads, target)
    again = score_proteome(store, settings, target.name)
    assert (again.sequences, again.ranking.made, again.ranking.ranking.decoys) == (0, True, "shuffled")


def test_a_proteome_without_crm1_can_take_their_place(scene):
    store, settings, _, target = scene
    score_proteome(store, settings, "copy")
    before = counted(store, "run")
    ranking = rank_proteome(store, settings, target.name, listing=Listing(decoys="COPY"))
    assert (ranking.decoys, ranking.computed) == ("copy", True)
    # as many decoys as candidates at every score, and one more: all may be false
    assert {row["q_value"] for row in ranking.rows} == {1.0}
    assert counted(store, "run") == before, "nothing was written"
    assert rank_proteome(store, settings, target.name).decoys == "shuffled"
    stored = score_proteome(store, settings, target.name, decoys="copy").ranking.ranking
    assert stored.decoys == "copy"


def test_one_that_has_no_scores_cannot(scene):
    store, settings, _, target = scene
    with pytest.raises(InputError, match=r"bare .* no scores") as raised:
        rank_proteome(store, settings, target.name, listing=Listing(decoys="bare"))
    assert raised.value.remedy == "nesannot score bare"
    with pytest.raises(InputError, match=r"bare .* no scores"):
        score_proteome(store, settings, target.name, decoys="bare")


def test_one_that_is_scored_in_part_cannot(scene):
    store, settings, heads, target = scene
    score_proteome(store, settings, "copy")
    with store.transaction() as connection:
        connection.exec_driver_sql("UPDATE nesannot.ranking SET scored = 1 WHERE decoys IS NULL")
    with pytest.raises(InputError, match=r"copy release .*: 1 of 2 sequences scored") as raised:
        compared(store, heads, target, "copy")
    assert raised.value.remedy == "nesannot score copy"


def test_shuffled_proteins_that_were_not_scored_say_what_to_type(scene):
    store, settings, *_ = scene
    score_proteome(store, settings, "copy")
    with pytest.raises(InputError, match="no shuffled proteins of copy were scored") as raised:
        rank_proteome(store, settings, "copy", listing=Listing(decoys="shuffled"))
    assert raised.value.remedy == "nesannot score copy --decoys shuffled"


def test_an_unknown_one_is_named(scene):
    store, settings, _, target = scene
    with pytest.raises(UsageError, match="nothing"):
        rank_proteome(store, settings, target.name, listing=Listing(decoys="nothing"))


@pytest.fixture
def bacterium(store, settings, tmp_path, monkeypatch):
    """A scored proteome without CRM1, a few of whose proteins would be taught, and what is left of it to count."""
    monkeypatch.setattr(training_set, "MOTIF_FREE", 2)
    monkeypatch.setattr(training_set, "WATCHED", 1)
    training_set._halved.cache_clear()
    draw = random.Random(7)
    proteins = ["M" + "".join(draw.choices("ACDEFGHIKLMNPQRSTVWY", k=60 + n)) + "LALKLAGLDI" for n in range(10)]
    (tmp_path / "b.fasta").write_text("".join(f">b{n}\n{own}\n" for n, own in enumerate(proteins)))
    ingest_proteome(store, proteome_source(str(tmp_path / "b.fasta"), upid=None, name="b", release=None, released=None))
    score_proteome(store, settings, "b")
    target = find_target(store, "b")
    yield target, halves(dict(sequences_of(store, *target.key)))
    training_set._halved.cache_clear()


def taught(heads, *digests):
    """`heads`, as if these sequences had been trained on, too."""
    head_set = heads.head_set
    return replace(heads, head_set=replace(head_set, training_digests=(*head_set.training_digests, *digests)))


def scores_of(store, heads, target, digests):
    scored = combined_scores(store, heads.configuration_id, *target.key)
    return sorted(np.concatenate([row.combined for row in scored if row.sha256 in digests]).tolist())


def test_of_a_proteome_that_taught_the_heads_only_what_they_never_saw_is_chance(store, settings, bacterium):
    target, divided = bacterium
    heads = heads_for(store, settings)
    known, never_seen = dict(divided.taught), dict(divided.counted)
    assert len(known) == 2
    assert len(never_seen) >= 2
    found = compared(store, taught(heads, *known), target, "b")
    assert found.residues == sum(map(len, never_seen.values()))
    assert found.scores.tolist() == scores_of(store, heads, target, never_seen)
    assert compared(store, taught(heads, min(known)), target, "b").residues == found.residues, "one is enough"


def test_of_a_proteome_that_taught_the_heads_nothing_all_is_chance(store, settings, bacterium):
    target, _ = bacterium
    heads = heads_for(store, settings)
    whole = dict(sequences_of(store, *target.key))
    found = compared(store, heads, target, "b")
    assert found.residues == sum(map(len, whole.values()))
    assert found.scores.tolist() == scores_of(store, heads, target, whole)


def test_a_proteome_of_which_all_was_seen_is_refused(store, settings, bacterium, monkeypatch):
    target, divided = bacterium
    monkeypatch.setattr(training_set, "halves", lambda _: replace(divided, counted=()))
    with pytest.raises(InputError, match=r"b release .* no scores to take as decoys") as raised:
        compared(store, taught(heads_for(store, settings), *dict(divided.taught)), target, "b")
    assert "never saw" in raised.value.why
    assert "shuffled" in raised.value.remedy, "scoring it again would not help"
