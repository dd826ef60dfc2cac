"""Bad input of every kind: one clear message, the right exit code, no traceback, and nothing written."""

import gzip
import subprocess
import sys
from pathlib import Path

import pytest

FASTA = ">P1 one\nMKLVLLALLDI\n>P2 two\nMKLVJ\n>P3 three\n\n>P4 four\nMKLVRR*\n"


def rows(nesannot, table="nesannot.protein"):
    return nesannot("sql", f"select count(*) from {table}").stdout.splitlines()[-1].strip()


def check(done, code, *said):
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    for words in said:
        assert words in done.stderr


def test_good_records_go_in_and_bad_ones_are_listed(nesannot, tmp_path):
    fasta, table = tmp_path / "mixed.fasta", tmp_path / "rejects.tsv"
    fasta.write_text(FASTA)
    done = nesannot("ingest", "proteome", fasta, "--name", "mixed", "--rejects", table)
    check(done, 0, "2 proteins", "letter 'J' at position 5", "no residues", "mixed.fasta:3")
    assert [line.split("\t")[2] for line in table.read_text().splitlines()[1:]] == ["P2", "P3"]


def test_a_table_of_refused_records_that_cannot_be_written_is_refused_first(nesannot, tmp_path):
    fasta = tmp_path / "good.fasta"
    fasta.write_text(">P1 one\nMKLV\n")
    before = rows(nesannot, "nesannot.proteome")
    done = nesannot("ingest", "proteome", fasta, "--name", "good", "--rejects", tmp_path / "nowhere" / "t.tsv")
    check(done, 73, "there is no directory", "--rejects FILE in one that exists")
    check(nesannot("ingest", "proteome", fasta, "--name", "good", "--rejects", tmp_path), 73, "is a directory")
    assert rows(nesannot, "nesannot.proteome") == before


def test_strict_makes_them_fatal_and_writes_nothing(nesannot, tmp_path):
    fasta = tmp_path / "strict.fasta"
    fasta.write_text(FASTA)
    before = rows(nesannot, "nesannot.proteome")
    done = nesannot("ingest", "proteome", fasta, "--name", "strict", "--strict")
    check(done, 65, "2 records were refused", "strict.fasta:3 P2", "--strict")
    assert rows(nesannot, "nesannot.proteome") == before


TABLE = "accession\tfirst\tlast\tevidence\tcitation\nQ9\t3\t12\tLMB sensitive\tPMID:1\n"
ENTRIES = '{"results": [{"entryType": "Inactive", "primaryAccession": "B0", "inactiveReason": {}}]}'


@pytest.mark.parametrize(
    ("words", "content", "strict", "refused"),
    [
        (("proteome", "--name", "strict"), FASTA, ("--strict",), ["P2", "P3"]),
        (("proteome", "--name", "strict"), ">P2 two\nMKLVJ\n", (), ["P2"]),
        (("references",), TABLE, ("--strict",), ["Q9"]),
        (("uniprot",), ENTRIES, ("--strict",), ["B0"]),
    ],
)
def test_refused_records_that_end_an_ingest_are_written_to_the_table(
    nesannot, tmp_path, words, content, strict, refused
):
    file, table = tmp_path / "refused.txt", tmp_path / "rejects.tsv"
    file.write_text(content)
    done = nesannot("ingest", words[0], file, *words[1:], *strict, "--rejects", table)
    check(done, 65, f"{len(refused)} of {len(refused)} refused records written to {table}")
    assert [line.split("\t")[2] for line in table.read_text().splitlines()[1:]] == refused


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
@pytest.mark.parametrize(
    ("content", "strict", "code", "said"),
    [
        (FASTA, ("--strict",), 65, "2 records were refused and --strict is set; nothing was stored"),
        (">P2 two\nMKLVJ\n", (), 65, "no proteins"),
        (FASTA, (), 73, "/dev/full cannot be written"),
    ],
)
def test_a_table_that_cannot_be_written_does_not_hide_why_an_ingest_failed(
    nesannot, tmp_path, content, strict, code, said
):
    file = tmp_path / "refused.fasta"
    file.write_text(content)
    done = nesannot("ingest", "proteome", file, "--name", "full", *strict, "--quiet", "--rejects", "/dev/full")
    check(done, code, said, "/dev/full cannot be written")


def test_table_of_an_earlier_ingest_is_never_overwritten(nesannot, tmp_path):
    file, table = tmp_path / "mixed.fasta", tmp_path / "rejects.tsv"
    file.write_text(FASTA)
    table.write_text("of an earlier ingest")
    check(nesannot("ingest", "proteome", file, "--name", "later", "--rejects", table), 73, "already exists")
    assert table.read_text() == "of an earlier ingest"


def test_refusals_are_shown_with_quiet_and_merged_records_counted(nesannot, tmp_path):
    file = tmp_path / "quiet.fasta"
    file.write_text(FASTA + ">P1 again\nMKLVLLALLDI\n")
    done = nesannot("ingest", "proteome", file, "--name", "quiet", "--quiet")
    check(
        done, 0, "letter 'J' at position 5", "no residues", "merged 1 records", "2 records were refused; --rejects FILE"
    )
    assert "2 proteins" not in done.stderr


def test_reference_table_of_which_every_row_is_refused_exits_65(nesannot, tmp_path):
    table = tmp_path / "none.tsv"
    table.write_text(TABLE)
    for _ in range(2):
        done = nesannot("ingest", "references", table, "--name", "none")
        check(done, 65, "every record of user:none was refused: 1", "none.tsv:2 Q9", "unknown accession")
        assert "known already" not in done.stderr


def test_second_file_under_a_release_names_the_right_cause(nesannot, tmp_path):
    first, second = tmp_path / "first.fasta", tmp_path / "second.fasta"
    first.write_text(">P1 one\nMKLV\n")
    second.write_text(FASTA)
    check(nesannot("ingest", "proteome", first, "--name", "twice"), 0)
    done = nesannot("ingest", "proteome", second, "--name", "twice")
    check(done, 65, "already exists, with other content", "ingested from another file, of 1 proteins", "--replace")
    assert "why: refused" not in done.stderr


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("page.fasta", b"<!DOCTYPE html><html><body>404</body></html>", "is HTML"),
        ("answer.fasta", b'{"messages": ["not found"]}', "is JSON"),
        ("empty.fasta", b"", "no records"),
        ("text.fasta", b"just words\n", "not FASTA"),
        ("cut.fasta.gz", gzip.compress((">P1\n" + "MKLV" * 5000 + "\n").encode() * 50, mtime=0)[:-40], "cut.fasta.gz"),
        ("latin.fasta", b">P1 \xe4\nMKLV\n", "latin.fasta"),
    ],
)
def test_files_that_are_no_fasta(nesannot, tmp_path, name, content, said):
    path = tmp_path / name
    path.write_bytes(content)
    before = rows(nesannot, "nesannot.release")
    check(nesannot("ingest", "proteome", path, "--name", "bad"), 65, said)
    assert rows(nesannot, "nesannot.release") == before


def test_a_file_that_breaks_off_leaves_nothing_behind(nesannot, tmp_path):
    path = tmp_path / "long.fasta.gz"
    records = "".join(f">P{n}\nMKLV{'LIVMFYW'[n % 7] * (1 + n // 7)}\n" for n in range(5_000))
    path.write_bytes(gzip.compress(records.encode(), mtime=0)[:-40])
    before = rows(nesannot, "nesannot.sequence"), rows(nesannot, "nesannot.run")
    check(nesannot("ingest", "proteome", path, "--name", "long"), 65, "long.fasta.gz")
    assert (rows(nesannot, "nesannot.sequence"), rows(nesannot, "nesannot.run")) == before


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("ingest", "proteome", "nowhere.fasta"), 65, "there is no file"),
        (("score", "UP000000001"), 2, "no proteome"),
        (("rank", "UP000000001"), 2, "no proteome"),
        (("ingest", "nesdb"), 78, "--accept-terms"),
        (("--offline", "ingest", "nesdb", "--accept-terms"), 78, "offline"),
        (("--offline", "ingest", "proteome", "UP000005640"), 78, "offline"),
        (("--offline", "ingest", "proteome", "UP000005640", "--release", "x"), 2, "--release goes with a file"),
        (("--offline", "ingest", "proteome", "UP000005640", "--name", "x"), 2, "--name goes with a file"),
        (("scorr",), 2, "No such command"),
        (("rank",), 2, "Missing argument"),
        (("rank", "x", "--format", "xls"), 2, "no such format"),
        (("rank", "x", "--output", "x.txt"), 2, "--format tsv"),
        (("score", "x", "--model", "esm2_t6_8M_UR50D"), 2, "no proteome"),
        (("score", "x", "--engine", "stok"), 2, "did you mean 'stock'?"),
        (("score", "x", "--device", "cud"), 2, "device is 'cud'"),
        (("score", "x", "--workers", "0"), 2, "workers is 0"),
        (("rank", "x", "--cargo-prior", "2"), 2, "cargo_prior is 2"),
        (("models", "info", "nonsense"), 2, "neither a model nor a file"),
        (("models", "fetch", "nonsense"), 2, "no model 'nonsense' to fetch"),
        (("worker", "--until-empty", "--engine", "stok"), 2, "engine is 'stok'"),
        (("worker", "--until-empty", "--device", "cuda:99"), 2, "no device 'cuda:99'"),
        (("--database-url", "mysql://x/y", "runs"), 2, "not one of PostgreSQL"),
        (("--database-url", "postgresql://u:canary@127.0.0.1:9/none", "runs"), 69, "cannot connect"),
    ],
)
def test_wrong_calls(nesannot, words, code, said):
    done = nesannot(*words)
    check(done, code, said)
    assert "canary" not in done.stdout + done.stderr


def test_a_bug_has_an_exit_code_of_its_own(home):
    call = "from nesdb_annot.cli import main; main.app = lambda words: words[9]; main.main(['runs'])"
    done = subprocess.run([sys.executable, "-c", call], env=home, capture_output=True, text=True, check=False)
    assert done.returncode == 70
    assert "IndexError" in done.stderr
    assert "please report it" in done.stderr


def test_debug_shows_the_cause_of_an_error(nesannot, tmp_path):
    fasta = tmp_path / "x.fasta"
    fasta.write_text(">Q1\nMKLALKLAGLDIKK\n")
    words = ("ingest", "proteome", fasta, "--name", "x", "--release", "1", "--released", "2026-13-01")
    plain, debugged = nesannot(*words), nesannot("--debug", *words)
    assert plain.returncode == debugged.returncode == 2
    assert "Traceback" not in plain.stderr
    assert "ValueError: month must be in 1..12" in debugged.stderr
    assert "The above exception was the direct cause" in debugged.stderr
    assert debugged.stderr.endswith(plain.stderr)


def test_a_variable_that_is_no_setting_is_refused(nesannot):
    check(
        nesannot("runs", NESANNOT_ENGIN="stock"),
        78,
        "unknown setting 'NESANNOT_ENGIN'",
        "did you mean 'NESANNOT_ENGINE'?",
    )


def test_a_bad_setting_is_named(nesannot):
    check(nesannot("runs", NESANNOT_WORKERS="many"), 78, "workers is 'many'", "NESANNOT_WORKERS")


def test_nesdb_export_that_is_none(nesannot, tmp_path):
    path = tmp_path / "export.csv"
    path.write_text("a,b\n1,2\n")
    check(nesannot("ingest", "nesdb", path), 65, "export.csv")


def test_references_of_ones_own(nesannot, tmp_path):
    fasta, table = tmp_path / "mine.fasta", tmp_path / "mine.tsv"
    fasta.write_text(">Q1\nMKLALKLAGLDIKK\n")
    nesannot("ingest", "proteome", fasta, "--name", "mine")
    table.write_text(
        "accession\tfirst\tlast\tevidence\tcitation\n"
        "Q1\t3\t12\tLMB sensitive\tPMID:1\n"
        "Q1\t3\t99\tLMB sensitive\tPMID:1\n"
        "Q2\t3\t12\tLMB sensitive\tPMID:1\n"
    )
    done = nesannot("ingest", "references", table)
    check(done, 0, "1 new", "mine.tsv:3", "mine.tsv:4 Q2")
