"""The engine in 8 bits: never chosen by itself, refused where weights defeat it; the rest is asked of both kernels."""

import copy
import dataclasses

import numpy as np
import pytest
import torch

from nesdb_annot.errors import ConfigurationError
from nesdb_annot.language import embedder as embedder_module
from nesdb_annot.language import gate, processor
from nesdb_annot.language.checkpoint import load_model
from nesdb_annot.language.embedder import open_embedder
from nesdb_annot.language.engines import build, choice, easing
from nesdb_annot.language.engines.compiled import CompiledEngine
from nesdb_annot.language.engines.easing import eased, largest_inputs
from nesdb_annot.language.engines.image import PANEL
from nesdb_annot.language.engines.int8 import LARGEST, LARGEST_GROUP, Int8Engine, group_of, rounded
from nesdb_annot.language.engines.layout import in_panels
from nesdb_annot.language.engines.stock import StockEngine
from nesdb_annot.language.models import BUNDLED_FILE
from nesdb_annot.language.random_twin import random_twin
from nesdb_annot.language.reference_proteins import GATING, PERCENT, random_protein
from nesdb_annot.settings import Settings

from .conftest import random_model, random_residues
from .test_engines_kernel import sharpened

LIBRARY = build.open_library(Settings().cache_dir, build.INT8)

needs_kernel = pytest.mark.skipif(
    isinstance(LIBRARY, build.Unavailable), reason="no AVX512-BF16 and VNNI, or no compiler, on this machine"
)

SETTINGS = Settings(engine="int8", device="cpu")


@pytest.fixture(scope="module")
def bundled():
    return load_model(BUNDLED_FILE)


@needs_kernel
class TestNumbers:
    def test_what_is_fed_with_equal_numbers_has_no_steps(self):
        model = random_model((1, 32, 4))
        with torch.no_grad():
            for norm in (model.layers[0].self_attn_layer_norm, model.layers[0].final_layer_norm):
                norm.weight.zero_()
        found = Int8Engine(model, 1, LIBRARY).run(["MKLV"])[0]
        assert gate.cosines(found, StockEngine(model, 1).run(["MKLV"])[0]).min() >= 0.9999

    def test_it_is_not_the_engine_in_16_bits(self):
        model = sharpened(random_model((1, 64, 4)), 3.0)
        other = CompiledEngine(model, 1, build.open_library(Settings().cache_dir))
        residues = random_residues(50)
        assert np.abs(Int8Engine(model, 1, LIBRARY).run([residues])[0] - other.run([residues])[0]).max() > 1e-3


class TestRounding:
    def test_the_largest_weight_of_each_output_and_group_fills_the_byte(self):
        weight = torch.tensor([[0.5, -1.0, 0.25, 0.0], [3.0, 300.0, -30.0, 1.0]])
        whole, steps = rounded(weight, 2)
        assert whole.tolist() == [[[64, -LARGEST], [LARGEST, 0]], [[1, LARGEST], [-LARGEST, 4]]]
        np.testing.assert_allclose(steps, [[1 / 127, 0.25 / 127], [300 / 127, 30 / 127]])

    def test_outputs_without_weights(self):
        whole, steps = rounded(torch.zeros(2, 4), 4)
        assert not whole.any()
        assert (steps > 0).all()

    @pytest.mark.parametrize("width", [32, 96, 192, 320, 480, 640, 1280, 2560, 5120])
    def test_groups_divide_the_inputs(self, width):
        for inputs in (width, 4 * width):
            assert inputs % group_of(inputs) == 0
            assert group_of(inputs) % 32 == 0
            assert min(inputs, 96) <= group_of(inputs) <= LARGEST_GROUP

    def test_panels_hold_each_four_inputs_for_all_outputs(self):
        weight = (torch.arange(96 * 8) % 251 - 125).reshape(96, 8).to(torch.int8)
        words = in_panels(weight).view(torch.int8).reshape(-1, 4)
        for output in (0, 63, 64, 95):
            for quad in (0, 1):
                first = output // PANEL * PANEL
                columns = min(PANEL, 96 - first)
                place = first * 2 + quad * columns + output - first
                assert words[place].tolist() == weight[output, 4 * quad : 4 * quad + 4].tolist()


class TestEasing:
    def test_only_large_inputs_are_divided_by_powers_of_2(self):
        inputs = torch.tensor([1.0, 1.0, 64.0, 0.01, 0.0, 1.0, 900.0])
        found = eased(inputs, torch.ones(3, 7))
        assert found.tolist() == [1, 1, 8, 1, 1, 1, 32]

    def test_what_weights_make_up_for_is_not_divided_less(self):
        """An input that is large where its weights are small is the one that takes all the steps."""
        weight = torch.ones(2, 5)
        weight[:, 3] /= 256
        assert eased(torch.tensor([1.0, 1.0, 1.0, 256.0, 1.0]), weight).tolist() == [1, 1, 1, 256, 1]

    def test_nothing_is_divided_by_what_is_no_number(self):
        assert eased(torch.zeros(4), torch.zeros(2, 4)).tolist() == [1, 1, 1, 1]
        assert eased(torch.ones(4), torch.zeros(2, 4)).tolist() == [1, 1, 1, 1]

    def test_inputs_are_those_of_the_layers_that_run(self):
        model = random_model((2, 32, 4))
        found = largest_inputs(model, 1, ["MKLV"])
        assert set(found) >= {model.layers[0].fc1, model.layers[0].fc2, model.layers[0].self_attn.q_proj}
        assert model.layers[1].fc1 not in found
        assert found[model.layers[0].fc2].shape == (128,)
        expected = []
        model.layers[0].fc2.register_forward_pre_hook(lambda _, inputs: expected.append(inputs[0]))
        StockEngine(model, 1).run(["MKLV"])
        torch.testing.assert_close(found[model.layers[0].fc2], expected[0].abs().amax(dim=(0, 1)))
        assert not model.layers[0].fc1._forward_pre_hooks

    @needs_kernel
    def test_neither_company_nor_a_second_protein_lowers_what_one_needs(self):
        model = random_model((1, 32, 4))
        alone, both = (largest_inputs(model, 1, proteins) for proteins in (["MKLV"], ["MKLV", "WWWWW"]))
        assert all((both[module] >= alone[module]).all() for module in alone)


def with_outliers(model, factor, channels, *, reachable):
    """The same function with activations `factor` times larger in a few channels, as trained models have them.

    Where the outliers are not `reachable`, they change from token to token, and no channel can be eased.
    """
    twin, draw = copy.deepcopy(model), np.random.default_rng(0)
    with torch.no_grad():
        for block in twin.layers:
            attention = block.self_attn
            for norm, fed in (
                (block.self_attn_layer_norm, (attention.q_proj, attention.k_proj, attention.v_proj)),
                (block.final_layer_norm, (block.fc1,)),
            ):
                for channel in draw.choice(twin.embed_dim, channels, replace=False):
                    norm.weight[channel] *= factor
                    norm.bias[channel] *= factor
                    for linear in fed:
                        linear.weight[:, channel] /= factor
                        if not reachable:
                            linear.weight[0, channel] = 3.0
    return twin


@needs_kernel
class TestGate:
    def test_the_bundled_model_passes(self, bundled):
        layer = int(bundled.model.num_layers)
        gate.check(Int8Engine(bundled.model, layer, LIBRARY), bundled, layer)

    def test_outliers_in_the_same_channels_are_eased(self, bundled):
        layer = int(bundled.model.num_layers)
        twin = with_outliers(bundled.model, 64.0, 4, reachable=True)
        other = dataclasses.replace(bundled, model=twin)
        gate.check(Int8Engine(twin, layer, LIBRARY), other, layer)

    def test_without_easing_they_are_refused_with_what_why_and_what_next(self, bundled, monkeypatch):
        layer = int(bundled.model.num_layers)
        twin = with_outliers(bundled.model, 64.0, 4, reachable=True)
        monkeypatch.setattr(easing, "eased", lambda inputs, _: torch.ones_like(inputs))
        engine = Int8Engine(twin, layer, LIBRARY)
        with pytest.raises(ConfigurationError) as caught:
            gate.check(engine, dataclasses.replace(bundled, name="spiky", model=twin), layer)
        assert caught.value.what == f"compiled int8 on cpu is not exact enough for spiky, layer {layer}"
        assert "0.999 and 0.9999 are needed" in caught.value.why
        assert caught.value.remedy == "--engine auto"

    def test_a_refusal_stops_before_anything_is_embedded(self, bundled, monkeypatch):
        twin = with_outliers(bundled.model, 512.0, 8, reachable=False)
        other = dataclasses.replace(bundled, name="spiky", model=twin)
        monkeypatch.setattr(embedder_module, "load_model", lambda _: other)
        monkeypatch.setattr(embedder_module.self_check, "check", lambda *_: None)
        with pytest.raises(ConfigurationError, match="not exact enough for spiky"):
            open_embedder(SETTINGS)
        assert "int8" in open_embedder(SETTINGS, checked=False).chosen
        assert "int8" not in open_embedder(dataclasses.replace(SETTINGS, engine="auto")).chosen

    def test_vectors_that_agree_only_in_a_dimension_that_is_always_large(self, bundled):
        model = copy.deepcopy(bundled.model)
        with torch.no_grad():
            model.emb_layer_norm_after.bias[0] = 5000.0
        layer = int(model.num_layers)

        class Blurred:
            name = "blurred"
            batch_residues = 1

            def run(self, sequences):
                draw = np.random.default_rng(4)
                known = StockEngine(model, layer).run(sequences)
                return [one + draw.normal(scale=0.5, size=one.shape).astype(np.float32) for one in known]

        known, found = (np.concatenate(one.run(GATING)) for one in (StockEngine(model, layer), Blurred()))
        assert gate.cosines(known, found).min() >= gate.LEAST
        with pytest.raises(ConfigurationError, match="without the mean vector"):
            gate.check(Blurred(), dataclasses.replace(bundled, model=model), layer)

    @pytest.mark.parametrize("bad", [np.nan, np.inf])
    def test_what_is_no_number_is_refused(self, bundled, bad):
        class Broken:
            name = "broken"
            batch_residues = 1

            def run(self, sequences):
                vectors = StockEngine(bundled.model, 1).run(sequences)
                vectors[2][5, 3] = bad
                return vectors

        with pytest.raises(ConfigurationError, match="broken is not exact enough"):
            gate.check(Broken(), bundled, 1)

    def test_it_is_for_this_engine_only(self, bundled):
        assert gate.needed(Int8Engine(bundled.model, 1, LIBRARY))
        assert not gate.needed(CompiledEngine(bundled.model, 1, build.open_library(Settings().cache_dir)))
        assert not gate.needed(StockEngine(bundled.model, 1))

    def test_random_twins_pass_it_too(self, monkeypatch):
        seen = []
        monkeypatch.setattr(gate, "check", lambda engine, loaded, layer: seen.append(loaded.name))
        random_twin(SETTINGS)
        assert seen[0].startswith("random weights of the shape of")


class TestChoice:
    @needs_kernel
    def test_it_is_opened_as_asked(self):
        assert open_embedder(SETTINGS).chosen.endswith("compiled int8 on cpu (as asked)")

    def test_it_is_never_chosen_by_itself(self, bundled, monkeypatch):
        monkeypatch.setattr(processor, "flags", lambda *_: frozenset(build.INT8.needed))
        monkeypatch.setattr(choice, "_kernel", lambda *_: object())
        kind, _ = choice._best(bundled, "cpu", Settings())
        assert kind == "compiled"

    def test_without_the_processor_for_it_that_is_said(self, monkeypatch):
        monkeypatch.setattr(processor, "flags", lambda *_: frozenset(build.BFLOAT16.needed))
        with pytest.raises(ConfigurationError) as caught:
            open_embedder(SETTINGS)
        assert caught.value.what == "the int8 kernel cannot be used"
        assert caught.value.why == "the processor lacks avx512_vnni"
        assert caught.value.remedy == "--engine auto"


class TestReferenceProteins:
    def test_they_are_the_same_everywhere(self):
        assert random_protein(30, 17) == "MLSGAIGPPIDKKFPLTYYESLGVAEENRS"

    def test_they_have_the_composition_of_proteins(self):
        drawn = random_protein(20_001, 5)[1:]
        for letter, percent in PERCENT.items():
            assert 100 * drawn.count(letter) / len(drawn) == pytest.approx(percent, abs=0.75)
