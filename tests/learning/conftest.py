"""Made-up proteins with planted signals, small enough to train on in seconds."""

import hashlib

import numpy as np
import pytest
import torch

from nesdb_annot.learning.biochemical import BoostingSettings
from nesdb_annot.learning.examples import TrainingProtein
from nesdb_annot.learning.heads import TrainingSettings
from nesdb_annot.learning.neural import NeuralSettings
from nesdb_annot.learning.similarity import ReferenceSettings
from nesdb_annot.learning.tagger import TaggerSettings
from nesdb_annot.learning.training import train_head_set
from nesdb_annot.learning.truth import Truth
from nesdb_annot.records import LanguageModelIdentity, SegmentationIdentity
from nesdb_annot.residues import ResidueSpan

LETTERS = "ADEGHKNPQRST"
SIGNALS = ("ELALKLAGLDI", "EVALKLSGLEI", "DLALRLAELDL", "ELSLKMAGLNI", "ELAEKLAGLSL")
MODEL = LanguageModelIdentity("made-up", 1, 8, "0" * 64, "none")
SEGMENTATION = SegmentationIdentity("windows", 1, {"width": 14, "step": 5})
FAST = TrainingSettings(
    TaggerSettings(members=2, channels=8, bottleneck=4, epochs=4, crop=64, batch=8, learning_rate=0.01),
    NeuralSettings(members=2, hidden=(8,), epochs=8, batch=64),
    BoostingSettings(members=1, iterations=20, least_rows=5),
    ReferenceSettings(neighbours=(3, 8), dimensions=6, others=60, queries=30),
)


def made_up_protein(seed, signal=True, cargo=True):
    """About 90 residues, a signal between residues 30 and 60, and an embedding that knows hydrophobic residues."""
    random = np.random.default_rng(seed)
    before, after = ("".join(random.choice(list(LETTERS), n)) for n in random.integers(30, 50, 2))
    inner = SIGNALS[seed % len(SIGNALS)] if signal else "".join(random.choice(list(LETTERS), 11))
    residues = "M" + before + inner + after
    embedding = random.normal(size=(len(residues), MODEL.dimension)).astype(np.float32) * 0.3
    embedding[:, 0] += np.convolve([letter in "LIVMF" for letter in residues], np.ones(9) / 9, "same")
    spans = [ResidueSpan(a, min(a + 13, len(residues))) for a in range(1, len(residues) - 8, 5)]
    first = len(before) + 2
    motifs = (ResidueSpan(first, first + len(inner) - 1),) if signal else ()
    digest = hashlib.sha256(residues.encode()).hexdigest()
    return TrainingProtein(digest, residues, embedding, spans, Truth(motifs), cargo, f"P{seed:05}")


def without_overlaps(spans, scores, length):
    """Greedy choice of candidates that share no residue."""
    kept = []
    for i in np.argsort(-np.asarray(scores), kind="stable").tolist():
        if all(not spans[i].overlap(spans[j]) for j in kept):
            kept.append(i)
    return sorted(kept)


@pytest.fixture(scope="session", autouse=True)
def one_thread():
    """As in training: threads of small operations only wait for one another."""
    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def made_up():
    """24 cargoes and 8 proteins without a signal, in four folds."""
    proteins = [made_up_protein(seed) for seed in range(24)]
    proteins += [made_up_protein(seed, signal=False, cargo=False) for seed in range(100, 108)]
    return proteins, [i % 4 for i in range(len(proteins))]


def trained(made_up, **changes):
    """Trains on the made-up proteins."""
    proteins, folds = made_up
    return train_head_set(
        proteins,
        folds=folds,
        language_model=MODEL,
        segmentation=SEGMENTATION,
        references_digest="f" * 64,
        resolve=without_overlaps,
        **{"settings": FAST, "seed": 3, **changes},
    )


@pytest.fixture(scope="session")
def outcome(made_up):
    """A head set trained on the made-up proteins."""
    return trained(made_up)


@pytest.fixture(scope="session")
def train(made_up):
    """Trains on the made-up proteins, or on `proteins` in the same folds, with other arguments where given."""
    return lambda proteins=None, **changes: trained((proteins or made_up[0], made_up[1]), **changes)


@pytest.fixture(scope="session")
def resolve():
    """Overlap resolution of the tests."""
    return without_overlaps


@pytest.fixture(scope="session")
def own_truths():
    """Gives the truth that was trained on, by digest of the protein, from held-out proteins."""
    return lambda held_out: {one.protein.digest: one.protein.truth for one in held_out if one.protein.cargo}
