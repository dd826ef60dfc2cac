"""Every segmentation but the default, as a user who names it in the settings meets it: train, score, rank."""

from dataclasses import replace

import pytest

from nesdb_annot.errors import ConfigurationError
from nesdb_annot.language.embedder import open_embedder
from nesdb_annot.segmentation.factory import make_segmenter, variant_of
from nesdb_annot.store.analyst import run_sql
from nesdb_annot.workflow.heads import heads_for
from nesdb_annot.workflow.rank import rank_proteome
from nesdb_annot.workflow.score import score_proteome
from nesdb_annot.workflow.train import train_heads

pytestmark = pytest.mark.xdist_group("score")

SIBLINGS = {"zps": "zps10", "zps10": "zps", "bounded": "bounded-cosine", "bounded-cosine": "bounded"}
SPANS = """
select s.residues, g.first_residue, g.last_residue from nesannot.segment g
join nesannot.sequence s on s.id = g.sequence_id where g.configuration_id = {} order by 1, 2, 3
"""


@pytest.fixture
def proteome(with_references, ingest_made_up, made_up_protein, draw):
    """Three proteins of 66 residues: `zps` asks for one breakpoint, `zps10` for more, and there are two or three."""
    ingest_made_up([made_up_protein(draw)[:66] for _ in range(3)])
    return with_references


def cut(settings, segmenter, sequences):
    """The spans of a segmenter in the order of `SPANS`."""
    embeddings = open_embedder(settings).embed(sequences)
    spans = [segmenter.spans(one, embedding) for one, embedding in zip(sequences, embeddings, strict=True)]
    return sorted((one, span.first, span.last) for one, own in zip(sequences, spans, strict=True) for span in own)


@pytest.mark.parametrize("name", SIBLINGS)
def test_heads_are_trained_for_a_segmentation_and_score_what_it_cuts(store, proteome, fast, name):
    settings = replace(proteome, segmentation=name)
    trained = train_heads(store, settings).head_set
    assert variant_of(trained.segmentation) == name
    heads = heads_for(store, settings)
    assert (heads.head_set.digest, heads.stated["segmentation"]) == (trained.digest, name)

    summary = score_proteome(store, settings, "p")
    assert (summary.sequences, summary.failed) == (3, ())
    segmenter = make_segmenter(name)
    assert segmenter.identity == trained.segmentation
    stored = [tuple(row) for row in run_sql(store, SPANS.format(heads.configuration_id)).rows]
    assert stored == cut(settings, segmenter, sorted({row[0] for row in stored}))
    assert len({row[0] for row in stored}) == 3
    if name.startswith("zps"):
        assert stored != cut(settings, make_segmenter(SIBLINGS[name]), sorted({row[0] for row in stored}))

    ranked = rank_proteome(store, settings, "p")
    assert ranked.candidates == len(stored)
    assert ranked.head_set.digest == trained.digest
    assert ranked.facts()["segmentation"] == name

    sibling = replace(settings, segmentation=SIBLINGS[name])
    with pytest.raises(ConfigurationError, match=f"no head set .*, segmentation {SIBLINGS[name]}\n") as raised:
        score_proteome(store, sibling, "p")
    assert raised.value.remedy == f"NESANNOT_SEGMENTATION={SIBLINGS[name]} nesannot train"
    assert heads_for(store, proteome).head_set.digest != trained.digest, "the default one has the bundled heads still"
