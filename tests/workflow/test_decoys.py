"""Shuffled proteins are scored once for each configuration; they, or a proteome without CRM1, give q-values."""

import random
from dataclasses import replace

import numpy as np
import pytest

from nesdb_annot.errors import InputError, UsageError
from nesdb_annot.store.analyst import run_sql
from nesdb_annot.store.decoys import combined_scores
from nesdb_annot.store.proteomes import sequences_of
from nesdb_annot.workflow import decoys, training_set
from nesdb_annot.workflow.decoys import chance, score_decoys
from nesdb_annot.workflow.heads import heads_for
from nesdb_annot.workflow.ingest import ingest_proteome
from nesdb_annot.workflow.proteome_source import proteome_source
from nesdb_annot.workflow.rank import rank_proteome
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


@pytest.fixture
def scene(store, settings, tmp_path):
    for name, fasta in (("mine", FASTA), ("copy", FASTA), ("bare", OTHER)):
        path = tmp_path / f"{name}.fasta"
        path.write_text(fasta)
        ingest_proteome(store, proteome_source(str(path), upid=None, name=name, release=None, released=None))
    score_proteome(store, settings, "mine")
    return store, settings, heads_for(store, settings), find_target(store, "mine")


def counted(store, table):
    return next(iter(run_sql(store, f"select count(*) from nesannot.{table}").rows))[0]


def test_decoys_are_scored_with_the_proteome_and_give_q_values(scene):
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


def test_each_protein_is_shuffled_a_limited_number_of_times(scene):
    store, _, heads, target = scene
    kept = chance(store, heads, target, "shuffled")
    assert kept.residues == decoys.COPIES * 120
    assert len(kept.scores)


def test_they_are_not_scored_again(scene):
    store, settings, heads, target = scene
    before = counted(store, "run")
    score_decoys(store, settings, heads, target)
    assert counted(store, "run") == before


def test_a_proteome_scored_before_gets_them_and_is_ranked_anew(scene):
    store, settings, heads, target = scene
    with store.transaction() as connection:
        connection.exec_driver_sql("DELETE FROM nesannot.decoy")
    without = rank_proteome(store, settings, target.name)
    assert without.decoys is None
    assert {row["q_value"] for row in without.rows} == {None}
    score_decoys(store, settings, heads, target)
    assert rank_proteome(store, settings, target.name).decoys == "shuffled"


def test_a_proteome_without_crm1_can_take_their_place(scene):
    store, settings, _, target = scene
    ranking = rank_proteome(store, settings, target.name, decoys="copy")
    assert ranking.decoys == "copy"
    # as many decoys as candidates at every score, and one more: all may be false
    assert {row["q_value"] for row in ranking.rows} == {1.0}


def test_one_that_has_no_scores_cannot(scene):
    store, settings, _, target = scene
    with pytest.raises(InputError, match=r"bare .* no scores") as raised:
        rank_proteome(store, settings, target.name, decoys="bare")
    assert raised.value.remedy == "nesannot score bare"


def test_an_unknown_one_is_named(scene):
    store, settings, _, target = scene
    with pytest.raises(UsageError, match="nothing"):
        rank_proteome(store, settings, target.name, decoys="nothing")


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
    found = chance(store, taught(heads, *known), target, "b")
    assert found.residues == sum(map(len, never_seen.values()))
    assert found.scores.tolist() == scores_of(store, heads, target, never_seen)
    assert chance(store, taught(heads, min(known)), target, "b").residues == found.residues, "one is enough"


def test_of_a_proteome_that_taught_the_heads_nothing_all_is_chance(store, settings, bacterium):
    target, _ = bacterium
    heads = heads_for(store, settings)
    whole = dict(sequences_of(store, *target.key))
    found = chance(store, heads, target, "b")
    assert found.residues == sum(map(len, whole.values()))
    assert found.scores.tolist() == scores_of(store, heads, target, whole)


def test_a_proteome_of_which_all_was_seen_is_refused(store, settings, bacterium, monkeypatch):
    target, divided = bacterium
    monkeypatch.setattr(training_set, "halves", lambda _: replace(divided, counted=()))
    with pytest.raises(InputError, match=r"b release .* no scores to take as decoys") as raised:
        chance(store, taught(heads_for(store, settings), *dict(divided.taught)), target, "b")
    assert "never saw" in raised.value.why
    assert "shuffled" in raised.value.remedy, "scoring it again would not help"
