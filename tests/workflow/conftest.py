"""Made-up references, ingested, and the proteins that they are made of."""

import random
from dataclasses import replace

import pytest

from nesdb_annot.learning.biochemical import BoostingSettings
from nesdb_annot.learning.heads import TrainingSettings
from nesdb_annot.learning.neural import NeuralSettings
from nesdb_annot.learning.similarity import ReferenceSettings
from nesdb_annot.learning.tagger import TaggerSettings
from nesdb_annot.workflow.ingest import ingest_proteome, ingest_references
from nesdb_annot.workflow.proteome_source import proteome_source
from nesdb_annot.workflow.reference_sources import user_entries

FAMILIES = 14
FAST = TrainingSettings(
    TaggerSettings(members=1, channels=4, bottleneck=2, epochs=2, crop=64, batch=8),
    NeuralSettings(members=1, hidden=(4,), epochs=2, batch=64),
    BoostingSettings(members=1, iterations=5, least_rows=5),
    ReferenceSettings(neighbours=(3,), dimensions=4, others=40, queries=20),
)


def protein(draw):
    """72 residues of a family of its own: four hydrophobic residues as NESs of class 1a have them at 27 to 37."""
    letters = "".join(draw.choices("ADEGHKNPQRSTLV", k=60))
    between = ["".join(draw.choices("DEKSTQNGPR", k=count)) for count in (3, 2, 1)]
    signal = "".join(draw.choice("LIMVF") + rest for rest in between) + draw.choice("LI") + draw.choice("DENS")
    return "M" + letters[:25] + signal + letters[25:]


@pytest.fixture(scope="session")
def made_up_protein():
    """Draws a protein with an NES."""
    return protein


@pytest.fixture
def with_references(store, settings, tmp_path):
    """Settings of a database with references of `FAMILIES` families; no socket is opened."""
    draw = random.Random(11)
    table = ["accession\tfirst\tlast\tevidence\tcitation\tresidues"]
    table += [f"R{n}\t27\t37\tmade up\tnone\t{protein(draw)}" for n in range(FAMILIES)]
    (tmp_path / "mine.tsv").write_text("\n".join(table) + "\n")
    done = ingest_references(store, "user:mine", user_entries(store, str(tmp_path / "mine.tsv"), "mine"))
    assert not done.rejects.all
    return replace(settings, offline=True)


@pytest.fixture
def ingest_made_up(store, tmp_path):
    """Ingests proteins as the proteome `p`."""

    def ingest(residues):
        path = tmp_path / "p.fasta"
        path.write_text("".join(f">p{n}\n{one}\n" for n, one in enumerate(residues)))
        ingest_proteome(store, proteome_source(str(path), upid=None, name="p", release=None, released=None))

    return ingest


@pytest.fixture
def draw():
    """For made-up proteins that are no references."""
    return random.Random(5)


@pytest.fixture
def fast(monkeypatch):
    """Heads that are good for nothing, at once."""
    monkeypatch.setattr("nesdb_annot.learning.training.TrainingSettings", lambda: FAST)
