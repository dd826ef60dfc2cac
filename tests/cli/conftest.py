"""The command line as a user calls it: in a process of its own, or, where that is not the point, in this one."""

import os
import subprocess
import sys

import pytest
from typer.testing import CliRunner

from nesdb_annot.cli.main import app


@pytest.fixture(scope="module")
def home(tmp_path_factory, module_database_url, cache_in):
    """Environment of a user with an empty migrated database and directories of their own."""
    directory = tmp_path_factory.mktemp("home")
    kept = {name: value for name, value in os.environ.items() if not name.startswith("NESANNOT_")}
    return kept | {
        "HOME": str(directory),
        "NESANNOT_DATABASE_URL": module_database_url,
        "NESANNOT_DATA_DIR": str(directory / "data"),
        "NESANNOT_CACHE_DIR": str(cache_in(directory)),
        "NESANNOT_WORKERS": "1",
    }


@pytest.fixture(scope="module")
def nesannot(home):
    """Run `nesannot` with these words; gives the finished process."""

    def call(*words, **environment):
        command = [sys.executable, "-c", "from nesdb_annot.cli.main import main; main()", *map(str, words)]
        return subprocess.run(
            command,
            env=home | environment,
            cwd=home["HOME"],
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )

    return call


@pytest.fixture
def invoke(settings, monkeypatch):
    """Run the command line in this process, offline, with this test's database and directories; gives what happened."""
    named = {"DATABASE_URL": settings.database_url, "DATA_DIR": settings.data_dir, "CACHE_DIR": settings.cache_dir}
    for name, value in (named | {"OFFLINE": 1}).items():
        monkeypatch.setenv(f"NESANNOT_{name}", str(value))
    return lambda *words: CliRunner().invoke(app, words)
