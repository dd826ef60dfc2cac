"""A file stands under its name only when it is complete."""

import errno
import os
import stat

import pytest

from nesdb_annot.errors import CannotWriteError, InputError
from nesdb_annot.files import atomic
from nesdb_annot.formats.writing import open_output


def leftovers(directory):
    return sorted(path.name for path in directory.iterdir())


def test_nothing_stands_there_before_the_end(tmp_path):
    path = tmp_path / "out.tsv"
    with open_output(path) as out:
        out.write("x\n")
        assert not path.exists()
    assert path.read_text() == "x\n"
    assert leftovers(tmp_path) == ["out.tsv"]


@pytest.mark.parametrize("error", [InputError("bad"), KeyboardInterrupt(), ValueError("x")])
def test_an_error_leaves_what_stood_there(tmp_path, error):
    path = tmp_path / "out.tsv"
    path.write_text("old")
    with pytest.raises(type(error)), open_output(path, force=True) as out:
        out.write("half")
        raise error
    assert path.read_text() == "old"
    assert leftovers(tmp_path) == ["out.tsv"]


def test_disk_full(tmp_path, monkeypatch):
    def full(_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(atomic.os, "fsync", full)
    with pytest.raises(CannotWriteError, match="cannot be written") as caught, open_output(tmp_path / "out.tsv") as out:
        out.write("x")
    assert caught.value.exit_code == 73
    assert "No space left" in caught.value.why
    assert leftovers(tmp_path) == []


def test_missing_directory(tmp_path):
    with pytest.raises(CannotWriteError) as caught, open_output(tmp_path / "no" / "out.tsv"):
        pass
    assert "mkdir -p" in caught.value.remedy


def test_no_permission(tmp_path, monkeypatch):
    def refuse(*_, **__):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    monkeypatch.setattr(atomic.tempfile, "mkstemp", refuse)
    with pytest.raises(CannotWriteError) as caught, open_output(tmp_path / "out.tsv"):
        pass
    assert "you may write" in caught.value.remedy


def test_permissions_follow_the_umask(tmp_path):
    before = os.umask(0o027)
    try:
        with open_output(tmp_path / "out.tsv") as out:
            out.write("x")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "out.tsv").stat().st_mode) == 0o640


def test_line_ends_are_not_translated(tmp_path):
    with open_output(tmp_path / "x") as out:
        out.write("a\nb\r\n")
    assert (tmp_path / "x").read_bytes() == b"a\nb\r\n"
