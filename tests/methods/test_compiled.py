"""Machine code is kept in the user's cache directory, and a place that cannot be written does no harm."""

import errno
import os
import subprocess
import sys

import pytest

FIND = "from nesdb_annot.methods.patterns import find_hits; print(len(find_hits('SNELALKLAGLDI')))"


def run(cache, variable="NESANNOT_CACHE_DIR"):
    environment = {k: v for k, v in os.environ.items() if k not in ("NUMBA_CACHE_DIR", "NESANNOT_CACHE_DIR")}
    done = subprocess.run(
        [sys.executable, "-c", FIND],
        env={**environment, variable: str(cache)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.strip() == "2", done.stderr


@pytest.mark.parametrize(("variable", "below"), [("NESANNOT_CACHE_DIR", "numba"), ("NUMBA_CACHE_DIR", "")])
def test_code_is_cached_where_asked(tmp_path, variable, below):
    run(tmp_path / "cache", variable)
    assert list((tmp_path / "cache" / below).rglob("*.nbi"))


def test_a_cache_that_cannot_be_made_does_no_harm(tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("in the way")
    run(blocked / "cache")


def test_numba_cache_that_becomes_full_does_no_harm(tmp_path, monkeypatch):
    import numba.core.caching

    from nesdb_annot import compiled as module

    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(module, "cache_directory", lambda: tmp_path)
    monkeypatch.setattr(numba.core.caching.Cache, "_save_overload", full)
    kernel = module.compiled(_sum)
    assert kernel(2, 3) == 5
    assert kernel.stats.cache_hits == {}


def test_numba_cache_without_a_place_to_write_is_done_without(tmp_path, monkeypatch):
    from nesdb_annot import compiled as module

    (tmp_path / "file").write_text("")
    monkeypatch.setattr(module, "cache_directory", lambda: tmp_path / "file")
    assert module.compiled(_sum)(2, 3) == 5


def _sum(one, other):
    return one + other


def test_importing_the_pattern_table_does_not_import_numba():
    code = (
        "import sys; import nesdb_annot.methods.consensus, nesdb_annot.segmentation.factory;"
        "print([m for m in ('numba', 'ruptures', 'scipy') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
