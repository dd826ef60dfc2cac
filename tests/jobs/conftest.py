"""A deferred run of small sequences, and workers as processes of their own."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from nesdb_annot.records import LanguageModelIdentity, MethodIdentity, ProteinRecord, Release, SegmentationIdentity
from nesdb_annot.store.analyst import run_sql
from nesdb_annot.store.configurations import ensure_configuration
from nesdb_annot.store.proteomes import ProteomeKey, ingest_release, proteome_of
from nesdb_annot.store.queue_units import queue_scoring
from nesdb_annot.store.runs import find_run, start_run

FAKE = Path(__file__).with_name("fake_scorer.py")


class Deferral:
    """A proteome of these sequences, scored by workers."""

    def __init__(self, store, settings, directory, eventually):
        self.store, self.settings, self.directory, self.eventually = store, settings, directory, eventually
        self.log = directory / "attempts.log"
        self.log.touch()
        self.workers = []

    def defer(self, sequences, *, per_chunk=40, again=False):
        model = LanguageModelIdentity("tiny", 6, 4, "a" * 64, "full length")
        methods = [MethodIdentity("combined", 1)]
        configuration = ensure_configuration(self.store, "NES", model, SegmentationIdentity("lattice", 1), methods, "")
        run_id = start_run(self.store, "ingest", {})
        records = [ProteinRecord(f"P{n}", residues, f"sp|P{n}|X") for n, residues in enumerate(sequences)]
        ingest_release(self.store, ProteomeKey("UPX"), Release("r1"), records, run_id)
        found = proteome_of(self.store, "UPX")
        told = {"proteome": "UPX", "release": "r1", "model": "bundled", "layer": -1, "segmentation": "lattice"}
        counts = {"residues_total": sum(map(len, sequences)), "residues": 0, "segments": 0, "failed": 0}
        return queue_scoring(
            self.store,
            configuration,
            (found.id, found.release_id),
            told | {"head_set": ""},
            counts,
            residues_per_chunk=per_chunk,
            again=again,
        )

    def worker(self, *, sleep_s=0.0, **options):
        """Start a worker process."""
        environment = os.environ | {"NESANNOT_TEST_SLEEP_S": str(sleep_s), "NESANNOT_TEST_LOG": str(self.log)}
        command = [sys.executable, str(FAKE), self.settings.database_url, str(self.directory), json.dumps(options)]
        told = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
        process = subprocess.Popen(command, env=environment, start_new_session=True, **told)
        self.workers.append(process)
        return process

    def attempts(self, start):
        """How often a sequence that begins like that was tried."""
        return sum(line.startswith(start) for line in self.log.read_text().splitlines())

    def run(self, run_id):
        return find_run(self.store, run_id)

    def rows(self, text):
        return list(run_sql(self.store, text).rows)

    def wait_until(self, true):
        """Seconds until `true()` is; fails if it never is, and says which workers have ended."""
        return self.eventually(true, said=lambda: [one.poll() for one in self.workers])


@pytest.fixture
def deferral(store, settings, tmp_path, eventually):
    made = Deferral(store, settings, tmp_path, eventually)
    yield made
    for worker in made.workers:
        if worker.poll() is None:
            worker.kill()
        worker.stdout.close()
        worker.wait()
