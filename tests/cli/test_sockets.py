"""No command opens a socket that its user did not ask for: neither Python nor a worker nor a library within it."""

import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.xdist_group("demo")

WATCH = """
import os, sys

def watch(event, arguments):
    if event in ("socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto", "socket.bind"):
        address = arguments[1] if event in ("socket.connect", "socket.sendto", "socket.bind") else arguments[0]
        if not isinstance(address, (str, bytes)) or event.startswith("socket.get"):
            with open(os.environ["SEEN_SOCKETS"], "a") as out:
                out.write(f"{event} {address}\\n")

sys.addaudithook(watch)
"""


@pytest.fixture(scope="module")
def sampled(nesannot):
    """The sample is there and scored, whichever test comes first."""
    assert nesannot("demo").returncode == 0


@pytest.fixture
def watched(home, sampled, tmp_path):
    """Run `nesannot` with every Python process of it watched; gives the process and what was seen."""
    (tmp_path / "sitecustomize.py").write_text(WATCH)
    seen = tmp_path / "seen"

    def call(*words, **more):
        seen.write_text("")
        environment = home | {"PYTHONPATH": str(tmp_path), "SEEN_SOCKETS": str(seen)} | more
        command = [sys.executable, "-c", "from nesdb_annot.cli.main import main; main()", *words]
        done = subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, text=True, check=False)
        return done, seen.read_text()

    return call


@pytest.mark.parametrize("call", ["demo", "rank sample", "runs", "db status", "models list", "info", "--help"])
def test_commands_open_no_socket(watched, call):
    done, seen = watched(*call.split())
    assert done.returncode == 0, done.stderr
    assert seen == ""


def test_scoring_in_worker_processes_opens_no_socket(watched):
    watched("demo")
    done, seen = watched("score", "sample", "--again", "--workers", "2")
    assert done.returncode == 0, done.stderr
    assert seen == ""


def test_the_watch_would_see_one(watched):
    done, seen = watched("ingest", "proteome", "UP000005640", NESANNOT_UNIPROT_URL="http://127.0.0.1:9")
    assert done.returncode == 75, done.stderr
    assert "127.0.0.1" in seen


def test_offline_refuses_before_any_socket(watched):
    done, seen = watched("--offline", "ingest", "uniprot")
    assert done.returncode == 78
    assert seen == ""


def test_nothing_is_written_into_the_home_directory(watched, home):
    watched("demo")
    found = {path.name for path in Path(home["HOME"]).iterdir()}
    assert found <= {"data", "cache"}
