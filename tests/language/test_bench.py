"""The measurement of speed: what is counted, that all do the same work, and that all have the same settings."""

import time
from collections import Counter

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.utils.flop_counter import FlopCounterMode

from nesdb_annot.errors import ConfigurationError, InternalError
from nesdb_annot.language import processor
from nesdb_annot.language.bench import contenders as contending
from nesdb_annot.language.bench import peaks, process, run
from nesdb_annot.language.bench.clock import Clock, Spent
from nesdb_annot.language.bench.contenders import PaddedStock, contenders, stock_batches
from nesdb_annot.language.bench.wanted import (
    MEDIAN_LENGTH,
    OURS,
    SHAPES,
    Wanted,
    drawn_lengths,
    official_shape,
    operations,
    passes,
)
from nesdb_annot.language.catalog import OFFICIAL_MODELS
from nesdb_annot.language.checkpoint import LoadedModel
from nesdb_annot.language.engines import build
from nesdb_annot.language.engines.stock import StockEngine
from nesdb_annot.language.windows import WHOLE
from nesdb_annot.processes import environment
from nesdb_annot.settings import ENGINES, Settings

from .conftest import TINY, random_model, random_residues


def wanted(**changes):
    stated = {"shapes": ("8M",), "engines": ("packed",), "lengths": (40, 60, 90), "seconds": 0.0, "seed": 1}
    return Wanted(**{**stated, "device": "cpu", "cache_dir": str(Settings().cache_dir), **changes})


@pytest.fixture
def tiny(monkeypatch):
    """The smallest model in place of an official one."""
    loaded = LoadedModel("tiny", "", random_model(TINY), None)
    monkeypatch.setattr(run, "model_of", lambda shape, seed: loaded)
    monkeypatch.setitem(peaks.SIZES, "cpu", (128,))
    return loaded


class TestWork:
    @pytest.mark.parametrize("length", [1, 30, 200])
    def test_operations_are_those_that_torch_counts(self, length):
        model = random_model(TINY)
        with torch.no_grad(), FlopCounterMode(display=False) as counter:
            StockEngine(model, 2).run([random_residues(length)])
        head = 2 * (length + 2) * (32 * 32 + 32 * 33)
        assert operations((2, 32), [length]) == counter.get_total_flops() - head

    def test_linear_layers_of_8m(self):
        once, twice = operations((6, 320), [998]), operations((6, 320), [998, 998])
        assert twice == 2 * once
        assert (once - 6 * 4 * 320 * 1000**2) / 1000 == pytest.approx(14.7456e6)

    def test_official_shapes(self):
        assert official_shape("8M") == (6, 320, 20)
        assert official_shape("650M") == (33, 1280, 20)
        assert set(SHAPES.values()) <= set(OFFICIAL_MODELS)

    def test_all_engines_are_measured(self):
        assert {"auto", "stock", *OURS} == set(ENGINES)


class TestLengths:
    def test_they_are_those_of_a_proteome(self):
        lengths = np.array(drawn_lengths(7, 20_000))
        assert np.median(lengths) == pytest.approx(MEDIAN_LENGTH, rel=0.03)
        assert 0.25 < lengths[lengths > 1022].sum() / lengths.sum() < 0.45
        assert lengths.max() <= WHOLE.window
        assert drawn_lengths(7, 50) == drawn_lengths(7, 50) != drawn_lengths(8, 50)

    @given(st.lists(st.integers(1, 40_000), max_size=20))
    def test_no_residue_is_lost_and_no_pass_is_too_long(self, lengths):
        pieces = passes(lengths)
        assert sum(pieces) == sum(lengths)
        assert all(0 < piece <= WHOLE.window for piece in pieces)
        assert pieces == lengths or any(length > WHOLE.window for length in lengths)

    @given(st.integers(1, 400))
    def test_spread_takes_every_place_once(self, count):
        assert sorted(run.spread(count)) == list(range(count))

    def test_what_comes_first_stands_for_all(self):
        first = [place for place, _ in zip(run.spread(1000), range(7), strict=False)]
        assert first == [500, 250, 750, 125, 375, 625, 875]

    def test_random_proteins_have_their_lengths(self):
        proteins = run.residues_of([5, 1, 300], 3)
        assert [len(p) for p in proteins] == [5, 1, 300]
        assert set("".join(proteins)) <= set("ACDEFGHIKLMNPQRSTVWY")
        assert run.residues_of([5, 1, 300], 3) == proteins != run.residues_of([5, 1, 300], 4)


class TestStock:
    proteins = tuple(random_residues(length, seed=length) for length in (900, 3, 410, 77, 2500, 78, 900, 4094))

    def test_batches_are_sorted_and_padded_to_the_budget(self):
        batches = stock_batches(self.proteins)
        lengths = [len(p) for batch in batches for p in batch]
        assert lengths == sorted(lengths)
        assert Counter(p for batch in batches for p in batch) == Counter(self.proteins)
        for batch in batches:
            assert len(batch) == 1 or len(batch) * (max(map(len, batch)) + 1) <= contending.TOKENS_PER_BATCH

    def test_padding_changes_no_vector(self):
        model = random_model(TINY)
        proteins = sorted(self.proteins[:4], key=len)
        expected = StockEngine(model, 2).run(proteins)
        for one, other in zip(PaddedStock(model, 2, "cpu").run(proteins), expected, strict=True):
            np.testing.assert_allclose(one, other, atol=1e-5)

    def test_each_round_is_a_batch_of_fair_esm(self):
        rounds = list(run._rounds(self.proteins, "cpu"))
        assert sorted(map(str, rounds)) == sorted(map(str, stock_batches(self.proteins)))

    def test_rounds_of_a_gpu_are_large_and_hold_everything(self, monkeypatch):
        monkeypatch.setitem(run.TOKENS_A_ROUND, "cuda", 4000)
        rounds = list(run._rounds(self.proteins, "cuda:0"))
        assert sum(map(len, rounds)) == len(self.proteins)
        assert all(sum(map(len, one)) >= 4000 for one in rounds[:-1])


class TestContenders:
    def test_all_that_run_here(self, tiny):
        runs = contenders(tiny, (), Settings(), Clock("cpu"))
        assert list(runs)[:2] == [contending.STOCK_BATCHED, contending.STOCK_ALONE]
        kernel = not isinstance(build.open_library(Settings().cache_dir), build.Unavailable)
        assert sum("compiled bfloat16" in name for name in runs) == kernel
        assert sum("packed" in name for name in runs) == 1

    def test_an_engine_that_is_not_here_is_left_out_unless_it_was_asked_for(self, tiny, monkeypatch):
        monkeypatch.setattr(build, "open_library", lambda *_: build.Unavailable("there is no C compiler"))
        assert not any("compiled" in name for name in contenders(tiny, (), Settings(), Clock("cpu")))
        with pytest.raises(ConfigurationError, match="compiled kernel cannot be used"):
            contenders(tiny, ("compiled",), Settings(), Clock("cpu"))


class TestClock:
    def test_waiting_is_not_work(self):
        answer, spent = Clock("cpu").timed(lambda: time.sleep(0.2) or 7)
        assert answer == 7
        assert spent.wall >= 0.2
        assert spent.core < 0.1

    def test_times_add_up_and_a_cpu_has_no_memory_of_its_own(self):
        spent = Spent(1.0, 2.0)
        spent.add(Spent(0.5, 0.25))
        assert spent == Spent(1.5, 2.25)
        assert Clock("cpu").held() == Clock("cpu").grown(0) == 0

    def test_memory_of_a_gpu_is_counted_from_what_it_held(self, monkeypatch):
        reset = []
        monkeypatch.setattr(torch.cuda, "reset_peak_memory_stats", reset.append)
        monkeypatch.setattr(torch.cuda, "memory_allocated", lambda device: 500)
        monkeypatch.setattr(torch.cuda, "max_memory_allocated", lambda device: 1700)
        clock = Clock("cuda:1")
        assert clock.held() == 500
        assert reset == ["cuda:1"]
        assert clock.grown(500) == 1200

    def test_a_gpu_is_waited_for_before_and_after(self, monkeypatch):
        order = []
        monkeypatch.setattr(torch.cuda, "synchronize", order.append)
        spent = Clock("cuda").timed(lambda: order.append("work"))[1]
        assert order == ["cuda", "work", "cuda"]
        assert spent.core == spent.wall

    def test_a_peak_never_falls(self, monkeypatch):
        monkeypatch.setitem(peaks.SIZES, "cpu", (64,))
        found = peaks.Peaks("cpu", Clock("cpu"))
        found.measure()
        before = dict(found.best)
        assert min(before.values()) > 1e7
        found.measure()
        assert all(found.best[kind] >= before[kind] for kind in before)


class TestMeasurement:
    def test_one_row_for_each_contender(self, tiny):
        found = run.measured("8M", wanted())
        assert (found["layers"], found["width"], found["rounds"]) == (2, 32, 1)
        assert (found["proteins"], found["residues"]) == (3, 190)
        batched, alone, packed = found["engines"]
        assert batched["ratio_to_batched"] == alone["ratio_to_one_at_a_time"] == 1.0
        assert packed["ratio_to_batched"] == pytest.approx(
            packed["residues_per_second"] / batched["residues_per_second"]
        )
        assert packed["share_of_bfloat16_peak"] == pytest.approx(
            packed["residues_per_second"] * found["operations_per_residue"] / found["peak_operations"]["bfloat16"]
        )
        assert all(row["least_cosine"] > 0.999 for row in found["engines"])
        assert packed["memory_bytes"] is None

    def test_more_time_is_more_rounds(self, tiny):
        lengths = (2100, 2100, 2100)
        assert run.measured("8M", wanted(lengths=lengths, seconds=0.0))["rounds"] == 1
        assert run.measured("8M", wanted(lengths=lengths, seconds=600.0))["rounds"] == 3

    def test_a_wrong_engine_would_be_seen(self, tiny, monkeypatch):
        right = contending._embedding
        monkeypatch.setattr(contending, "_embedding", lambda engine: lambda p: [-v for v in right(engine)(p)])
        assert run.measured("8M", wanted())["engines"][2]["least_cosine"] < -0.999

    def test_random_weights_are_those_of_the_seed(self):
        one, same, other = (run.model_of("8M", seed).model.state_dict() for seed in (1, 1, 2))
        name = "layers.0.fc1.weight"
        assert torch.equal(one[name], same[name])
        assert not torch.equal(one[name], other[name])
        assert run.model_of("bundled", 1).model.embed_dim == 320


class TestProcess:
    def test_stock_gets_the_same_malloc_and_one_thread(self, monkeypatch):
        seen = {}

        class Child:
            def __init__(self, command, env, **_):
                seen.update(env)
                raise InterruptedError

        monkeypatch.setattr(process.subprocess, "Popen", Child)
        monkeypatch.setenv("OMP_NUM_THREADS", "8")
        with pytest.raises(InterruptedError):
            list(process.measurements(wanted()))
        assert all(seen[name] == "1" for name in environment.THREAD_VARIABLES)
        assert {name: seen[name] for name in environment.MALLOC_VARIABLES} == process.machine()["malloc"]

    def test_what_is_measured_arrives(self):
        (found,) = process.measurements(wanted(shapes=("bundled",)))
        assert found["shape"] == "bundled"
        assert len(found["engines"]) == 3

    def test_an_error_arrives_as_itself(self):
        with pytest.raises(ConfigurationError, match="no device 'cuda:99'"):
            list(process.measurements(wanted(device="cuda:99")))

    def test_a_process_that_dies_is_an_error(self):
        with pytest.raises(InternalError, match="measuring process failed"):
            list(process.measurements(wanted(shapes=("no such shape",))))

    def test_the_machine_is_named(self, tmp_path):
        assert process.machine()["processor"]
        cpuinfo = tmp_path / "cpuinfo"
        cpuinfo.write_text("processor\t: 0\nmodel name\t: Some CPU: 3 GHz\nflags\t\t: a amx_bf16\n")
        assert processor.model_name(cpuinfo) == "Some CPU: 3 GHz"
        assert processor.has_tiles(cpuinfo)
        assert processor.model_name(tmp_path / "none")
