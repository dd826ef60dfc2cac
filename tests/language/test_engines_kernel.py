"""The compiled kernels: right, independent of what lies beside, and silently absent where they cannot be built."""

import ctypes
import pickle
import stat
from functools import cache

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nesdb_annot.language import processor
from nesdb_annot.language.engines import build
from nesdb_annot.language.engines.compiled import CompiledEngine, fits
from nesdb_annot.language.engines.image import PANEL
from nesdb_annot.language.engines.int8 import Int8Engine
from nesdb_annot.language.engines.layout import panels
from nesdb_annot.language.engines.stock import StockEngine
from nesdb_annot.settings import Settings

from .conftest import random_model, random_residues

CACHE = Settings().cache_dir
LIBRARY = build.open_library(CACHE)
LIBRARIES = {CompiledEngine: LIBRARY, Int8Engine: build.open_library(CACHE, build.INT8)}
LEAST = {CompiledEngine: (0.999, 0.05), Int8Engine: (0.998, 0.15)}
"""Cosine of each residue, and the largest error in parts of the largest number."""

needs_kernel = pytest.mark.skipif(
    isinstance(LIBRARY, build.Unavailable), reason="no AVX512-BF16, or no compiler, on this machine"
)


@pytest.fixture(params=[CompiledEngine, Int8Engine], ids=["bfloat16", "int8"])
def kind(request):
    """Each engine that this machine can run."""
    if isinstance(LIBRARIES[request.param], build.Unavailable):
        pytest.skip(LIBRARIES[request.param].why)
    return request.param


def opened(kind, model, layer):
    return kind(model, layer, LIBRARIES[kind])


def cosines(these, those):
    return (these * those).sum(1) / (np.linalg.norm(these, axis=1) * np.linalg.norm(those, axis=1))


def sharpened(model, factor):
    """A random model whose attention is as peaked as that of a trained one, and whose norms do something."""
    generator = torch.Generator().manual_seed(3)
    with torch.no_grad():
        for block in model.layers:
            block.self_attn.q_proj.weight *= factor
            block.self_attn.q_proj.bias.normal_(generator=generator)
            block.self_attn.k_proj.bias.normal_(generator=generator)
            for norm in (block.self_attn_layer_norm, block.final_layer_norm):
                norm.weight.normal_(1, 0.3, generator=generator)
                norm.bias.normal_(0, 0.3, generator=generator)
    return model


# Head widths 8, 16, 24, 32, 64 and 128: less than one vector, whole ones, and the widths of all official models.
SHAPES = [(2, 32, 4), (1, 320, 20), (1, 480, 20), (1, 640, 20), (1, 1280, 20), (1, 256, 2), (1, 96, 6)]


class TestNumbers:
    @pytest.mark.parametrize("shape", SHAPES, ids=str)
    @pytest.mark.parametrize("length", [1, 5, 126, 127, 333])
    def test_it_is_fair_esm(self, kind, shape, length):
        model = sharpened(random_model(shape), 3.0)
        residues = random_residues(length, seed=length)
        expected = StockEngine(model, shape[0]).run([residues])[0]
        found = opened(kind, model, shape[0]).run([residues])[0]
        cosine, error = LEAST[kind]
        assert cosines(found, expected).min() >= cosine
        np.testing.assert_allclose(found, expected, atol=error * np.abs(expected).max())

    @needs_kernel
    def test_scores_that_overflow_unless_their_level_is_lowered(self):
        model = sharpened(random_model((1, 64, 4)), 400.0)
        vectors = CompiledEngine(model, 1, LIBRARY).run([random_residues(300)])[0]
        assert np.isfinite(vectors).all()
        assert cosines(vectors, StockEngine(model, 1).run([random_residues(300)])[0]).min() > 0.9

    @settings(deadline=None, max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(lengths=st.lists(st.integers(1, 290), min_size=1, max_size=6), shuffle=st.randoms(use_true_random=False))
    def test_company_and_order_change_no_bit(self, kind, lengths, shuffle):
        engine = shared_engine(kind)
        proteins = [random_residues(length, seed=n) for n, length in enumerate(lengths)]
        order = list(range(len(proteins)))
        shuffle.shuffle(order)
        together = engine.run([proteins[n] for n in order])
        for place, n in enumerate(order):
            np.testing.assert_array_equal(together[place], engine.run([proteins[n]])[0])

    @needs_kernel
    def test_tables_of_positions_grow(self):
        model = random_model((1, 32, 4))
        residues = random_residues(1500)
        found = CompiledEngine(model, 1, LIBRARY).run([residues])[0]
        assert cosines(found, StockEngine(model, 1).run([residues])[0]).min() >= 0.999

    def test_it_can_be_sent_to_another_process(self, kind):
        engine = opened(kind, sharpened(random_model((2, 96, 6)), 3.0), 2)
        assert engine.portable
        sent = pickle.loads(pickle.dumps(engine))
        residues = [random_residues(1100), "MKLV"]
        for own, other in zip(engine.run(residues), sent.run(residues), strict=True):
            np.testing.assert_array_equal(own, other)
        assert (sent.name, sent.batch_residues) == (engine.name, engine.batch_residues)

    def test_without_its_library_it_cannot_be_sent(self, kind, tmp_path):
        engine = opened(kind, random_model((1, 32, 4)), 1)
        engine._library = str(tmp_path / "gone.so")
        assert not engine.portable

    def test_want_of_memory_is_said(self, kind, monkeypatch):
        engine = opened(kind, random_model((1, 32, 4)), 1)
        monkeypatch.setattr(engine, "_forward", lambda *_: 1)
        with pytest.raises(MemoryError, match="7 tokens"):
            engine.run(["MKLVA"])


@cache
def shared_engine(kind):
    return opened(kind, random_model((2, 64, 4)), 2)


class TestLayout:
    def test_panels_hold_each_pair_of_inputs_for_all_outputs(self):
        weight = torch.arange(96 * 4, dtype=torch.float32).reshape(96, 4) % 251
        words = panels(weight).view(torch.bfloat16).reshape(-1, 2)
        assert words.shape == (96 * 2, 2)
        for output in (0, 1, 63, 64, 95):
            for pair in (0, 1):
                first = output // PANEL * PANEL
                columns = min(PANEL, 96 - first)
                place = first * 2 + pair * columns + output - first
                assert words[place].tolist() == weight[output, 2 * pair : 2 * pair + 2].tolist()

    @pytest.mark.parametrize(("shape", "fit"), [((1, 32, 4), True), ((1, 24, 4), False), ((1, 96, 32), False)])
    def test_shapes(self, shape, fit):
        model = random_model((1, 32, 4))
        model.embed_dim, model.attention_heads = shape[1:]
        assert fits(model) is fit


def able(monkeypatch):
    monkeypatch.setattr(processor, "flags", lambda: frozenset(build.INT8.needed))


def compiler(path, script):
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return str(path)


class TestAbsence:
    def test_a_processor_without_bfloat16(self, monkeypatch, tmp_path):
        monkeypatch.setattr(processor, "flags", lambda: frozenset({"avx2", "avx512f"}))
        assert build.open_library(tmp_path) == build.Unavailable("the processor lacks avx512bw")
        assert list(tmp_path.iterdir()) == []

    def test_no_compiler(self, monkeypatch, tmp_path):
        able(monkeypatch)
        monkeypatch.delenv("CC", raising=False)
        monkeypatch.setenv("PATH", str(tmp_path))
        assert build.open_library(tmp_path) == build.Unavailable("there is no C compiler")

    def test_a_compiler_that_is_too_old(self, monkeypatch, tmp_path):
        able(monkeypatch)
        said = "echo 'cc: error: unrecognized option -mavx512bf16' >&2; exit 1"
        monkeypatch.setenv("CC", compiler(tmp_path / "old-cc", said))
        found = build.open_library(tmp_path / "cache")
        assert "old-cc cannot compile" in found.why
        assert "unrecognized option" in found.why
        assert list((tmp_path / "cache" / "kernel").iterdir()) == []

    def test_a_compiler_that_never_ends(self, monkeypatch, tmp_path):
        able(monkeypatch)
        monkeypatch.setattr(build, "SECONDS_TO_COMPILE", 0.2)
        monkeypatch.setenv("CC", compiler(tmp_path / "slow-cc", "exec sleep 30"))
        assert "did not end" in build.open_library(tmp_path / "cache").why

    def test_what_was_made_is_no_library(self, monkeypatch, tmp_path):
        able(monkeypatch)
        wrong = 'while [ "$1" != -o ]; do shift; done; echo nothing > "$2"'
        monkeypatch.setenv("CC", compiler(tmp_path / "wrong-cc", wrong))
        assert "cannot be loaded" in build.open_library(tmp_path / "cache").why

    def test_a_cache_directory_that_is_a_file(self, monkeypatch, tmp_path):
        able(monkeypatch)
        monkeypatch.setenv("CC", compiler(tmp_path / "any-cc", "exit 1"))
        (tmp_path / "cache").write_text("")
        assert "any-cc cannot compile the kernel" in build.open_library(tmp_path / "cache").why

    def test_full_cache_directory_has_it_compiled_elsewhere(self, monkeypatch, tmp_path):
        able(monkeypatch)
        log = tmp_path / "log"
        failing = f'while [ "$1" != -o ]; do shift; done; echo "$2" >> {log}; exit 1'
        monkeypatch.setenv("CC", compiler(tmp_path / "full-cc", failing))
        monkeypatch.setattr(build, "_has_room", lambda _: False)
        assert "cannot compile" in build.open_library(tmp_path / "cache").why
        first, second = log.read_text().splitlines()
        assert first.startswith(str(tmp_path / "cache"))
        assert not second.startswith(str(tmp_path / "cache"))

    def test_a_processor_without_products_in_8_bits(self, monkeypatch, tmp_path):
        monkeypatch.setattr(processor, "flags", lambda: frozenset(build.BFLOAT16.needed))
        assert build.open_library(tmp_path, build.INT8) == build.Unavailable("the processor lacks avx512_vnni")


@needs_kernel
class TestKeeping:
    def test_it_is_compiled_once_for_its_owner_only(self, monkeypatch, tmp_path):
        assert isinstance(build.open_library(tmp_path), ctypes.CDLL)
        (kept,) = (tmp_path / "kernel").iterdir()
        assert stat.S_IMODE((tmp_path / "kernel").stat().st_mode) == 0o700
        monkeypatch.setattr(build, "_compiled", lambda *_: pytest.fail("compiled again"))
        assert isinstance(build.open_library(tmp_path), ctypes.CDLL)
        assert kept.stat().st_size > 10_000

    def test_without_a_place_to_write_it_is_compiled_in_passing(self, monkeypatch, tmp_path):
        def refuse(*_, **__):
            raise PermissionError(13, "Permission denied")

        monkeypatch.setattr(build.Path, "mkdir", refuse)
        assert isinstance(build.open_library(tmp_path / "none"), ctypes.CDLL)

    def test_another_source_is_another_library(self, tmp_path):
        changed = tmp_path / "kernel.c"
        changed.write_text(build.BFLOAT16.sources[0].read_text() + "\nint nesannot_changed(void) { return 7; }\n")
        build.open_library(tmp_path)
        kernel = build.Kernel((changed,), build.BFLOAT16.needed)
        assert build.open_library(tmp_path, kernel).nesannot_changed() == 7
        assert len(list((tmp_path / "kernel").iterdir())) == 2
