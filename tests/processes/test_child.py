"""A process that may die: what it answers, and what is heard of its end."""

import multiprocessing
import sys
from pathlib import Path

import pytest

from nesdb_annot.errors import ConfigurationError
from nesdb_annot.processes.child import Child, ChildDiedError, StoppedError

sys.path.insert(0, str(Path(__file__).parent))  # spawned processes inherit it
from chunk_work import Doubler, unbuildable


@pytest.fixture
def child():
    made = Child(Doubler, (2,))
    yield made
    made.kill()
    assert multiprocessing.active_children() == []


def test_one_process_answers_chunk_after_chunk(child):
    answers = [child.ask(n) for n in range(3)]
    assert [answer for _, answer in answers] == [0, 2, 4]
    assert len({pid for pid, _ in answers}) == 1


@pytest.mark.parametrize(
    ("chunk", "error", "text"),
    [
        ("raise", ChildDiedError, "chunk is bad"),
        ("configure", ConfigurationError, "fetch them"),
        ("die", ChildDiedError, "exit code 9"),
    ],
)
def test_failures_are_errors_here_and_the_next_chunk_gets_a_new_process(child, chunk, error, text):
    with pytest.raises(error, match=text):
        child.ask(chunk)
    assert child.ask(21)[1] == 42


def test_who_is_no_longer_waited_for_is_ended(child):
    with pytest.raises(StoppedError):
        child.ask("sleep", lambda: True)
    assert multiprocessing.active_children() == []


def test_what_it_said_before_it_left_is_heard_by_who_asks_later():
    child = Child(unbuildable, (2,))
    child._running().process.join(60)
    with pytest.raises(ConfigurationError, match="fetch them"):
        child.ask(1)
    assert multiprocessing.active_children() == []
