"""The job does what the three commands do, says so, and ends with their exit codes."""

import errno
from importlib.resources import as_file

import pytest
from nesdb_annot.jobs import annotate

from nesdb_annot.errors import TryLaterError
from nesdb_annot.store.analyst import run_sql
from nesdb_annot.workflow import sample
from nesdb_annot.workflow.progress import Silent
from nesdb_annot.workflow.rank import rank_proteome

pytestmark = pytest.mark.xdist_group("score")


class Kept(Silent):
    """Progress that keeps the notes."""

    def __init__(self):
        self.notes = []

    def note(self, text):
        self.notes.append(text)


def test_a_file_is_annotated_from_beginning_to_end(settings, store):
    told = Kept()
    with as_file(sample.proteins()) as path:
        count = annotate.annotate(settings, str(path), name="job", progress=told)
        again = annotate.annotate(settings, str(path), name="job", progress=told)
    assert count == again == rank_proteome(store, settings, "job").candidates > 16
    assert "16 new" in " ".join(told.notes)
    assert any("nothing was computed" in note for note in told.notes)


def test_refused_records_are_told(settings, store, tmp_path):
    told = Kept()
    fasta = tmp_path / "two.fasta"
    fasta.write_text(">P1\nMKLVLLALLDI\n>P2\nMKLVJ\n")
    annotate.annotate(settings, str(fasta), name="two", progress=told)
    (line,) = (note for note in told.notes if note.startswith("refused"))
    assert line.startswith(f"refused {fasta}:3 P2 residues: letter 'J' at position 5 is not an amino acid")


def test_a_file_that_changed_replaces_its_earlier_version(settings, store, tmp_path):
    told = Kept()
    fasta = tmp_path / "changing.fasta"
    for residues in ("MKLVLLALLDI", "MKLVLLALLDIQQ"):
        fasta.write_text(f">P1\n{residues}\n")
        annotate.annotate(settings, str(fasta), name="changing", progress=told)
    lengths = run_sql(store, "select length from release_membership where proteome = 'changing'").rows
    assert list(lengths) == [(13,)]


def test_as_a_program_it_ends_with_the_exit_code(settings, monkeypatch, tmp_path, capsys):
    for name in ("database_url", "data_dir", "cache_dir"):
        monkeypatch.setenv(f"NESANNOT_{name.upper()}", str(getattr(settings, name)))
    monkeypatch.chdir(tmp_path)
    assert annotate.main(["nowhere_UP000002311.fasta"]) == 65
    assert "there is no file" in capsys.readouterr().err


def test_the_cron_file_names_a_module_that_exists():
    from importlib.resources import files

    line = (files("nesdb_annot.jobs") / "nesannot.cron").read_text().splitlines()[-2]
    assert f"-m {annotate.__name__} " in line


@pytest.mark.parametrize(
    ("raised", "code"),
    [
        (TryLaterError("busy"), 75),
        (OSError(errno.ENOSPC, "No space left on device"), 73),
        (FileNotFoundError(errno.ENOENT, "went away"), 65),
        (MemoryError(), 75),
        (KeyboardInterrupt(), 130),
        (ZeroDivisionError("ours"), 70),
    ],
)
def test_only_a_bug_ends_like_a_bug(monkeypatch, capsys, raised, code):
    def failing(*_, **__):
        raise raised

    monkeypatch.setattr(annotate, "annotate", failing)
    assert annotate.main(["some_UP000002311.fasta"]) == code
    assert ("Traceback" in capsys.readouterr().err) == (code == 70)
