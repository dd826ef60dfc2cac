"""The tagger keeps the embedding only where it gains on families that were not taught."""

from dataclasses import replace

import numpy as np
import pytest

from nesdb_annot.learning.tagger import TaggerExample, TaggerSettings
from nesdb_annot.learning.tagger_choice import fit_tagger
from nesdb_annot.learning.tagger_ensemble import fit_members, stacked

SETTINGS = TaggerSettings(
    members=2, channels=8, epochs=12, crop=64, batch=2, learning_rate=0.02, bottleneck=4, dropout=0, embedding_dropout=0
)
GROUPS = [i % 2 for i in range(16)]


def protein(seed, telling):
    """Random letters with a motif anywhere; the embedding marks it, or is as large a number wherever it comes from."""
    random = np.random.default_rng(seed)
    residues = "".join(random.choice(list("ACDEFGHIKLMNPQRSTVWY"), 80))
    target = np.zeros(80, dtype=np.float32)
    begin = int(random.integers(5, 65))
    target[begin : begin + 10] = 1
    embedding = np.repeat(target[:, None] * 2, 4, axis=1) if telling else random.normal(size=(80, 4)) * 8
    return TaggerExample(residues, embedding.astype(np.float32), target, np.ones(80, dtype=np.float32))


@pytest.mark.parametrize(("telling", "kept"), [(True, 4), (False, 0)])
def test_the_embedding_is_kept_where_it_gains(telling, kept):
    fitted = fit_tagger([protein(seed, telling) for seed in range(16)], SETTINGS, 5, GROUPS)
    assert fitted.settings == replace(SETTINGS, bottleneck=kept)
    assert set(fitted.compared) == {0, 4}
    assert fitted.compared[kept] == min(fitted.compared.values())
    assert ("bottleneck.weight" in fitted.arrays) == bool(kept)
    assert min(fitted.curves[0]) == fitted.compared[kept]
    assert len(fitted.curves) == len(fitted.arrays["input.weight"]) == SETTINGS.members


def test_without_a_bottleneck_nothing_is_chosen():
    narrow = replace(SETTINGS, bottleneck=0, epochs=1)
    proteins = [protein(seed, telling=True) for seed in range(16)]
    fitted = fit_tagger(proteins, narrow, 5, GROUPS)
    bare = [replace(own, embedding=own.embedding[:, :0]) for own in proteins]
    arrays, curves = stacked(fit_members(bare, narrow, 5, GROUPS, range(2)))
    assert fitted.compared == {}
    assert fitted.curves == curves
    assert all(np.array_equal(fitted.arrays[name], arrays[name]) for name in arrays)
