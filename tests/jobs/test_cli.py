"""What a user types: --queue, runs show, runs retry, compare, worker."""

import pytest
from typer.testing import CliRunner

from nesdb_annot.cli.main import app
from nesdb_annot.errors import FailedJobsError, UsageError
from nesdb_annot.store.runs import run


@pytest.fixture
def call(settings, monkeypatch, tmp_path):
    for name in ("database_url", "data_dir", "cache_dir"):
        monkeypatch.setenv(f"NESANNOT_{name.upper()}", str(getattr(settings, name)))
    monkeypatch.chdir(tmp_path)
    return lambda *words: CliRunner().invoke(app, list(map(str, words)))


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("score", "X", "--queue", "--device", "cpu"), "each worker chooses its own"),
        (("ingest", "proteome", "x.fasta", "--queue", "--rejects", "r.tsv"), "where the worker runs"),
        (("ingest", "references", "-", "--queue"), "a file that the worker can read"),
        (("worker", "--only", "nothing"), "--only scoring or commands"),
        (("runs", "show", "7"), "there is no run 7"),
        (("runs", "retry", "7"), "there is no run 7"),
        (("compare", "7", "8"), "there is no run 7"),
    ],
)
def test_what_cannot_be_is_a_wrong_call(call, words, said):
    ended = call(*words)
    assert isinstance(ended.exception, UsageError), ended.output
    assert said in str(ended.exception)


def test_a_deferred_ingest_is_done_by_a_worker(call, store, tmp_path):
    fasta = tmp_path / "small.fasta"
    fasta.write_text(">P1\nMKLVLLALLDI\n>P2\nMKLVINTKWYF\n")
    assert call("ingest", "proteome", "small.fasta", "--name", "small", "--queue").exit_code == 0
    assert "queued" in call("runs").output
    assert call("worker", "--until-empty", "--only", "scoring", "--quiet").exit_code == 0
    assert "queued" in call("runs").output, "a worker for chunks leaves commands alone"
    assert call("worker", "--until-empty", "--quiet").exit_code == 0
    listed = call("runs").output.splitlines()
    assert len(listed) == 2
    assert "done" in listed[1]
    assert "proteins 2" in listed[1]
    shown = call("runs", "show", "1").output
    assert str(fasta) in shown
    assert "workers" in shown


def test_a_deferred_ingest_of_a_file_that_is_gone_says_so(call, tmp_path):
    said = call("ingest", "proteome", "nowhere.fasta", "--name", "small", "--queue").output
    assert "there is no file nowhere.fasta here" in said
    ended = call("worker", "--until-empty", "--quiet").exception
    assert isinstance(ended, FailedJobsError)
    assert ended.exit_code == 1
    assert str(ended).startswith("1 job failed of those that this worker took")
    assert "nesannot runs show 1 says why, nesannot runs retry 1 does it again" in ended.remedy
    shown = call("runs", "show", "1").output
    assert "failed" in shown
    assert "there is no file" in shown
    (tmp_path / "nowhere.fasta").write_text(">P1\nMKLVLLALLDI\n")
    call("runs", "retry", "1")
    assert call("worker", "--until-empty", "--quiet").exit_code == 0
    assert "done" in call("runs", "show", "1").output


def test_a_worker_that_takes_one_job_ends_as_ever_where_it_failed(call):
    call("ingest", "proteome", "nowhere.fasta", "--name", "small", "--queue")
    assert call("worker", "--one-shot", "--quiet").exit_code == 0
    assert "failed" in call("runs", "show", "1").output


@pytest.mark.parametrize("source", ["UP000000001", "@accessions.txt"])
def test_what_a_worker_fetches_is_no_missing_file(call, store, source):
    assert "no file" not in call("ingest", "proteome", source, "--name", "small", "--queue").output


def test_errors_are_shown_on_one_line(call, store):
    with pytest.raises(UsageError), run(store, "rank", {}):
        raise UsageError("nothing to rank", remedy="nesannot score X")
    (line,) = [line for line in call("runs", "show", "1").output.splitlines() if line.startswith("error")]
    assert line.split("  ", 1)[1].strip() == "nothing to rank; try: nesannot score X"


def test_two_runs_are_compared(call, store):
    for layer in (3, 6):
        with run(store, "score", {"layer": layer, "model": "bundled"}):
            pass
    told = call("compare", "1", "2")
    assert told.exit_code == 0
    assert "setting layer" in told.output
    assert "setting model" not in told.output
