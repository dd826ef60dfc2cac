"""Ctrl-C and SIGTERM: the exit code of the signal, a run marked as stopped, and no process left behind."""

import os
import signal
import subprocess
import sys
import time

import pytest

pytestmark = pytest.mark.xdist_group("demo")


@pytest.fixture(scope="module")
def ingested(nesannot, tmp_path_factory):
    fasta = tmp_path_factory.mktemp("many") / "many.fasta"
    body = "MKLVRSTEDQPLALKLAGLDINKTWYFHC" * 25
    fasta.write_text("".join(f">P{n}\n{body}{'A' * (n % 97)}{'L' * (n % 89)}\n" for n in range(1, 1500)))
    assert nesannot("ingest", "proteome", fasta, "--name", "many").returncode == 0


def gone(group):
    """Whether all processes of a group have ended."""
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return True
    return False


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_stopped_score_says_so_and_leaves_nothing_behind(ingested, nesannot, home, eventually, number, code):
    command = [sys.executable, "-c", "from nesdb_annot.cli.main import main; main()", "score", "many", "--workers", "2"]
    with subprocess.Popen(command, env=home, stderr=subprocess.PIPE, text=True, start_new_session=True) as process:
        eventually(lambda: "running" in nesannot("runs", "--limit", "1").stdout, 180)
        time.sleep(1)  # into the first chunks
        process.send_signal(number)
        _, said = process.communicate(timeout=60)
    assert process.returncode == code, said
    assert "the next run goes on from here" in said
    assert "Traceback" not in said
    assert nesannot("runs", "--limit", "1").stdout.splitlines()[1].split()[3] == "stopped"
    eventually(lambda: gone(process.pid))
