"""What becomes of a chunk when memory, a disk or one sequence fails."""

import errno

import numpy as np
import pytest

from nesdb_annot.errors import CannotWriteError
from nesdb_annot.records import ScoredSequence
from nesdb_annot.workflow.protein_scorer import ProteinScorer

CHUNK = [("1", "MKA"), ("2", "MKC"), ("3", "MKD")]


class Scorer(ProteinScorer):
    """A scorer whose embedding and scoring fail where the test says so."""

    def __init__(self, embedding=lambda residues, alone: None, scoring=lambda residues: None):
        self.embedding, self.scoring, self.embedder = embedding, scoring, self

    def embed(self, sequences):
        batch = list(sequences)
        for residues in batch:
            self.embedding(residues, len(batch) == 1)
            yield np.zeros((len(residues), 2), dtype=np.float32)

    def score(self, digest, residues, embedding):
        self.scoring(residues)
        return ScoredSequence(digest)


def failing(at, error, times=10**9):
    left = [times]

    def fail(residues, *_):
        if residues == at and left[0] > 0:
            left[0] -= 1
            raise error

    return fail


def test_sequence_that_lacks_memory_among_others_is_scored_alone():
    def too_little(residues, alone):
        if residues == "MKC" and not alone:
            raise MemoryError

    done = Scorer(embedding=too_little)(CHUNK)
    assert [(one.digest, one.error) for one in done.sequences] == [("1", ""), ("2", ""), ("3", "")]
    done = Scorer(scoring=failing("MKC", MemoryError(), times=1))(CHUNK)
    assert [(one.digest, one.error) for one in done.sequences] == [("1", ""), ("3", ""), ("2", "")]


def test_sequence_that_lacks_memory_alone_fails_with_that_reason():
    done = Scorer(embedding=lambda residues, _: failing("MKC", MemoryError("too long"))(residues))(CHUNK)
    assert {one.digest: one.error for one in done.sequences} == {
        "1": "",
        "2": "not enough memory for this sequence alone: too long",
        "3": "",
    }
    assert done.residues == 9


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO, errno.EDQUOT])
def test_full_disk_ends_the_chunk_and_keeps_what_is_finished(number):
    done = Scorer(scoring=failing("MKC", OSError(number, "no")))(CHUNK)
    assert [(one.digest, one.error) for one in done.sequences] == [("1", "")]
    assert isinstance(done.stopped, CannotWriteError)
    assert done.residues == 3


def test_full_disk_behind_another_error_counts_for_no_sequence():
    error = ValueError("wrapped")
    error.__cause__ = OSError(errno.ENOSPC, "No space left on device")
    done = Scorer(scoring=failing("MKC", error))(CHUNK)
    assert isinstance(done.stopped, CannotWriteError)
    assert len(done.sequences) == 1


def test_other_errors_fail_their_sequence_only():
    done = Scorer(scoring=failing("MKC", ValueError("odd")))(CHUNK)
    assert [one.error for one in done.sequences] == ["", "ValueError: odd", ""]
    assert done.stopped is None


@pytest.mark.parametrize("signal", [KeyboardInterrupt, SystemExit])
def test_signals_count_for_no_sequence(signal):
    with pytest.raises(signal):
        Scorer(scoring=failing("MKC", signal()))(CHUNK)
