"""What a model is, told by its card or its name, is what it is when it is opened; and no torch is needed to tell."""

import shutil
import subprocess
import sys

import pytest
import torch

from nesdb_annot.errors import ConfigurationError
from nesdb_annot.language.embedder import open_embedder
from nesdb_annot.language.identity import model_identity
from nesdb_annot.settings import Settings

from .conftest import EIGHT_MILLION, official_contents, write_own


@pytest.mark.parametrize("layer", [-1, 0, 1])
def test_by_the_card_of_a_model_of_ours(tmp_path, layer):
    path = write_own(tmp_path / "model.safetensors", (2, 32, 4), layer=1, long_rule={"window": 300, "overlap": 100})
    settings = Settings(model=str(path), layer=layer, device="cpu", engine="stock")
    assert model_identity(settings) == open_embedder(settings).identity


def test_of_the_bundled_one():
    assert model_identity(Settings()) == open_embedder(Settings(device="cpu"), checked=False).identity


def test_of_a_checkpoint_that_must_be_opened(tiny_checkpoint):
    settings = Settings(model=str(tiny_checkpoint), device="cpu", engine="stock")
    assert model_identity(settings) == open_embedder(settings).identity


@pytest.fixture(scope="module")
def fetched(tmp_path_factory):
    """A data directory with random weights under the name of an official model."""
    folder = tmp_path_factory.mktemp("data")
    (folder / "weights").mkdir()
    torch.save(official_contents(EIGHT_MILLION), folder / "weights" / "esm2_t6_8M_UR50D.pt")
    return folder


@pytest.mark.parametrize("layer", [-1, 3])
def test_by_an_official_name(fetched, layer):
    settings = Settings(model="esm2_t6_8M_UR50D", data_dir=fetched, layer=layer, device="cpu", engine="stock")
    assert model_identity(settings) == open_embedder(settings).identity


@pytest.mark.parametrize("model", ["bundled", "esm2_t6_8M_UR50D"])
def test_it_needs_no_torch(fetched, model):
    told = f"model={model!r}, data_dir=Path({str(fetched)!r})"
    program = f"""
import sys
from pathlib import Path
from nesdb_annot.language.identity import model_identity
from nesdb_annot.settings import Settings
assert model_identity(Settings({told})).dimension == 320
assert "torch" not in sys.modules
"""
    subprocess.run([sys.executable, "-c", program], check=True)


def test_weights_that_changed_are_refused_here_too(tmp_path, tiny_own):
    for suffix in (".safetensors", ".json"):
        shutil.copy(tiny_own.with_suffix(suffix), tmp_path / f"model{suffix}")
    with (tmp_path / "model.safetensors").open("ab") as stream:
        stream.write(b"x")
    with pytest.raises(ConfigurationError, match="is not the file of its card"):
        model_identity(Settings(model=str(tmp_path / "model.safetensors")))


def test_layers_that_it_has_not(tiny_own):
    with pytest.raises(ConfigurationError, match="has no layer"):
        model_identity(Settings(model=str(tiny_own), layer=9))
