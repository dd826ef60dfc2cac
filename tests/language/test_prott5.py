"""ProtT5 behind the Protocol, on a tiny random T5 in the layout of the hub that the test makes itself."""

import json
import os
import shutil
import socket

import numpy as np
import pytest
import torch

from nesdb_annot.errors import ConfigurationError
from nesdb_annot.files.digests import file_sha256
from nesdb_annot.language import prott5, prott5_files
from nesdb_annot.language.embedder import open_embedder
from nesdb_annot.language.models import describe, model_path
from nesdb_annot.language.windows import LongRule
from nesdb_annot.settings import Settings
from nesdb_annot.workflow.fetch_model import fetch_model

from .conftest import random_residues

transformers = pytest.importorskip("transformers")
sentencepiece = pytest.importorskip("sentencepiece")

LETTERS = "ALGVSREDTIPKFQNYMHWCXUBZO"
WIDTH = 16


def write_pieces(path):
    """A model of 28 pieces like ProtT5's: <pad>, </s>, <unk>, and a piece for each of 25 letters with its blank."""
    lines = [" ".join(np.random.default_rng(n).permutation(list(LETTERS))) for n in range(40)]
    sentencepiece.SentencePieceTrainer.Train(
        sentence_iterator=iter(lines), model_prefix=str(path.with_suffix("")), vocab_size=28, model_type="word",
        pad_id=0, eos_id=1, unk_id=2, bos_id=-1, minloglevel=2,
    )  # fmt: skip
    path.with_suffix(".vocab").unlink()


def tiny(layers=2, seed=0):
    torch.manual_seed(seed)
    config = transformers.T5Config(
        vocab_size=128, d_model=WIDTH, d_kv=8, d_ff=32, num_layers=layers, num_heads=2, feed_forward_proj="relu"
    )
    model = transformers.T5EncoderModel(config).eval()
    with torch.no_grad():
        model.shared.weight.mul_(3)
    return model


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """As the hub lays it out, weights as a pickle of tensors."""
    path = tmp_path_factory.mktemp("hub") / "tiny_t5"
    path.mkdir()
    model = tiny()
    (path / "config.json").write_text(json.dumps(model.config.to_dict()))
    write_pieces(path / "spiece.model")
    torch.save(model.state_dict(), path / "pytorch_model.bin")
    return path


def opened(folder, **settings):
    return open_embedder(Settings(model=str(folder), device="cpu", **settings))


def vectors_by_transformers(folder, text):
    """What the authors' recipe gives: their tokenizer on spaced letters, all but the last position."""
    model = tiny()
    processor = sentencepiece.SentencePieceProcessor(model_file=str(folder / "spiece.model"))
    tokens = [*processor.encode(text), processor.eos_id()]
    with torch.inference_mode():
        return model(input_ids=torch.tensor([tokens])).last_hidden_state[0, :-1].numpy()


def test_it_gives_what_the_authors_recipe_gives(folder):
    residues = random_residues(70)
    found = next(opened(folder).embed([residues]))
    assert found.shape == (70, WIDTH)
    np.testing.assert_allclose(found, vectors_by_transformers(folder, " ".join(residues)), atol=1e-5)


def test_tokens_are_those_of_transformers_own_tokenizer(folder):
    tokenizer = transformers.T5Tokenizer(vocab_file=str(folder / "spiece.model"), extra_ids=0)
    pieces = prott5.Pieces(folder / "spiece.model")
    letters = [pieces.encoded(letter)[0] for letter in "ACDEFGHIKLMNPQRSTVWYX"]
    assert len(set(letters)) == 21
    assert pieces.encoded("ACXW").tolist() == [*letters[:2], letters[-1], letters[-3], 1]
    processor = sentencepiece.SentencePieceProcessor(model_file=str(folder / "spiece.model"))
    assert processor.GetPieceSize() == 28
    assert tokenizer.eos_token_id == 1


@pytest.mark.parametrize("rare", "UZOB")
def test_rare_residues_are_read_as_x(folder, rare):
    embedder = opened(folder)
    as_they_are, as_x = embedder.embed([f"MK{rare}LV", "MKXLV"])
    np.testing.assert_array_equal(as_they_are, as_x)


def test_the_company_changes_nothing(folder):
    sequences = [random_residues(n, n) for n in (1, 30, 200)]
    together = list(opened(folder).embed(sequences))
    alone = [next(opened(folder).embed([residues])) for residues in sequences]
    for one, other in zip(together, alone, strict=True):
        np.testing.assert_array_equal(one, other)


def test_identity_names_model_layer_weights_and_rule(folder):
    identity = opened(folder).identity
    assert (identity.name, identity.layer, identity.dimension) == ("tiny_t5", 2, WIDTH)
    assert identity.weights_sha256 == file_sha256(folder / "pytorch_model.bin")
    assert identity.long_rule == "whole-to-2046/windows-overlap-512-tent"
    assert opened(folder, layer=1).identity.digest != identity.digest


def test_layers_differ_and_end_with_the_last(folder):
    residues = random_residues(40)
    by_layer = [next(opened(folder, layer=layer).embed([residues])) for layer in (0, 1, 2, -1)]
    np.testing.assert_array_equal(by_layer[2], by_layer[3])
    assert not np.allclose(by_layer[0], by_layer[1])
    assert not np.allclose(by_layer[1], by_layer[2])
    with pytest.raises(ConfigurationError, match="no layer 3"):
        opened(folder, layer=3)


def test_long_proteins_are_windowed_and_not_truncated(folder, monkeypatch):
    monkeypatch.setattr(prott5, "RULE", LongRule(window=60, overlap=20))
    residues = random_residues(150)
    found = next(opened(folder).embed([residues]))
    assert found.shape == (150, WIDTH)
    np.testing.assert_allclose(found[:20], vectors_by_transformers(folder, " ".join(residues[:60]))[:20], atol=1e-5)


def test_safetensors_give_the_same(folder, tmp_path):
    from safetensors.torch import save_file

    other = tmp_path / "tiny_t5"
    shutil.copytree(folder, other)
    (other / "pytorch_model.bin").unlink()
    tensors = {name: tensor.clone() for name, tensor in tiny().state_dict().items() if name != "shared.weight"}
    save_file(tensors, other / "model.safetensors")
    residues = random_residues(33)
    np.testing.assert_array_equal(next(opened(other).embed([residues])), next(opened(folder).embed([residues])))


def test_weights_of_a_whole_t5_are_taken_too(folder, tmp_path):
    other = tmp_path / "tiny_t5"
    shutil.copytree(folder, other)
    decoder = {"decoder.block.0.layer.0.SelfAttention.q.weight": torch.ones(2), "lm_head.weight": torch.ones(2)}
    torch.save(tiny().state_dict() | decoder, other / "pytorch_model.bin")
    residues = random_residues(33)
    np.testing.assert_array_equal(next(opened(other).embed([residues])), next(opened(folder).embed([residues])))


class Hostile:
    def __reduce__(self):
        return os.system, ("true",)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("pytorch_model.bin", {"shared.weight": Hostile()}, "system"),
        ("pytorch_model.bin", {"shared.weight": torch.ones(128, WIDTH)}, "does not hold the encoder"),
        ("pytorch_model.bin", {"shared.weight": torch.ones(3, 5)}, "does not fit its config.json"),
        ("pytorch_model.bin", {"what": 3}, "holds no tensors by name"),
        ("config.json", {"model_type": "bert"}, "'bert', not 't5'"),
        ("config.json", "torn", "cannot be read"),
        ("spiece.model", "torn", "no sentencepiece model"),
    ],
)
def test_files_that_are_not_its_own_are_named(folder, tmp_path, name, content, said):
    other = tmp_path / "tiny_t5"
    shutil.copytree(folder, other)
    if name.endswith(".bin"):
        torch.save(content, other / name)
    else:
        (other / name).write_text(content if isinstance(content, str) else json.dumps(content))
    with pytest.raises(ConfigurationError, match=said):
        opened(other)


def test_no_weights_and_no_such_engine(folder, tmp_path):
    other = tmp_path / "tiny_t5"
    shutil.copytree(folder, other)
    (other / "pytorch_model.bin").unlink()
    with pytest.raises(ConfigurationError, match="holds no weights"):
        opened(other)
    with pytest.raises(ConfigurationError, match="no engine 'openvino' for ProtT5"):
        opened(folder, engine="openvino")


def test_without_the_extra_it_says_what_to_install(folder, monkeypatch):
    monkeypatch.setattr(prott5, "available", lambda: False)
    with pytest.raises(ConfigurationError, match=r"pip install .transformers"):
        opened(folder)


def test_no_socket_is_opened(folder, monkeypatch):
    def refused(*_):
        raise AssertionError("a socket was opened")

    monkeypatch.setattr(socket.socket, "connect", refused)
    monkeypatch.setattr(socket, "getaddrinfo", refused)
    assert next(opened(folder).embed(["MKLV"])).shape == (4, WIDTH)


@pytest.mark.parametrize("name", ["prott5", "Rostlab/prot_t5_xl_uniref50"])
def test_a_model_of_the_hub_that_was_not_fetched_says_how(name, tmp_path):
    with pytest.raises(ConfigurationError, match="is not here") as caught:
        open_embedder(Settings(model=name, data_dir=tmp_path))
    assert f"nesannot models fetch {name}" in str(caught.value)


def served(monkeypatch, folder, tmp_path):
    """A fetch whose server is a folder; gives the addresses that were asked for."""
    from nesdb_annot.sources import weights
    from nesdb_annot.sources.http import Answer

    asked = []

    def fetched(self, address, partial, on_progress):
        asked.append(self._url(address))
        source = folder / address.rpartition("/")[2]
        if source.is_file():
            partial.path.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, partial.path)
        return Answer(self._url(address), 200 if source.is_file() else 404, {}, b"")

    monkeypatch.setattr(weights.HttpClient, "download", fetched)
    return asked


def test_fetched_from_the_hub_it_goes_by_its_short_name(folder, tmp_path, monkeypatch):
    asked = served(monkeypatch, folder, tmp_path)
    settings = Settings(model="prott5", data_dir=tmp_path, device="cpu")
    path = fetch_model(settings, "prott5", None, None, lambda *_: None)
    assert asked[0] == f"https://huggingface.co/{prott5_files.HUB_NAME}/resolve/main/model.safetensors"
    assert path == model_path(settings)
    assert path.name == "pytorch_model.bin"
    embedder = open_embedder(settings)
    assert embedder.identity.name == "prot_t5_xl_half_uniref50-enc"
    assert dict(describe(settings))["layers"] == "2"
    before = list(asked)
    fetch_model(Settings(data_dir=tmp_path), "prott5", None, None, lambda *_: None)
    assert asked[len(before) :] == [asked[0]]  # of all that is here nothing came again


def test_fetched_weights_that_changed_are_refused(folder, tmp_path, monkeypatch):
    served(monkeypatch, folder, tmp_path)
    settings = Settings(model="prott5", data_dir=tmp_path, device="cpu")
    with fetch_model(settings, "prott5", None, None, lambda *_: None).open("ab") as weights:
        weights.write(b"x")
    with pytest.raises(ConfigurationError, match="has changed since it was fetched"):
        open_embedder(settings)


def test_a_mirror_of_the_hub(folder, tmp_path, monkeypatch):
    asked = served(monkeypatch, folder, tmp_path)
    monkeypatch.setenv("HF_ENDPOINT", "https://mirror.example/")
    fetch_model(Settings(data_dir=tmp_path), "Rostlab/other", None, None, lambda *_: None)
    assert {address.partition("/resolve/")[0] for address in asked} == {"https://mirror.example/Rostlab/other"}


def test_offline_fetches_nothing(tmp_path):
    with pytest.raises(ConfigurationError, match="offline"):
        fetch_model(Settings(data_dir=tmp_path, offline=True), "prott5", None, None, lambda *_: None)
