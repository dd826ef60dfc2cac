"""What the workers of test_workers.py do, in a module that a spawned process can import by name."""

import os
import time

from nesdb_annot.errors import ConfigurationError


class Doubler:
    """The object of one worker."""

    def __init__(self, factor):
        self.factor = factor

    def __call__(self, chunk):
        if chunk == "die":
            os._exit(9)
        if chunk == "raise":
            raise ValueError("chunk is bad")
        if chunk == "configure":
            raise ConfigurationError("no weights", remedy="fetch them")
        if chunk == "threads":
            return os.environ["OMP_NUM_THREADS"]
        if chunk == "sleep":
            time.sleep(60)
        return os.getpid(), chunk * self.factor


def unbuildable(_):
    raise ConfigurationError("no weights", remedy="fetch them")


def dead_at_once(_):
    os._exit(3)
