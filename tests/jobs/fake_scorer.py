"""A scorer without a language model, for tests of workers: quick, and as poisonous as the first residues say.

Run as a program it is a worker: ``python fake_scorer.py URL DIRECTORY OPTIONS``, options as JSON for `run_worker`.
"""

import errno
import json
import os
import signal
import sys
import time
from pathlib import Path
from types import SimpleNamespace

from nesdb_annot.errors import disk_error
from nesdb_annot.records import MethodScore, ScoredSegment, ScoredSequence
from nesdb_annot.residues import ResidueSpan
from nesdb_annot.settings import Settings
from nesdb_annot.workflow.protein_scorer import ScoredChunk

SLEEP = "NESANNOT_TEST_SLEEP_S"
"""Seconds for each sequence."""

LOG = "NESANNOT_TEST_LOG"
"""File to which each attempt at a sequence adds its first residues."""


QUICK = {"heartbeat_s": 0.4, "silent_s": 1.5, "rescue_s": 0.3, "poll_s": 0.3, "grace_s": 0.5}


def score(digest, residues):
    with Path(os.environ[LOG]).open("a") as log:
        log.write(f"{residues[:6]}\n")
    time.sleep(float(os.environ.get(SLEEP, "0")))
    if residues.startswith("RAISE"):
        return ScoredSequence(digest, error="ValueError: poisonous")
    if residues.startswith("CRASH"):
        raise RuntimeError("the whole chunk fails")
    if residues.startswith("FULL"):
        raise OSError(errno.ENOSPC, "No space left on device")
    if residues.startswith("TERM") and not (terminated := Path(os.environ[LOG]).with_name("terminated")).exists():
        terminated.touch()
        os.kill(os.getpid(), signal.SIGTERM)
    if residues.startswith("DIES"):
        os.kill(os.getpid(), signal.SIGKILL)
    if residues.startswith("KILLS"):
        os.kill(os.getppid(), signal.SIGKILL)
        time.sleep(60)
    probability = residues.count("L") / len(residues)
    scores = (MethodScore("combined", raw=probability, calibrated=probability),)
    return ScoredSequence(digest, (ScoredSegment(ResidueSpan(1, 5), bytes(8), 0.0, 0.0, scores),), 0.0)


def score_chunk(chunk):
    done = ScoredChunk(0)
    try:
        for digest, residues in chunk:
            done.add(score(digest, residues), residues)
    except OSError as error:
        done.stopped = disk_error(error)
    return done


def build(_settings, _payload, _stated, _embedder):
    return score_chunk


def main(url, directory, options):
    from nesdb_annot.jobs.service import run_worker

    from nesdb_annot.workflow import queue_scoring
    from nesdb_annot.workflow.queue_worker import Pace

    sys.modules["fake_scorer"] = sys.modules["__main__"]
    import fake_scorer

    queue_scoring.build_scorer = fake_scorer.build
    queue_scoring.heads_for = lambda *_: SimpleNamespace(configuration_id=1, payload=b"", portable=None)
    told = json.loads(options)
    pace = Pace(**told.pop("pace", QUICK))
    settings = Settings(database_url=url, data_dir=Path(directory), cache_dir=Path(directory))
    number = run_worker(settings, pace=pace, note=lambda text: print(text, flush=True), **told)
    sys.exit(128 + number if number else 0)


if __name__ == "__main__":
    main(*sys.argv[1:])
