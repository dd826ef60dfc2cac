"""A growing file: what was recorded survives, what was not is cut off, and nobody else's file is taken for it."""

import errno
import os
from dataclasses import replace
from datetime import date

import pytest

from nesdb_annot.errors import CannotWriteError
from nesdb_annot.records import Release
from nesdb_annot.sources.download import Download, GrowingFile, Progress, as_release

BEGIN = Progress("question", "2026_02", "2026-06-10", total=4)
ONE = replace(BEGIN, records=2, size=6, next_url="u")
TWO = replace(BEGIN, records=4, size=12)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "cache" / "x.fasta"


@pytest.fixture
def half(path):
    growing = GrowingFile(path)
    growing.append(b">a\nMK\n", BEGIN, ONE)
    return growing


def test_nothing_stands_under_the_name_before_the_end(path, half):
    assert not path.exists()
    half.append(b">b\nML\n", ONE, TWO)
    assert not path.exists()
    assert half.finish(TWO) == Download(path, Release("2026_02", date(2026, 6, 10)), 4)
    assert path.read_bytes() == b">a\nMK\n>b\nML\n"


def test_another_process_goes_on(path, half):
    progress = GrowingFile(path).resume(BEGIN)
    assert progress == ONE
    GrowingFile(path).append(b">b\nML\n", progress, TWO)
    GrowingFile(path).finish(TWO)
    assert path.read_bytes() == b">a\nMK\n>b\nML\n"


@pytest.mark.parametrize("change", [{"question": "other"}, {"release": "2026_03"}, {"total": 5}])
def test_another_question_release_or_total_begins_anew(path, half, change):
    assert GrowingFile(path).resume(replace(BEGIN, **change)) is None


def test_a_part_that_is_shorter_than_recorded_begins_anew(path, half):
    (part,) = path.parent.glob("*.part")
    part.write_bytes(b">a")
    assert half.resume(BEGIN) is None
    part.unlink()
    assert half.resume(BEGIN) is None


def test_a_part_that_is_longer_than_recorded_is_cut(path, half):
    (part,) = path.parent.glob("*.part")
    part.write_bytes(part.read_bytes() + b">half of the next")
    half.append(b">b\nML\n", half.resume(BEGIN), TWO)
    assert half.finish(TWO).path.read_bytes() == b">a\nMK\n>b\nML\n"


def test_a_state_of_another_shape_begins_anew(path, half):
    (state,) = path.parent.glob("*.state.json")
    state.write_text(state.read_text().replace('"size"', '"bytes"'))
    assert half.resume(BEGIN) is None


def test_what_is_complete_is_known_by_question_number_and_digest(path, half):
    half.append(b">b\nML\n", ONE, TWO)
    done = half.finish(TWO)
    assert GrowingFile(path).complete("question", 4) == done
    assert GrowingFile(path).complete("other", 4) is None
    assert GrowingFile(path).complete("question", 5) is None
    path.write_bytes(b">a\nMK\n>b\nMW\n")
    assert GrowingFile(path).complete("question", 4) is None
    path.unlink()
    assert GrowingFile(path).complete("question", 4) is None


def test_discarding_leaves_nothing(path, half):
    half.discard()
    assert list(path.parent.iterdir()) == []
    half.discard()


def test_a_full_disk_is_said_and_what_was_recorded_stays(path, half, monkeypatch):
    def full(_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        with pytest.raises(CannotWriteError, match=r"x\.fasta cannot be written") as caught:
            half.append(b">b\nML\n", ONE, TWO)
    assert "No space left" in caught.value.why
    assert half.resume(BEGIN) == ONE


def test_a_cache_that_cannot_be_made(tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(CannotWriteError) as caught:
        GrowingFile(tmp_path / "file" / "x.fasta")
    assert "NESANNOT_CACHE_DIR" in caught.value.remedy


def test_finishing_what_is_not_there(path):
    with pytest.raises(CannotWriteError, match="cannot be written"):
        GrowingFile(path).finish(TWO)


def test_releases_without_a_date():
    assert as_release("2026_02", "") == Release("2026_02")
