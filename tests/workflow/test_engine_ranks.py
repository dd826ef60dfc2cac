"""Engines are interchangeable: the candidates that one ranks first are those that another ranks first."""

from importlib.resources import files

import pytest

from nesdb_annot.formats.fasta import read_fasta
from nesdb_annot.language.engines import build
from nesdb_annot.methods.ranking import NAME as COMBINED
from nesdb_annot.settings import Settings
from nesdb_annot.workflow.protein_scorer import build_scorer

LIBRARY = build.open_library(Settings().cache_dir, build.INT8)


TIE = 0.005
"""Probabilities that differ by less are equal, as far as an engine can tell."""


def probabilities(engine, proteins):
    """Digest and first residue of each candidate -> its probability, the most probable first."""
    head_set = files("nesdb_annot.methods").joinpath("bundled", "headset_nes.safetensors").read_bytes()
    scorer = build_scorer(Settings(engine=engine, device="cpu"), head_set)
    found = {}
    for one in scorer(proteins).sequences:
        assert not one.error
        for segment in one.segments:
            probability = next(score.calibrated for score in segment.scores if score.method == COMBINED)
            found[one.digest, segment.span.first] = probability
    return dict(sorted(found.items(), key=lambda row: -row[1]))


@pytest.mark.skipif(isinstance(LIBRARY, build.Unavailable), reason="no AVX512-BF16 and VNNI, or no compiler")
def test_the_engine_in_8_bits_ranks_as_the_one_in_16():
    sample = files("nesdb_annot.workflow").joinpath("sample", "proteins.fasta")
    proteins = [(f"{n:064x}", record.residues) for n, record in enumerate(read_fasta(sample))]
    one, other = probabilities("compiled", proteins), probabilities("int8", proteins)
    assert len(one) > 200
    first = len(one) // 4
    assert sum(name in list(other)[:first] for name in list(one)[:first]) >= 0.95 * first
    both = one.keys() & other.keys()
    assert len(both) >= 0.95 * len(one)
    assert max(abs(one[name] - other[name]) for name in both) < TIE  # so that only ties change places
