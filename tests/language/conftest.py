"""Checkpoints in the official layout with random weights, and a bundled-style model."""

import argparse
import json

import numpy as np
import pytest
import torch
from esm.data import Alphabet
from esm.model.esm2 import ESM2
from safetensors.torch import save_file

from nesdb_annot.files.digests import file_sha256
from nesdb_annot.residues import STANDARD_RESIDUES

TINY = (2, 32, 4)
EIGHT_MILLION = (6, 320, 20)


def random_model(shape, seed=0):
    torch.manual_seed(seed)
    layers, width, heads = shape
    return ESM2(layers, width, heads, Alphabet.from_architecture("ESM-1b")).eval()


def official_contents(shape, seed=0, **changes):
    """What an official checkpoint holds: cfg with a Namespace, and prefixed parameters without the contact head."""
    layers, width, heads = shape
    settings = argparse.Namespace(
        encoder_layers=layers, encoder_embed_dim=width, encoder_attention_heads=heads, token_dropout=True, arch="x"
    )
    for name, value in changes.items():
        setattr(settings, name, value)
    state = random_model(shape, seed).state_dict()
    kept = {
        f"encoder.sentence_encoder.{k}": v for k, v in state.items() if not k.startswith(("contact_head", "lm_head"))
    }
    kept |= {f"encoder.{k}": v for k, v in state.items() if k.startswith("lm_head")}
    return {"cfg": {"model": settings}, "model": kept}


def write_own(path, shape, seed=0, **changes):
    """A model as this package stores it: float16 safetensors and a card."""
    tensors = {
        name: p.detach().half()
        for name, p in random_model(shape, seed).named_parameters()
        if not name.startswith("contact_head")
    }
    save_file(tensors, path)
    card = {"name": "own", "layers": shape[0], "width": shape[1], "heads": shape[2], "sha256": file_sha256(path)}
    path.with_suffix(".json").write_text(json.dumps(card | changes))
    return path


def random_residues(length, seed=0):
    return "".join(np.random.default_rng(seed).choice(list(STANDARD_RESIDUES), length))


@pytest.fixture(scope="session")
def tiny_checkpoint(tmp_path_factory):
    path = tmp_path_factory.mktemp("official") / "esm2_tiny.pt"
    torch.save(official_contents(TINY), path)
    return path


@pytest.fixture(scope="session")
def tiny_own(tmp_path_factory):
    return write_own(tmp_path_factory.mktemp("own") / "model.safetensors", TINY)
