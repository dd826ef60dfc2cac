"""Engines against fair-esm's forward pass, independence of batch and order, long proteins, and what settings choose."""

import os
import socket
import subprocess
import sys
from itertools import pairwise

import numpy as np
import pytest
import torch

from nesdb_annot.errors import ConfigurationError
from nesdb_annot.language import processor
from nesdb_annot.language.checkpoint import load_model
from nesdb_annot.language.embedder import open_embedder
from nesdb_annot.language.engines import build
from nesdb_annot.language.engines.attention import all_at_once, attention_for, each_alone
from nesdb_annot.language.engines.compiled import CompiledEngine
from nesdb_annot.language.engines.int8 import Int8Engine
from nesdb_annot.language.engines.openvino import OpenVinoEngine, available
from nesdb_annot.language.engines.packed import PackedEngine
from nesdb_annot.language.engines.stock import StockEngine
from nesdb_annot.language.model_embedder import ModelEmbedder
from nesdb_annot.language.models import BUNDLED_FILE
from nesdb_annot.language.windows import LongRule
from nesdb_annot.processes.environment import single_threaded
from nesdb_annot.settings import Settings

from .conftest import EIGHT_MILLION, TINY, random_model, random_residues, write_own

LENGTHS = (1, 2, 30, 77, 410, 900)
LIBRARY = build.open_library(Settings().cache_dir)
LIBRARY_INT8 = build.open_library(Settings().cache_dir, build.INT8)
KINDS = [
    *("packed f32", "packed bf16"),
    *(["openvino f32", "openvino bf16"] if available() else []),
    *([] if isinstance(LIBRARY_INT8, build.Unavailable) else ["compiled int8"]),
    *([] if isinstance(LIBRARY, build.Unavailable) else ["compiled bf16"]),
]
PROTEINS = [random_residues(length, seed=length) for length in LENGTHS] + ["MXBUZO" * 3]

needs_openvino = pytest.mark.skipif(not available(), reason="OpenVINO is not installed")


def engine_of(kind, model, layer):
    name, precision = kind.split()
    if name == "packed":
        return PackedEngine(model, layer, dtype=torch.bfloat16 if precision == "bf16" else torch.float32)
    if precision == "int8":
        return Int8Engine(model, layer, LIBRARY_INT8)
    if name == "compiled":
        return CompiledEngine(model, layer, LIBRARY)
    return OpenVinoEngine(model, layer, half=precision == "bf16")


def cosines(these, those):
    one, two = np.concatenate(these), np.concatenate(those)
    return (one * two).sum(1) / (np.linalg.norm(one, axis=1) * np.linalg.norm(two, axis=1))


@pytest.fixture(scope="module")
def bundled():
    return load_model(BUNDLED_FILE)


@pytest.fixture(scope="module")
def bundled_engines(bundled):
    return {kind: engine_of(kind, bundled.model, bundled.model.num_layers) for kind in KINDS}


@pytest.fixture(scope="module")
def reference(bundled):
    return StockEngine(bundled.model, bundled.model.num_layers).run(PROTEINS)


@pytest.mark.parametrize("kind", KINDS)
def test_accuracy_gate_on_the_bundled_model(kind, bundled_engines, reference):
    found = cosines(bundled_engines[kind].run(PROTEINS), reference)
    assert found.min() >= 0.999
    assert np.median(found) >= 0.9999
    if kind.endswith("f32"):
        assert found.min() >= 0.999999


@pytest.mark.parametrize("kind", KINDS)
def test_shapes_and_types(kind, bundled, bundled_engines):
    for residues, vectors in zip(PROTEINS, bundled_engines[kind].run(PROTEINS), strict=True):
        assert vectors.shape == (len(residues), bundled.model.embed_dim)
        assert vectors.dtype == np.float32
        assert np.isfinite(vectors).all()


@pytest.mark.parametrize("kind", KINDS)
def test_neither_batch_mates_nor_order_matter(kind, bundled_engines):
    engine = bundled_engines[kind]
    together = engine.run(PROTEINS)
    backwards = engine.run(PROTEINS[::-1])[::-1]
    alone = [engine.run([residues])[0] for residues in PROTEINS]
    assert cosines(together, alone).min() >= 0.99999
    assert cosines(together, backwards).min() >= 0.99999


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("layer", [0, 1, 2])
def test_every_layer_is_the_one_of_fair_esm(kind, layer):
    model = random_model(TINY)
    expected = StockEngine(model, layer).run(PROTEINS[:4])
    assert cosines(engine_of(kind, model, layer).run(PROTEINS[:4]), expected).min() >= 0.999


def test_a_model_without_token_dropout_is_not_scaled():
    model = random_model(TINY)
    model.token_dropout = False
    expected = StockEngine(model, 0).run(["MKLV"])[0]
    np.testing.assert_allclose(PackedEngine(model, 0).run(["MKLV"])[0], expected, rtol=1e-6)


def test_answers_are_not_overwritten_by_the_next_call(bundled_engines):
    for engine in bundled_engines.values():
        first = engine.run(["MKLVAAAA"])[0]
        kept = first.copy()
        engine.run(["WWWWWWWW"])
        np.testing.assert_array_equal(first, kept)


class TestLongProteins:
    @pytest.mark.parametrize("length", [1, 9, 10, 11, 16, 17, 100, 1003])
    @pytest.mark.parametrize(("window", "overlap"), [(10, 4), (10, 0), (10, 9), (64, 20)])
    def test_windows_cover_everything_and_overlap_enough(self, length, window, overlap):
        spans = LongRule(window, overlap).spans(length)
        covered = np.zeros(length, dtype=int)
        for span in spans:
            covered[span.as_slice()] += 1
        assert covered.min() >= 1
        assert all(len(span) == min(window, length) for span in spans)
        assert spans[0].first == 1
        assert spans[-1].last == length
        if length > window:
            assert all(a.overlap(b) >= overlap for a, b in pairwise(spans))

    def test_blending_equal_windows_changes_nothing(self):
        rule = LongRule(10, 4)
        truth = np.random.default_rng(0).normal(size=(47, 3)).astype(np.float32)
        pieces = [(span, truth[span.as_slice()]) for span in rule.spans(47)]
        np.testing.assert_allclose(rule.blended(47, pieces), truth, rtol=1e-5)

    def test_the_nearer_centre_weighs_more(self):
        rule = LongRule(10, 4)
        spans = rule.spans(16)
        blended = rule.blended(16, [(s, np.full((10, 1), float(i), np.float32)) for i, s in enumerate(spans)])
        overlap = blended[6:10, 0]
        assert (np.diff(overlap) > 0).all()
        assert overlap[0] < 0.5 < overlap[-1]
        assert blended[5, 0] == 0
        assert blended[10, 0] == 1

    def test_a_rule_that_never_moves_is_refused(self):
        with pytest.raises(ValueError, match="cannot overlap"):
            LongRule(10, 10)

    def test_a_long_protein_among_short_ones_keeps_its_place(self, bundled, bundled_engines):
        rule = LongRule(100, 40)
        engine = bundled_engines["packed f32"]
        embedder = ModelEmbedder(None, engine, rule, "")
        proteins = [random_residues(50), random_residues(333), random_residues(20), random_residues(100)]
        embedded = list(embedder.embed(proteins))
        assert [len(e) for e in embedded] == [50, 333, 20, 100]
        np.testing.assert_allclose(embedded[2], engine.run([proteins[2]])[0], atol=1e-5)
        np.testing.assert_allclose(embedded[1][:60], engine.run([proteins[1][:100]])[0][:60], atol=1e-4)

    @pytest.mark.slow
    def test_thirty_five_thousand_residues(self, bundled, bundled_engines):
        embedder = ModelEmbedder(None, bundled_engines[KINDS[-1]], LongRule(), "")
        vectors = next(embedder.embed([random_residues(35_000)]))
        assert vectors.shape == (35_000, bundled.model.embed_dim)
        assert np.isfinite(vectors).all()

    @pytest.mark.slow
    def test_they_pass_an_official_shape_in_little_memory(self, tmp_path):
        path = write_own(tmp_path / "model.safetensors", EIGHT_MILLION)
        command = [sys.executable, "-c", LONGEST, str(path)]
        ran = subprocess.run(command, capture_output=True, text=True, check=False)
        shape, peak = ran.stdout.split(";")
        assert shape == "(35000, 320)", ran.stderr
        assert float(peak) < 3.0


LONGEST = """
import resource, sys
from nesdb_annot.processes.environment import single_threaded
single_threaded()
from nesdb_annot.language.embedder import open_embedder
from nesdb_annot.settings import Settings
embedder = open_embedder(Settings(model=sys.argv[1], device="cpu"))
vectors = next(embedder.embed(["MKLVAQEDRS" * 3500]))
print(vectors.shape, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6, sep=";")
"""


class Counting:
    """An engine that notes what it was given."""

    def __init__(self, batch_residues):
        self.batch_residues, self.batches, self.name = batch_residues, [], "counting"

    def run(self, sequences):
        self.batches.append([len(s) for s in sequences])
        return [np.full((len(s), 1), len(s), np.float32) for s in sequences]


class TestBatches:
    def test_sequences_are_gathered_up_to_the_budget(self):
        engine = Counting(100)
        proteins = ["M" * n for n in (30, 30, 50, 120, 10)]
        assert [v.shape[0] for v in ModelEmbedder(None, engine, LongRule(), "").embed(proteins)] == [
            30,
            30,
            50,
            120,
            10,
        ]
        assert engine.batches == [[30, 30, 50], [120], [10]]

    def test_one_at_a_time_is_lazy(self):
        engine = Counting(1)
        embedded = ModelEmbedder(None, engine, LongRule(), "").embed(iter(["MK", "MKL", "M"]))
        assert next(embedded).shape == (2, 1)
        assert engine.batches == [[2]]

    def test_nothing_in_nothing_out(self):
        assert list(ModelEmbedder(None, Counting(1), LongRule(), "").embed([])) == []


class Forgetful(Counting):
    """An engine whose memory holds `most` residues."""

    error = torch.OutOfMemoryError

    def __init__(self, batch_residues, most):
        super().__init__(batch_residues)
        self.most = most

    def run(self, sequences):
        if sum(map(len, sequences)) > self.most:
            raise self.error("out of memory")
        return super().run(sequences)


class TestMemory:
    def test_no_protein_is_lost_and_the_smaller_budget_is_remembered(self):
        engine = Forgetful(1000, 260)
        proteins = ["M" * n for n in [100] * 30]
        embedded = list(ModelEmbedder(None, engine, LongRule(), "").embed(proteins))
        assert len(embedded) == 30
        assert sum(map(sum, engine.batches)) == 3000
        assert max(map(sum, engine.batches[4:])) <= 260

    def test_one_protein_that_does_not_fit_is_an_error_that_says_so(self):
        with pytest.raises(MemoryError, match="300 residues does not fit"):
            list(ModelEmbedder(None, Forgetful(1, 260), LongRule(), "").embed(["M" * 300]))

    def test_want_of_memory_on_a_processor_is_met_in_the_same_way(self):
        class Full(Forgetful):
            error = MemoryError

        engine = Full(1000, 260)
        assert len(list(ModelEmbedder(None, engine, LongRule(), "").embed(["M" * 100] * 30))) == 30
        with pytest.raises(MemoryError, match="out of memory"):
            list(ModelEmbedder(None, engine, LongRule(), "").embed(["M" * 300]))

    def test_other_errors_are_not_taken_for_it(self):
        class Broken(Counting):
            def run(self, sequences):
                raise RuntimeError("a bug")

        with pytest.raises(RuntimeError, match="a bug"):
            list(ModelEmbedder(None, Broken(1), LongRule(), "").embed(["MK"]))


def emulated_kernel(query, key, value, ends, ends_of_keys, longest, longest_key):
    """What varlen_attn is documented to do, in plain torch."""
    assert ends.dtype == torch.int32
    assert ends.tolist() == ends_of_keys.tolist()
    assert longest == longest_key == int(ends.diff().max())
    out = torch.empty_like(query)
    for a, b in pairwise(ends.tolist()):
        scores = torch.einsum("qhd,khd->hqk", query[a:b], key[a:b]) * query.shape[-1] ** -0.5
        out[a:b] = torch.einsum("hqk,khd->qhd", scores.softmax(-1), value[a:b])
    return out


class TestPackedAttention:
    @pytest.mark.parametrize("lengths", [[7], [3, 1, 20], [1, 1, 1]])
    def test_all_at_once_is_each_alone(self, lengths):
        generator = torch.Generator().manual_seed(0)
        query, key, value = (torch.randn(sum(lengths), 4, 8, generator=generator) for _ in range(3))
        expected = each_alone(query, key, value, lengths)
        torch.testing.assert_close(all_at_once(emulated_kernel)(query, key, value, lengths), expected)

    def test_the_kernel_is_for_gpus_in_half_precision_only(self):
        assert attention_for("cpu", torch.bfloat16) is each_alone
        assert attention_for("cuda", torch.float32) is each_alone

    def test_an_old_torch_has_no_kernel(self, monkeypatch):
        monkeypatch.setitem(sys.modules, "torch.nn.attention.varlen", None)
        assert attention_for("cuda:0", torch.bfloat16) is each_alone


class TestChoice:
    def test_identity_and_reason(self, tiny_own):
        embedder = open_embedder(Settings(model=str(tiny_own), engine="packed", device="cpu"))
        assert embedder.identity.name == "own"
        assert (embedder.identity.layer, embedder.identity.dimension) == (2, 32)
        assert len(embedder.identity.weights_sha256) == 64
        assert embedder.identity.long_rule == LongRule().name
        assert "packed" in embedder.chosen
        assert "layer 2" in embedder.chosen

    @pytest.mark.parametrize(("asked", "layer"), [(-1, 2), (-2, 1), (-3, 0), (0, 0), (2, 2)])
    def test_layers_count_from_either_end(self, asked, layer, tiny_own):
        settings = Settings(model=str(tiny_own), engine="stock", layer=asked, device="cpu")
        assert open_embedder(settings).identity.layer == layer

    @pytest.mark.parametrize("asked", [3, -4, 99])
    def test_absent_layers(self, asked, tiny_own):
        with pytest.raises(ConfigurationError, match="has no layer"):
            open_embedder(Settings(model=str(tiny_own), layer=asked))

    @pytest.mark.parametrize(("device", "engine"), [("tpu", "auto"), ("cuda:0", "auto"), ("cpu", "fast")])
    def test_absent_devices_and_engines(self, device, engine, tiny_own):
        if torch.cuda.is_available():
            pytest.skip("there is a GPU")
        with pytest.raises(ConfigurationError):
            open_embedder(Settings(model=str(tiny_own), device=device, engine=engine))

    @needs_openvino
    def test_auto_is_openvino_on_a_processor_without_kernel(self, tiny_own, monkeypatch):
        monkeypatch.setattr(build, "open_library", lambda _: build.Unavailable("there is no C compiler"))
        chosen = open_embedder(Settings(model=str(tiny_own), device="cpu")).chosen
        assert "openvino" in chosen
        assert processor.has_tiles() or not processor.has_bfloat16() or "there is no C compiler" in chosen

    @pytest.mark.skipif("compiled bf16" not in KINDS, reason="no kernel on this machine")
    def test_auto_is_the_kernel_where_it_is_the_fastest(self, tiny_own, monkeypatch):
        monkeypatch.setattr(processor, "has_tiles", lambda: False)
        assert "compiled bfloat16" in open_embedder(Settings(model=str(tiny_own), device="cpu")).chosen

    def test_a_shape_that_the_kernel_cannot_run_gets_another_engine(self, tmp_path):
        path = write_own(tmp_path / "model.safetensors", (1, 24, 4))
        assert "compiled" not in open_embedder(Settings(model=str(path), device="cpu")).chosen
        with pytest.raises(ConfigurationError, match="multiple of 32"):
            open_embedder(Settings(model=str(path), device="cpu", engine="compiled"))

    def test_official_model_that_is_not_fetched(self, tmp_path):
        with pytest.raises(ConfigurationError, match="nesannot models fetch esm2_t6_8M_UR50D"):
            open_embedder(Settings(model="esm2_t6_8M_UR50D", data_dir=tmp_path))

    def test_unknown_model(self):
        with pytest.raises(ConfigurationError, match="neither a model nor a file"):
            open_embedder(Settings(model="esm3"))


class TestProcessor:
    @pytest.mark.parametrize(
        ("text", "has"),
        [("flags\t: avx2 avx512_bf16 x", True), ("flags : amx_bf16", True), ("flags : avx512f", False), ("", False)],
    )
    def test_bfloat16_flags(self, text, has, tmp_path):
        (tmp_path / "cpuinfo").write_text(f"model name : avx512_bf16 pretender\n{text}\n")
        assert processor.has_bfloat16(tmp_path / "cpuinfo") is has

    def test_no_cpuinfo(self, tmp_path):
        assert processor.has_bfloat16(tmp_path / "none") is False

    def test_single_threaded_leaves_the_users_malloc_alone(self):
        environment = {"OMP_NUM_THREADS": "8", "MALLOC_MMAP_MAX_": "7"}
        single_threaded(environment)
        assert environment["OMP_NUM_THREADS"] == "1"
        assert environment["MALLOC_MMAP_MAX_"] == "7"


SILENT = """
import socket, sys
def refuse(*_, **__): raise SystemExit("a socket was opened")
socket.socket.connect = refuse
socket.getaddrinfo = refuse
from nesdb_annot.settings import Settings
from nesdb_annot.language.embedder import open_embedder
embedder = open_embedder(Settings(engine="openvino", device="cpu"))
print(next(embedder.embed(["MKLV"])).shape)
assert "openvino_telemetry.main" not in sys.modules
"""


@needs_openvino
def test_openvino_opens_no_socket_and_writes_nothing_home(bundled, tmp_path):
    environment = {**os.environ, "HOME": str(tmp_path)}
    ran = subprocess.run([sys.executable, "-c", SILENT], env=environment, capture_output=True, text=True, check=False)
    assert ran.stdout.strip() == f"(4, {bundled.model.embed_dim})", ran.stderr
    assert list(tmp_path.iterdir()) == []
    assert socket.socket
