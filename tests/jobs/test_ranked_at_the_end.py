"""A score ends ranked and complete: by workers after the last chunk, and directly after any number of kills."""

import os
import signal
import subprocess
import sys
from dataclasses import replace

import pytest

from nesdb_annot.store.analyst import run_sql
from nesdb_annot.store.rankings import find_ranking
from nesdb_annot.workflow.ingest import ingest_proteome
from nesdb_annot.workflow.proteome_source import proteome_source
from nesdb_annot.workflow.queue import defer_score

pytestmark = pytest.mark.xdist_group("score")

FASTA = """>one
MTDVETTYADFIASGRTGRRNAIHDILVSSASGNSNELALKLAGLDINKTEGEEDAQRSS
>two
MEELSQALASSFSVSQDLNSTAAPHPRLSQYKSKYSSLEQSERRRRLLELQKSKRLDYVN
>three
MVHLGPKKPQARKGSMADVPKELMQQIENFEKIFTVPTETLQAVTKHFISELEKGLSKKG
"""

KILLED = """
import os, signal, sys
from nesdb_annot.settings import load_settings
from nesdb_annot.store import decoys as stored, scores
from nesdb_annot.store.engine import open_store
from nesdb_annot.workflow import decoys, score
from nesdb_annot.workflow.score import score_proteome

def dying(verb, times):
    done = []
    def call(*arguments, **options):
        verb(*arguments, **options)
        done.append(1)
        if len(done) >= times:
            os.kill(os.getpid(), signal.SIGKILL)
    return call

place, times = sys.argv[1], int(sys.argv[2])
score.RESIDUES_PER_CHUNK, decoys.RESIDUES_PER_CHUNK = 60, 300
if place == "scores":
    scores.write_scored = dying(scores.write_scored, times)
if place == "decoys":
    stored.save_decoys = dying(stored.save_decoys, times)
with open_store(load_settings().settings) as store:
    score_proteome(store, load_settings().settings, "mine", decoys="shuffled")
"""


@pytest.fixture
def ingested(store, tmp_path):
    (tmp_path / "p.fasta").write_text(FASTA)
    source = proteome_source(str(tmp_path / "p.fasta"), upid=None, name="mine", release=None, released=None)
    ingest_proteome(store, source)


def rows(store, query):
    return list(run_sql(store, query).rows)


def test_a_score_that_was_killed_again_and_again_ends_ranked(store, settings, ingested):
    """Each kill loses the chunk under way at most: chunks of shuffled proteins that are stored are not scored again."""
    named = {"DATABASE_URL": settings.database_url, "DATA_DIR": settings.data_dir, "CACHE_DIR": settings.cache_dir}
    environment = os.environ | {f"NESANNOT_{name}": str(value) for name, value in (named | {"WORKERS": 1}).items()}
    chunks = "select chunk, run_id, made_at from nesannot.decoy order by chunk"
    finished = []
    for place, times, code in [
        *(("scores", 1, -signal.SIGKILL), ("scores", 1, -signal.SIGKILL)),
        *(("decoys", 1, -signal.SIGKILL), ("decoys", 2, -signal.SIGKILL), ("nowhere", 0, 0)),
    ]:
        command = [sys.executable, "-c", KILLED, place, str(times)]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == code, done.stderr
        stored = rows(store, chunks)
        assert set(finished) <= set(stored)
        finished = stored
    assert [row[0] for row in finished] == list(range(1, len(finished) + 1))
    assert len({row[1] for row in finished}) == 3, "three runs have scored them"
    ranking = find_ranking(store, "mine")
    assert (ranking.complete, ranking.scored, ranking.decoys) == (True, 3, "shuffled")
    assert rows(store, "select count(*), count(q_value) from candidate") == [(ranking.candidates, ranking.candidates)]


def test_workers_rank_after_the_last_chunk(store, settings, ingested):
    from nesdb_annot.jobs.service import run_worker

    offline = replace(settings, offline=True)
    deferred = defer_score(store, offline, "mine", decoys="shuffled", cargo_prior=0.3)
    assert find_ranking(store, "mine") is None
    assert run_worker(offline, until_empty=True) == 0
    ranking = find_ranking(store, "mine")
    assert (ranking.complete, ranking.decoys, ranking.logit_shift > 0) == (True, "shuffled", True)
    kinds = rows(store, f"select kind, status from run_progress where run_id >= {deferred.run_id} order by 1, 2")
    assert set(kinds) == {("score", "done"), ("decoys", "done"), ("rank", "done")}
    again = defer_score(store, offline, "mine")
    assert again.run_id is None
    assert "nothing was deferred" in " ".join(again.said)


def test_a_ranking_that_is_missing_is_deferred_alone(store, settings, ingested):
    from nesdb_annot.jobs.service import run_worker

    offline = replace(settings, offline=True)
    defer_score(store, offline, "mine")
    assert run_worker(offline, until_empty=True) == 0
    with store.transaction() as connection:
        connection.exec_driver_sql("DELETE FROM nesannot.ranking")
    deferred = defer_score(store, offline, "mine")
    assert "only its ranking was deferred" in " ".join(deferred.said)
    assert run_worker(offline, until_empty=True) == 0
    assert find_ranking(store, "mine").complete
