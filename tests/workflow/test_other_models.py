"""Another language model than the bundled one, as its authors store it: evaluate, train, score, rank."""

import argparse
from dataclasses import replace

import pytest
import torch
from esm.data import Alphabet
from esm.model.esm2 import ESM2

from nesdb_annot.errors import ConfigurationError
from nesdb_annot.workflow.evaluate import evaluate_methods, stored_evaluation
from nesdb_annot.workflow.heads import heads_for
from nesdb_annot.workflow.rank import rank_proteome
from nesdb_annot.workflow.score import score_proteome
from nesdb_annot.workflow.train import train_heads

pytestmark = pytest.mark.xdist_group("score")

LAYERS, WIDTH, HEADS = 2, 32, 4


@pytest.fixture
def checkpoint(tmp_path):
    """Random weights, as the authors of ESM-2 store theirs."""
    torch.manual_seed(4)
    state = ESM2(LAYERS, WIDTH, HEADS, Alphabet.from_architecture("ESM-1b")).state_dict()
    prefixed = {
        f"encoder.{'' if name.startswith('lm_head') else 'sentence_encoder.'}{name}": value
        for name, value in state.items()
        if not name.startswith("contact_head")
    }
    facts = argparse.Namespace(
        encoder_layers=LAYERS, encoder_embed_dim=WIDTH, encoder_attention_heads=HEADS, token_dropout=True, arch="x"
    )
    path = tmp_path / "esm2_other.pt"
    torch.save({"cfg": {"model": facts}, "model": prefixed}, path)
    return path


def test_heads_for_another_model_are_evaluated_trained_and_used(
    store, with_references, ingest_made_up, made_up_protein, fast, draw, checkpoint
):
    ingest_made_up([made_up_protein(draw) for _ in range(3)])
    settings = replace(with_references, model=str(checkpoint))
    with pytest.raises(ConfigurationError, match="no head set was trained for esm2_other, layer 2") as raised:
        score_proteome(store, settings, "p")
    assert raised.value.remedy == f"nesannot train --model {checkpoint}"

    evaluation = evaluate_methods(store, settings)
    assert stored_evaluation(store).run_id == evaluation.run_id
    measured = {(one.population, one.method) for one in evaluation.figures if one.figure == "average_precision"}
    assert {(truth, "combined") for truth in "AB"} <= measured

    trained = train_heads(store, settings)
    model = trained.head_set.language_model
    assert (model.name, model.layer, model.dimension) == ("esm2_other", LAYERS, WIDTH)
    assert len(trained.tables) == 2
    assert score_proteome(store, settings, "p").sequences == 3
    assert rank_proteome(store, settings, "p").head_set.digest == trained.head_set.digest
    assert heads_for(store, with_references).head_set.language_model.name != "esm2_other"
