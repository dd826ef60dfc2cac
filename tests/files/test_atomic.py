"""A file has its name only when it is complete, whatever happens on the way."""

import errno
import os

import pytest

from nesdb_annot.errors import CannotWriteError
from nesdb_annot.files import atomic
from nesdb_annot.files.atomic import atomic_file, write_atomically, write_errors_named


def names(directory):
    return sorted(path.name for path in directory.iterdir())


@pytest.mark.parametrize(("content", "stored"), [(b"\0\xff", b"\0\xff"), ("\u03b1\r\n", "\u03b1\r\n".encode())])
def test_content_is_stored_unchanged(tmp_path, content, stored):
    write_atomically(tmp_path / "x", content)
    assert (tmp_path / "x").read_bytes() == stored
    assert names(tmp_path) == ["x"]


def test_an_error_before_the_end_keeps_the_old_file(tmp_path):
    write_atomically(tmp_path / "x", "old")
    with pytest.raises(KeyboardInterrupt), atomic_file(tmp_path / "x") as temporary:
        temporary.write_text("half")
        raise KeyboardInterrupt
    assert (tmp_path / "x").read_text() == "old"
    assert names(tmp_path) == ["x"]


def test_two_writers_do_not_disturb_each_other(tmp_path):
    with atomic_file(tmp_path / "x") as first, atomic_file(tmp_path / "x") as second:
        first.write_text("first")
        second.write_text("second")
    assert (tmp_path / "x").read_text() == "first"
    assert names(tmp_path) == ["x"]


def test_a_full_disk_names_the_file_and_leaves_nothing(tmp_path, monkeypatch):
    def full(_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(atomic.os, "fsync", full)
    path = tmp_path / "x"
    with pytest.raises(CannotWriteError, match="x cannot be written") as caught, write_errors_named(path, "do this"):
        write_atomically(path, "new")
    assert (caught.value.why, caught.value.remedy) == (os.strerror(errno.ENOSPC), "do this")
    assert names(tmp_path) == []
