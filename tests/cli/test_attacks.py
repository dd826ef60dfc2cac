"""What a newcomer's accident or somebody's intent could do: SQL that reaches out, odd places, odd names."""

import os
import stat
from pathlib import Path

import pytest

from nesdb_annot.errors import CannotWriteError
from nesdb_annot.formats.writing import check_place, open_output


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("copy (select 1) to program 'touch {there}'", "gives no table"),
        ("copy (select 1) to '{there}'", "gives no table"),
        ("do $$begin perform 1; end$$", "gives no table"),
        ("begin", "gives no table"),
        ("", "gives no table"),
        ("select 1; drop schema nes cascade", "multiple commands"),
        ("select pg_read_file('/etc/passwd')", "permission denied"),
        ("select set_config('role', 'postgres', true), pg_read_file('/etc/passwd')", "permission denied"),
        ("select lo_import('/etc/passwd')", ""),
        ("select pg_reload_conf()", "permission denied"),
    ],
)
def test_sql_reads_tables_and_nothing_else(nesannot, tmp_path, text, said, embedded_server):
    if os.environ.get("NESANNOT_TEST_DATABASE_URL"):
        pytest.skip("a given server's role may be a superuser")
    there = tmp_path / "pwned"
    done = nesannot("sql", text.replace("{there}", str(there)))
    assert done.returncode == 65, done.stderr
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert "root:" not in done.stdout
    assert not there.exists()


def test_a_data_directory_may_have_a_blank_in_its_name(nesannot, tmp_path):
    place = tmp_path / "my data"
    environment = {"NESANNOT_DATABASE_URL": "", "NESANNOT_DATA_DIR": str(place)}
    try:
        done = nesannot("db", "up", **environment)
        assert done.returncode == 0, done.stderr
        line = nesannot("db", "url", **environment).stdout
        assert "+" not in line
    finally:
        nesannot("db", "stop", **environment)


def test_a_link_stays_a_link_and_a_pipe_is_written_into(tmp_path):
    target, link = tmp_path / "target.tsv", tmp_path / "link.tsv"
    target.write_text("old")
    link.symlink_to(target)
    with open_output(link, force=True) as out:
        out.write("new")
    assert link.is_symlink()
    assert target.read_text() == "new"
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    with open_output(pipe) as out:
        out.write("through")
    assert os.read(reader, 100) == b"through"
    os.close(reader)
    assert stat.S_ISFIFO(pipe.stat().st_mode)
    with pytest.raises(CannotWriteError, match="is a directory") as raised, open_output(tmp_path, force=True):
        pass
    assert "FILE" in raised.value.remedy


def test_a_pipe_that_the_shell_names_is_written_into(tmp_path):
    reading, writing = os.pipe()
    with open_output(f"/dev/fd/{writing}") as out:
        out.write("through")
    os.close(writing)
    assert os.read(reading, 100) == b"through"
    os.close(reading)


def test_a_place_that_could_not_be_written_is_told_before_the_work(tmp_path):
    check_place(None, "--to")
    check_place(Path("-"), "--to")
    check_place(Path(os.devnull), "--to")
    loop = tmp_path / "loop"
    loop.symlink_to(loop)
    check_place(tmp_path / "new", "--to")
    (tmp_path / "old").write_text("")
    long = tmp_path / ("a" * 300)
    texts = {tmp_path / "old": "already exists", long: "is no path", loop: "is no path", tmp_path: "is a directory"}
    for wrong, said in texts.items():
        with pytest.raises(CannotWriteError, match=said) as raised:
            check_place(wrong, "--to")
        assert raised.value.remedy.startswith("--to ")


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("rank", "x", "--top", "-1"), 2, "--top"),
        (("runs", "--limit", "-3"), 2, "--limit"),
        (("sql", "select 1", "--timeout", "-1"), 2, "--timeout"),
        (("ingest", "proteome", "/", "--name", "x"), 65, "is a directory"),
        (("ingest", "proteome", "/dev/null", "--name", "x"), 65, "holds no records"),
        (("ingest", "proteome", "/dev/null", "--name", "new\nline"), 2, "is no name"),
        (("ingest", "proteome", "/dev/null", "--name", " "), 2, "is no name"),
    ],
)
def test_odd_arguments_are_named(nesannot, words, code, said):
    done = nesannot(*words)
    assert done.returncode == code, done.stderr
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_a_password_in_a_broken_url_is_not_shown(nesannot):
    for url in ("postgresql://u:canary@[bad/x", "postgresql://u@127.0.0.1:9/x?password=canary"):
        done = nesannot("db", "status", NESANNOT_DATABASE_URL=url)
        assert done.returncode in (1, 69, 78)
        assert "canary" not in done.stdout + done.stderr


def test_when_all_records_are_refused_the_reasons_are_told(nesannot, tmp_path):
    fasta = tmp_path / "all_bad.fasta"
    fasta.write_text(">a\nM1K\n>b\n\n")
    done = nesannot("ingest", "proteome", fasta, "--name", "bad")
    assert done.returncode == 65
    assert "letter '1' at position 2" in done.stderr
