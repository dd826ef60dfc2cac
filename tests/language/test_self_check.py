"""The self-check: what is right passes, what is broken is named, and stored vectors belong to the bundled model."""

import json
import shutil
import time

import numpy as np
import pytest
from safetensors import safe_open

from nesdb_annot.errors import ConfigurationError
from nesdb_annot.language import embedder as embedder_module
from nesdb_annot.language import self_check
from nesdb_annot.language.checkpoint import load_model
from nesdb_annot.language.embedder import open_embedder
from nesdb_annot.language.engines.stock import StockEngine
from nesdb_annot.language.models import BUNDLED_FILE
from nesdb_annot.language.self_check import REFERENCE, check, known_vectors, reference_file, store_reference
from nesdb_annot.settings import Settings

from .conftest import TINY, write_own


class Giving:
    """An engine that gives these vectors."""

    name = "giving"
    batch_residues = 1

    def __init__(self, vectors):
        self.vectors = vectors

    def run(self, sequences):
        assert list(sequences) == [REFERENCE]
        return [self.vectors]


@pytest.fixture
def own(tmp_path):
    return write_own(tmp_path / "model.safetensors", TINY)


@pytest.fixture(scope="module")
def known():
    return np.random.default_rng(1).normal(size=(len(REFERENCE), 32)).astype(np.float32)


def test_the_reference_holds_the_first_known_nes():
    assert REFERENCE[37:47] == "LALKLAGLDI"


def test_stored_vectors_of_the_bundled_model_are_those_of_its_weights():
    """Fails when the model was published anew without `store_reference`."""
    loaded = load_model(BUNDLED_FILE)
    with safe_open(reference_file(BUNDLED_FILE), framework="np") as stored:
        facts = json.loads(stored.metadata()["facts"])
        vectors = stored.get_tensor("embedding").astype(np.float32)
    layer = loaded.layer
    assert (facts["weights_sha256"], facts["layer"], facts["sequence"]) == (loaded.sha256, layer, REFERENCE)
    truth = StockEngine(loaded.model, layer).run([REFERENCE])[0]
    np.testing.assert_allclose(vectors, truth, rtol=2e-3, atol=2e-3)


def test_checking_the_bundled_model_takes_less_than_a_second():
    loaded = load_model(BUNDLED_FILE)
    engine = open_embedder(Settings(device="cpu"), checked=False)._engine
    began = time.process_time()
    check(engine, known_vectors(BUNDLED_FILE, loaded, loaded.layer), "bundled")
    assert time.process_time() - began < 1


@pytest.mark.parametrize("engine", ["packed", "openvino", "compiled", "auto"])
def test_engines_pass_on_weights_without_stored_vectors(own, engine):
    if engine == "compiled" and "compiled" not in open_embedder(Settings(model=str(own), device="cpu")).chosen:
        pytest.skip("no compiled kernel on this machine")
    assert not reference_file(own).exists()
    open_embedder(Settings(model=str(own), device="cpu", engine=engine))


def test_stored_vectors_are_used(own, monkeypatch):
    store_reference(own)

    def never(*_):
        raise AssertionError("the stock engine ran")

    monkeypatch.setattr(self_check, "StockEngine", never)
    open_embedder(Settings(model=str(own), device="cpu", engine="packed"))


def test_another_layer_than_the_stored_one_is_compared_with_the_stock_engine(own):
    store_reference(own)
    loaded = load_model(own)
    np.testing.assert_array_equal(known_vectors(own, loaded, 1), StockEngine(loaded.model, 1).run([REFERENCE])[0])


def test_vectors_of_other_weights_are_refused(own, tmp_path):
    other = write_own(tmp_path / "other.safetensors", TINY, seed=9)
    shutil.copy(store_reference(other), reference_file(own))
    with pytest.raises(ConfigurationError, match="stale"):
        open_embedder(Settings(model=str(own), device="cpu", engine="packed"))


def test_a_damaged_file_of_vectors_is_named(own):
    reference_file(own).write_bytes(b"no tensors")
    with pytest.raises(ConfigurationError, match="holds no reference vectors"):
        open_embedder(Settings(model=str(own), device="cpu", engine="packed"))


def broken(known):
    swapped = known.copy()
    swapped[[40, 41]] = swapped[[41, 40]]
    bad = known.copy()
    bad[7, 3] = np.nan
    return {
        "other residues": swapped,
        "noise": known + np.random.default_rng(2).normal(scale=0.3, size=known.shape).astype(np.float32),
        "scaled": 1.2 * known,
        "shrunken": known / 1.2,
        "no number": bad,
        "nothing": np.zeros_like(known),
        "negated": -known,
        "too short": known[1:],
    }


@pytest.mark.parametrize("how", list(broken(np.ones((76, 32), dtype=np.float32))))
def test_whatever_is_broken_stops_with_its_name(known, how):
    with pytest.raises(ConfigurationError, match="tiny with giving does not embed") as caught:
        check(Giving(broken(known)[how]), known, "tiny with giving")
    assert "--engine stock" in str(caught.value)


def test_rounding_passes(known):
    check(Giving(known), known, "exact")
    check(Giving(known.astype(np.float16).astype(np.float32) * 1.01), known, "rounded")


def test_a_broken_engine_stops_before_anything_is_embedded(own, monkeypatch):
    def chosen(*_):
        return Giving(np.ones((len(REFERENCE), 32), dtype=np.float32)), "as asked"

    monkeypatch.setattr(embedder_module, "chosen_engine", chosen)
    with pytest.raises(ConfigurationError, match="own with giving"):
        open_embedder(Settings(model=str(own)))
    assert open_embedder(Settings(model=str(own)), checked=False).identity.name == "own"


def test_the_layer_that_a_card_names_is_read_where_none_is_asked_for(own):
    card_file = own.with_suffix(".json")
    card = json.loads(card_file.read_text())
    card_file.write_text(json.dumps(card | {"layer": 1}))
    assert open_embedder(Settings(model=str(own), device="cpu")).identity.layer == 1
    assert open_embedder(Settings(model=str(own), device="cpu", layer=card["layers"])).identity.layer == card["layers"]
    store_reference(own)
    with safe_open(reference_file(own), framework="np") as stored:
        assert json.loads(stored.metadata()["facts"])["layer"] == 1
    card_file.write_text(json.dumps(card | {"layer": 99}))
    with pytest.raises(ConfigurationError, match="names no layer"):
        open_embedder(Settings(model=str(own), device="cpu"))
