"""`nesannot bench embed` as a user calls it."""

import json

import pytest

QUICK = ("--shape", "bundled", "--seconds", "0", "--engine", "packed", "--device", "cpu")


@pytest.fixture
def few(tmp_path):
    path = tmp_path / "few.fasta"
    path.write_text(">a\nMKLVAAAEEKLLQ\n>b\nMSTNPKPQRKTKRNTNRRPQDVKFPGG\n>c\nM1234\n")
    return path


def test_json_holds_machine_and_figures(nesannot, few):
    done = nesannot("bench", "embed", *QUICK, "--fasta", few, "--format", "json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["processor"]
    assert found["malloc"]["MALLOC_MMAP_MAX_"] == "0"
    assert str(few) in found["lengths"]
    (shape,) = found["shapes"]
    assert (shape["shape"], shape["proteins"], shape["residues"]) == ("bundled", 2, 40)
    assert len(shape["engines"]) == 3
    assert shape["peak_operations"]["float32"] > 1e8


def test_table_has_a_line_for_each_contender(nesannot, few):
    done = nesannot("bench", "embed", *QUICK, "--fasta", few)
    assert done.returncode == 0, done.stderr
    header, *rows = done.stdout.splitlines()
    assert "x batched" in header
    assert [row.split()[1] for row in rows] == ["fair-esm,", "fair-esm,", "packed"]
    assert "processor:" in done.stderr
    assert "Mflop a residue" in done.stderr


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (("--shape", "3T"), 2, "no shape '3T'"),
        (("--engine", "fast"), 2, "no engine 'fast'"),
        (("--device", "tpu"), 2, "device is 'tpu'"),
        (("--format", "xml"), 2, "xml"),
    ],
)
def test_what_cannot_be_measured(words, code, says, nesannot):
    done = nesannot("bench", "embed", "--shape", "bundled", "--seconds", "0", *words)
    assert done.returncode == code, done.stderr
    assert says in done.stderr


def test_a_file_without_proteins(nesannot, tmp_path):
    path = tmp_path / "bad.fasta"
    path.write_text(">x\n123\n")
    done = nesannot("bench", "embed", *QUICK, "--fasta", path)
    assert done.returncode == 65
    assert "no protein" in done.stderr
