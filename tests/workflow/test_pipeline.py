"""Reading ahead and writing behind: order, bounds, errors in both directions, and nothing computed is lost."""

import threading
import time
from contextlib import closing

import pytest

from nesdb_annot.workflow.pipeline import WriteBehind, read_ahead


def threads(name):
    return [thread for thread in threading.enumerate() if thread.name == name and thread.is_alive()]


def test_all_comes_in_order():
    assert list(read_ahead(range(500), depth=3)) == list(range(500))


def test_reading_is_on_another_thread_and_no_further_ahead_than_promised():
    made, where = [], set()

    def source():
        for n in range(50):
            made.append(n)
            where.add(threading.current_thread().name)
            yield n

    with closing(read_ahead(source(), depth=3)) as ahead:
        assert next(ahead) == 0
        time.sleep(0.3)
        assert len(made) <= 5  # the one taken, three that wait, one in the hand
    assert where == {"reader"}


def test_the_reader_is_gone_after_leaving_early():
    with closing(read_ahead(iter(int, 1), depth=1)) as ahead:
        next(ahead)
    assert threads("reader") == []


def test_an_error_of_the_source_comes_after_what_it_gave():
    def source():
        yield 1
        raise ValueError("torn page")

    ahead = read_ahead(source(), depth=5)
    assert next(ahead) == 1
    with pytest.raises(ValueError, match="torn page"):
        next(ahead)


def test_everything_is_written_in_order_on_one_other_thread():
    written = []
    with WriteBehind(lambda n: written.append((n, threading.current_thread().name)), depth=2) as behind:
        for n in range(100):
            behind.put(n)
    assert written == [(n, "writer") for n in range(100)]
    assert threads("writer") == []


def test_putting_waits_only_when_the_queue_is_full():
    go_on = threading.Event()
    with WriteBehind(lambda n: go_on.wait(10), depth=3) as behind:
        begun = time.monotonic()
        for n in range(4):  # one is being written, three wait
            behind.put(n)
        assert time.monotonic() - begun < 5
        threading.Timer(0.4, go_on.set).start()
        behind.put(4)
        assert time.monotonic() - begun >= 0.3


def failing_at(wanted, written):
    def write(n):
        if n == wanted:
            raise OSError("disk is full")
        written.append(n)

    return write


def test_an_error_of_the_writer_stops_the_next_put():
    written = []

    def endless():
        with WriteBehind(failing_at(3, written), depth=1) as behind:
            for n in range(1000):
                behind.put(n)

    with pytest.raises(OSError, match="disk is full"):
        endless()
    assert written == [0, 1, 2]


def test_an_error_with_the_last_one_is_raised_by_leaving():
    with pytest.raises(OSError, match="disk is full"), WriteBehind(failing_at(0, []), depth=5) as behind:
        behind.put(0)


@pytest.mark.parametrize("stop", [KeyboardInterrupt, SystemExit, ValueError])
def test_what_was_computed_is_written_when_the_block_is_stopped(stop):
    written = []

    def slowly(n):
        time.sleep(0.05)
        written.append(n)

    def stopped():
        with WriteBehind(slowly, depth=5) as behind:
            for n in range(5):
                behind.put(n)
            raise stop

    with pytest.raises(stop):
        stopped()
    assert written == list(range(5))


def test_the_error_of_the_block_comes_first_and_names_the_writers():
    def both():
        with WriteBehind(failing_at(0, []), depth=5) as behind:
            behind.put(0)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt) as caught:
        both()
    assert "disk is full" in caught.value.__notes__[0]
