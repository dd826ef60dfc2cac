"""The job does what the three commands do, says so, and ends with their exit codes."""

from importlib.resources import as_file

import pytest
from nesdb_annot.jobs import annotate

from nesdb_annot.workflow import sample
from nesdb_annot.workflow.rank import rank_proteome

pytestmark = pytest.mark.xdist_group("score")


class Kept(list):
    """Progress that keeps the notes."""

    note = list.append

    def begin(self, label, total):
        self.append(f"{label}: {total}")

    def advance(self, residues):
        pass

    def end(self):
        pass


def test_a_file_is_annotated_from_beginning_to_end(settings, store):
    notes = Kept()
    with as_file(sample.proteins()) as path:
        count = annotate.annotate(settings, str(path), name="job", progress=notes)
        again = annotate.annotate(settings, str(path), name="job", progress=notes)
    assert count == again == rank_proteome(store, settings, "job").candidates > 17
    assert any("17 new" in note for note in notes)
    assert "nothing was computed" in notes[-1]


def test_as_a_program_it_ends_with_the_exit_code(settings, monkeypatch, tmp_path, capsys):
    for name in ("database_url", "data_dir", "cache_dir"):
        monkeypatch.setenv(f"NESANNOT_{name.upper()}", str(getattr(settings, name)))
    monkeypatch.chdir(tmp_path)
    assert annotate.main(["nowhere_UP000002311.fasta"]) == 65
    assert "there is no file" in capsys.readouterr().err


def test_the_cron_file_names_a_module_that_exists():
    from importlib.resources import files

    line = (files("nesdb_annot.jobs") / "nesannot.cron").read_text().splitlines()[-1]
    assert f"-m {annotate.__name__} " in line
