"""What the queue itself costs: many chunks with nothing in them, through deferring, fetching, beginning and finishing.

``NESANNOT_DATABASE_URL=... python tests/benchmarks/queue_overhead.py [CHUNKS] [CONCURRENCY]`` prints milliseconds for
each chunk. It writes a run, and removes it; without a URL the embedded server below NESANNOT_DATA_DIR is used.
"""

import json
import sys
import time
from types import SimpleNamespace

from nesdb_annot.jobs.service import run_worker

from nesdb_annot.settings import load_settings
from nesdb_annot.store.engine import open_store
from nesdb_annot.store.queries import execute
from nesdb_annot.store.queue import SCORE_UNIT, SCORING
from nesdb_annot.store.runs import add_run, find_run
from nesdb_annot.workflow import queue_scoring

EMPTY = """
INSERT INTO nesannot.work_unit (run_id, number, sequence_ids, residues)
SELECT %s, n, '{}', 0 FROM generate_series(1, %s) n
"""


def main(chunks: int = 10_000, concurrency: int = 1) -> None:
    """Defer and work off `chunks` empty chunks."""
    settings = load_settings().settings
    queue_scoring.heads_for = lambda *_: SimpleNamespace(configuration_id=0, payload=b"", portable=None)
    told = {"configuration": 0, "model": "bundled", "layer": -1, "segmentation": "lattice", "head_set": ""}
    with open_store(settings, migrate=True) as store:
        began = time.perf_counter()
        with store.transaction() as connection:
            run_id = add_run(connection, store, "score", told, queued=True, counts={"residues": 0})
            connection.exec_driver_sql(EMPTY, (run_id, chunks))
            execute(connection, "defer_units", run_id=run_id, queue=SCORING, task=SCORE_UNIT)
        with store.transaction() as connection:
            execute(connection, "refresh_statistics")
        deferred = time.perf_counter()
        run_worker(settings, concurrency=concurrency, until_empty=True)
        run = find_run(store, run_id)
        seconds = {"defer": deferred - began, "work": run.seconds}
        left = connection_count(store)
        with store.transaction() as connection:
            connection.exec_driver_sql("DELETE FROM nesannot.run WHERE id = %s", (run_id,))
    per_chunk = {name: round(1000 * value / chunks, 2) for name, value in seconds.items()}
    found = {"chunks": chunks, "concurrency": concurrency, "ms_per_chunk": per_chunk}
    print(json.dumps(found | {"jobs_left": left, "run": run.status}))


def connection_count(store) -> int:
    """Jobs that are left in the queue's table."""
    with store.transaction() as connection:
        return connection.exec_driver_sql("SELECT count(*) FROM queue.procrastinate_jobs").scalar_one()


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
