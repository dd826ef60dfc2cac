"""What `train` starts from: what is said of it while it is gathered."""

import random

import pytest

from nesdb_annot.errors import InputError
from nesdb_annot.language.embedder import open_embedder
from nesdb_annot.learning import homology
from nesdb_annot.workflow.ingest import ingest_references
from nesdb_annot.workflow.material import FEWEST, gather
from nesdb_annot.workflow.progress import Silent
from nesdb_annot.workflow.reference_sources import user_entries

LENGTH = 60


class Heard(Silent):
    """Keeps the notes."""

    def __init__(self):
        self.notes = []

    def note(self, text):
        self.notes.append(text)


@pytest.fixture
def notes(store, settings, tmp_path):
    """Gathers references of as few proteins as there may be; gives the notes."""
    draw = random.Random(5)
    table = ["accession\tfirst\tlast\tevidence\tcitation\tresidues"]
    proteins = ["M" + "".join(draw.choices("ACDEFGHIKLMNPQRSTVWY", k=LENGTH - 1)) for _ in range(FEWEST)]
    table += [f"R{n}\t21\t32\tmade up\tnone\t{residues}" for n, residues in enumerate(proteins)]
    (tmp_path / "mine.tsv").write_text("\n".join(table) + "\n")
    ingest_references(store, "user:mine", user_entries(store, str(tmp_path / "mine.tsv"), "mine"))

    def gathered():
        heard = Heard()
        material = gather(store, open_embedder(settings), settings, None, 17, heard)
        assert len(material.proteins) == len(material.folds) == FEWEST
        return [note for note in heard.notes if "share words" in note]

    return gathered


def test_it_is_said_where_families_are_found_by_shared_words_only(notes, monkeypatch):
    monkeypatch.setattr(homology, "ALL_PAIRS_RESIDUES", FEWEST * LENGTH - 1)
    [note] = notes()
    assert note.startswith("720 residues: only proteins that share words are aligned for families")


def test_nothing_is_said_where_every_pair_is_aligned(notes, monkeypatch):
    monkeypatch.setattr(homology, "ALL_PAIRS_RESIDUES", FEWEST * LENGTH)
    assert notes() == []


def test_too_few_references_are_refused(store, settings):
    with pytest.raises(InputError, match="0 proteins with a known NES"):
        gather(store, None, settings, None, 17, Silent())
