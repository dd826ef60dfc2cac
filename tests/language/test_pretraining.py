"""Pre-training: families, corpus, batches, the forward pass, the optimiser, and a whole tiny run."""

import contextlib
import itertools
import json
import lzma
import multiprocessing

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from nesdb_annot.errors import ConfigurationError, InputError
from nesdb_annot.language.checkpoint import load_model
from nesdb_annot.language.pretraining import batches as batching
from nesdb_annot.language.pretraining import forward
from nesdb_annot.language.pretraining.background import Background
from nesdb_annot.language.pretraining.batches import BatchOrder, corrupted, crop
from nesdb_annot.language.pretraining.corpus import open_split, prepare, read_sequences, tokenised
from nesdb_annot.language.pretraining.families import related_to
from nesdb_annot.language.pretraining.feeding import fed, in_line
from nesdb_annot.language.pretraining.initial import fresh_model
from nesdb_annot.language.pretraining.loop import (
    CURVE,
    STATE,
    Plan,
    learning_rate,
    perplexity,
    pretrain,
    trained_parameters,
    validation_batches,
)
from nesdb_annot.language.pretraining.optimiser import Optimiser, orthogonalised
from nesdb_annot.language.pretraining.run import Wanted, _plan, train
from nesdb_annot.language.tokens import CLS, EOS, LETTERS, MASK, UNKNOWN, encoded, letter_tokens

from .conftest import random_model, random_residues

TINY = (2, 24, 2)


def mutated(residues, share, seed=0):
    generator = np.random.default_rng(seed)
    letters = np.array(list(residues))
    changed = generator.random(len(letters)) < share
    letters[changed] = list(random_residues(int(changed.sum()), seed + 1))
    return "".join(letters)


class TestTokens:
    def test_they_are_those_of_fair_esm(self):
        alphabet = random_model(TINY).alphabet
        assert [alphabet.get_tok(t) for t in letter_tokens(LETTERS)] == list(LETTERS)
        assert (alphabet.cls_idx, alphabet.eos_idx, alphabet.mask_idx) == (CLS, EOS, MASK)

    @given(st.text(LETTERS, min_size=1, max_size=60))
    def test_encoding_is_that_of_the_batch_converter(self, residues):
        _, _, tokens = random_model(TINY).alphabet.get_batch_converter()([("", residues)])
        assert tokens[0].tolist() == encoded(residues).tolist()

    @pytest.mark.parametrize("residues", ["MJ", "mk", "M*", "Mé", "M-"])
    def test_other_letters_have_none(self, residues):
        assert UNKNOWN in letter_tokens(residues)
        with pytest.raises(ValueError, match="clean them"):
            encoded(residues)


class TestFamilies:
    def test_homologues_are_found_and_strangers_are_not(self):
        family = random_residues(400, 1)
        proteins = [
            family,
            mutated(family, 0.3),
            mutated(family, 0.5),
            family[100:220],
            *map(random_residues, [400] * 9, range(20, 29)),
        ]
        assert related_to([family], proteins).tolist() == [True] * 4 + [False] * 9

    def test_hits_on_different_diagonals_do_not_count(self):
        reference = random_residues(300, 3)
        shuffled = reference[200:206] + random_residues(50, 4) + reference[10:16]
        assert not related_to([reference], [shuffled])[0]

    def test_hits_on_different_references_do_not_count(self):
        one, two = random_residues(200, 5), random_residues(200, 6)
        mixed = one[20:26] + random_residues(40, 7) + two[66:72]
        assert not related_to([one, two], [mixed])[0]

    def test_overlapping_seeds_are_one_hit(self):
        reference = random_residues(200, 8)
        assert not related_to([reference], [random_residues(40, 9) + reference[50:61] + random_residues(40, 10)])[0]
        assert related_to([reference], [random_residues(40, 9) + reference[50:62] + random_residues(40, 10)])[0]

    @pytest.mark.parametrize("proteins", [["A" * 300], ["AQ" * 100], ["X" * 50], ["MKL"], []])
    def test_low_complexity_and_short_proteins_have_no_family(self, proteins):
        assert not related_to(["A" * 200 + random_residues(100), "AQ" * 100, "X" * 90], proteins).any()

    def test_similar_residues_count_as_equal(self):
        reference = random_residues(100, 11)
        swapped = reference.translate(str.maketrans("LIMVKRFY", "VMILRKYF"))
        assert related_to([reference], [swapped])[0]

    def test_no_references(self):
        assert not related_to([], ["MKLV"]).any()


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    """A corpus of 90 proteins of 30 families, with one family left out."""
    folder = tmp_path_factory.mktemp("corpus")
    families = [random_residues(150 + 37 * (n % 20), n) for n in range(30)]
    proteins = [mutated(f, 0.15 * copy, copy) for f in families for copy in range(3)]
    fasta = "".join(f">P{n} UNK\n{p[:50]}\n{p[50:]}\n" for n, p in enumerate(proteins))
    path = folder / "corpus.fasta.xz"
    path.write_bytes(lzma.compress(fasta.encode()))
    card = prepare(path, [families[0]], folder / "prepared", validation=5)
    return folder / "prepared", card, proteins, path


class TestCorpus:
    def test_lines_are_joined_and_both_formats_are_read(self, prepared, tmp_path):
        _, _, proteins, path = prepared
        assert list(read_sequences(path)) == proteins
        plain = tmp_path / "plain.fasta"
        plain.write_text(">a\nMK\nLV\n>b\nAA\n")
        assert list(read_sequences(plain)) == ["MKLV", "AA"]

    def test_the_family_left_out_is_in_neither_split(self, prepared):
        folder, card, proteins, _ = prepared
        assert card["left_out_proteins"] == 3
        trained, held = (open_split(folder, split) for split in ("train", "validation"))
        assert len(trained) + card["validation_family_proteins"] + 3 == len(proteins) == 90
        assert len(held) == 5

    def test_no_trained_protein_is_related_to_a_validation_protein(self, prepared):
        folder, *_ = prepared
        trained, held = (open_split(folder, split) for split in ("train", "validation"))

        def texts(store):
            bounds = zip(store.offsets, store.offsets[1:], strict=False)
            return ["".join(LETTERS[t - 4] for t in store.tokens[a:b]) for a, b in bounds]

        assert not related_to(texts(held), texts(trained)).any()

    def test_foreign_letters_are_refused(self):
        with pytest.raises(InputError):
            tokenised(["MKJ"])


class TestBatches:
    @pytest.fixture
    def order(self, prepared):
        return lambda seed=1: BatchOrder(open_split(prepared[0], "train"), 512, seed)

    def test_a_batch_depends_on_seed_and_number_only(self, order):
        one, two = order(), order()
        numbers = [40, 0, 7, 3, 40]
        for number in numbers:
            np.testing.assert_array_equal(one[number].tokens, two[number].tokens)
        later = order()[40]
        np.testing.assert_array_equal(one[40].chosen, later.chosen)
        assert any(order(1)[n].tokens.tobytes() != order(2)[n].tokens.tobytes() for n in range(5))

    def test_epochs_differ(self, order):
        one = order()
        assert one[0].tokens.tobytes() != one[one._size].tokens.tobytes()

    def test_every_batch_is_full_and_without_padding(self, order):
        one = order()
        for number in range(2 * one._size):
            batch = one[number]
            assert batch.tokens.size == 512
            assert batch.tokens.shape[1] in batching.LENGTHS
            assert (batch.tokens != 1).all()
            assert len(batch.chosen) == round(0.15 * 512)

    def test_too_small_a_corpus(self):
        with pytest.raises(ValueError, match="does not fill one batch"):
            BatchOrder(tokenised(["MKLV"]), 512, 1)[0]

    def test_crops_hold_ends_only_at_the_ends(self):
        store = tokenised(["AAAA", "LAGVSERTID"])
        assert crop(store, 1, 0, 4).tolist() == [CLS, 4, 5, 6]
        assert crop(store, 1, 9, 3).tolist() == [12, 13, EOS]
        assert crop(store, 1, 0, 99).tolist() == [CLS, *range(4, 14), EOS]

    def test_shares_of_the_objective(self):
        truth = np.random.default_rng(0).integers(4, 24, size=(100, 300))
        batch = corrupted(truth, np.random.default_rng(1))
        shown = batch.tokens.ravel()[batch.chosen]
        assert len(batch.chosen) == 4500
        assert np.mean(shown == MASK) == pytest.approx(0.8, abs=0.02)
        assert np.mean(shown == batch.targets) == pytest.approx(0.1 + 0.1 / 20, abs=0.02)
        untouched = np.setdiff1d(np.arange(truth.size), batch.chosen)
        np.testing.assert_array_equal(batch.tokens.ravel()[untouched], truth.ravel()[untouched])
        np.testing.assert_array_equal(batch.targets, truth.ravel()[batch.chosen])

    def test_validation_masks_all_and_never_the_ends(self):
        truth = encoded(random_residues(100))[None]
        batch = corrupted(truth, np.random.default_rng(1), masks_only=True)
        assert (batch.tokens.ravel()[batch.chosen] == MASK).all()
        assert batch.tokens[0, 0] == CLS
        assert batch.tokens[0, -1] == EOS


class TestFeeding:
    def test_processes_make_the_same_batches_in_the_same_order(self, prepared):
        def some(processes):
            batches = fed((prepared[0], 512, 1), itertools.count(3), processes=processes)
            with contextlib.closing(batches):
                return list(itertools.islice(batches, 9))

        order = BatchOrder(open_split(prepared[0], "train"), 512, 1)
        for number, (one, two) in enumerate(zip(some(1), some(2), strict=True), start=3):
            assert all(torch.equal(a, b) for a, b in zip(one, two, strict=True))
            np.testing.assert_array_equal(one[0].numpy(), order[number].tokens)
        assert multiprocessing.active_children() == []

    @given(st.permutations(range(12)))
    def test_what_is_early_waits(self, places):
        assert list(in_line((place, str(place)) for place in places)) == [str(place) for place in range(12)]

    def test_what_fails_leaves_no_process_behind(self, prepared, tmp_path, monkeypatch):
        from nesdb_annot.language.pretraining import loop

        def dies(*_):
            assert len(multiprocessing.active_children()) == 2
            raise KeyboardInterrupt

        monkeypatch.setattr(loop, "learning_rate", dies)
        with pytest.raises(KeyboardInterrupt):
            pretrain(tiny_plan(prepared, tmp_path, loaders=2))
        assert multiprocessing.active_children() == []

    def test_what_is_due_does_not_wait(self):
        taken = []
        numbered = ((place, taken.append(place)) for place in (1, 0, 2))
        next(in_line(numbered))
        assert taken == [1, 0]

    def test_a_gpu_trains_alone_with_large_steps(self, tmp_path):
        plan = _plan(Wanted(device="cuda"), tmp_path, workers=16)
        assert (plan.processes, plan.loaders, plan.half, plan.batch_tokens) == (1, 12, True, 131_072)
        assert _plan(Wanted(), tmp_path, workers=16).processes == 2
        assert _plan(Wanted(batch_tokens=512), tmp_path, workers=1).batch_tokens == 512


class TestForward:
    def test_the_pieces_for_a_gpu_give_the_same(self, monkeypatch):
        monkeypatch.setattr(torch, "compile", lambda function: function)
        model = fresh_model(*TINY, 3)
        tokens = torch.from_numpy(np.stack([encoded(random_residues(50, s)) for s in (1, 2)]))
        parts = forward.compiled_parts.__wrapped__()
        assert parts.attend is not forward.PLAIN.attend
        with torch.no_grad():
            plain, fused = (forward.representations(model, tokens, parts=p) for p in (forward.PLAIN, parts))
        torch.testing.assert_close(plain, fused, rtol=1e-4, atol=1e-5)

    @settings(max_examples=15, deadline=None)
    @given(length=st.integers(1, 90), masks=st.integers(0, 5), seed=st.integers(0, 9))
    def test_it_is_fair_esms(self, length, masks, seed):
        model = fresh_model(*TINY, seed)
        tokens = torch.from_numpy(np.stack([encoded(random_residues(length, s)) for s in (seed, seed + 1)]))
        tokens[0, 1 : 1 + masks] = MASK
        with torch.no_grad():
            expected = model(tokens, repr_layers=[2])
            features = forward.representations(model, tokens)
            logits = forward.logits_at(model, features, torch.arange(tokens.numel()))
        torch.testing.assert_close(features, expected["representations"][2], rtol=1e-4, atol=1e-5)
        torch.testing.assert_close(logits.view_as(expected["logits"]), expected["logits"], rtol=1e-4, atol=1e-4)

    def test_heads_begin_with_their_offsets(self):
        model = fresh_model(2, 192, 6, 1)
        tokens = torch.from_numpy(encoded(random_residues(60)))[None]
        with torch.no_grad():
            attention = model(tokens, need_head_weights=True)["attentions"][0, 0]
        by_offset = torch.stack([attention.diagonal(o, 1, 2).mean(-1) for o in range(-9, 10)], dim=1)
        assert (by_offset.argmax(-1) - 9).tolist() == [-1, 1, -2, 2, -3, 3]


class TestOptimiser:
    @pytest.mark.parametrize("shape", [(3, 8, 8), (2, 32, 8), (2, 8, 32)])
    def test_orthogonalised(self, shape):
        matrices = torch.randn(shape, generator=torch.Generator().manual_seed(0))
        values = torch.linalg.svdvals(orthogonalised(matrices))
        assert values.min() > 0.3
        assert values.max() < 1.3

    def test_it_descends(self):
        torch.manual_seed(0)
        weight, bias = torch.nn.Parameter(torch.randn(8, 8)), torch.nn.Parameter(torch.randn(8))
        x, y = torch.randn(64, 8), torch.randn(64, 8) * 0.1
        optimiser = Optimiser({"layers.0.weight": weight, "layers.0.bias": bias})
        losses = []
        for _ in range(60):
            loss = (x @ weight.T + bias - y).square().mean()
            loss.backward()
            optimiser.step(5e-3)
            losses.append(float(loss.detach()))
            assert weight.grad is None
        assert losses[-1] < 0.5 * losses[0]

    def test_a_missing_gradient_is_no_silence(self):
        with pytest.raises(ValueError, match="no gradient"):
            Optimiser(
                {"layers.0.weight": torch.nn.Parameter(torch.randn(2, 2)), "b": torch.nn.Parameter(torch.ones(2))}
            ).step(1)


class TestBackground:
    def test_the_trigram_knows_what_the_unigram_does_not(self):
        store = tokenised(["LAGV" * 50] * 10)
        batch = corrupted(encoded("LAGV" * 30)[None], np.random.default_rng(0), masks_only=True)
        found = Background(store).perplexities([batch])
        assert found["unigram"] == pytest.approx(4, rel=0.1)
        assert found["trigram"] < 1.5
        assert found["neighbours"] < 1.5

    def test_random_proteins_have_nothing_to_know(self):
        store = tokenised([random_residues(500, s) for s in range(40)])
        batch = corrupted(encoded(random_residues(3000, 99))[None], np.random.default_rng(0), masks_only=True)
        found = Background(store).perplexities([batch])
        assert 19.5 < found["unigram"] < 20.5
        assert min(found.values()) > 19


def tiny_plan(prepared, folder, **changes):
    base = {"layers": 2, "width": 24, "heads": 2, "steps": 6, "batch_tokens": 512, "warm_up": 2}
    return Plan(corpus=prepared[0], folder=folder, **(base | changes))


def weights_of(folder):
    from safetensors.torch import load_file

    return {name: tensor for name, tensor in load_file(folder / STATE).items() if name.startswith("model.")}


class TestLoop:
    def test_two_runs_give_the_same_weights(self, prepared, tmp_path):
        for name in "ab":
            pretrain(tiny_plan(prepared, tmp_path / name))
        one, two = weights_of(tmp_path / "a"), weights_of(tmp_path / "b")
        assert all(torch.equal(one[name], two[name]) for name in one)

    def test_an_interrupted_run_goes_on_as_if_nothing_had_been(self, prepared, tmp_path, monkeypatch):
        pretrain(tiny_plan(prepared, tmp_path / "whole"))
        from nesdb_annot.language.pretraining import loop

        steps = []

        def dies(plan, step, progress):
            steps.append(step)
            if len(steps) == 4:
                raise KeyboardInterrupt
            return learning_rate(plan, step, progress)

        monkeypatch.setattr(loop, "learning_rate", dies)
        with pytest.raises(KeyboardInterrupt):
            pretrain(tiny_plan(prepared, tmp_path / "broken", save_every=0.0))
        monkeypatch.undo()
        pretrain(tiny_plan(prepared, tmp_path / "broken"))
        whole, broken = weights_of(tmp_path / "whole"), weights_of(tmp_path / "broken")
        assert all(torch.allclose(whole[name], broken[name], atol=1e-6) for name in whole)

    def test_a_finished_run_goes_on_with_more_steps(self, prepared, tmp_path, monkeypatch):
        from nesdb_annot.language.pretraining import loop

        pretrain(tiny_plan(prepared, tmp_path))
        before = weights_of(tmp_path)
        rates = []

        def noted(plan, step, progress):
            rates.append((step, learning_rate(plan, step, progress)))
            return rates[-1][1]

        monkeypatch.setattr(loop, "learning_rate", noted)
        pretrain(tiny_plan(prepared, tmp_path, steps=12))
        assert [step for step, _ in rates] == list(range(6, 12))
        assert [rate for _, rate in rates] == pytest.approx([1e-3 * (12 - step) / 12 for step in range(6, 12)])
        assert not all(torch.equal(before[name], own) for name, own in weights_of(tmp_path).items())

    def test_a_finished_run_goes_on_with_more_time(self, prepared, tmp_path, monkeypatch):
        from nesdb_annot.language.pretraining import loop

        pretrain(tiny_plan(prepared, tmp_path, steps=0, seconds=0.3))
        progress = []

        def noted(plan, step, done):
            progress.append(done)
            return learning_rate(plan, step, done)

        monkeypatch.setattr(loop, "learning_rate", noted)
        before = json.loads((tmp_path / CURVE).read_text().splitlines()[-1])["seconds"]
        pretrain(tiny_plan(prepared, tmp_path, steps=0, seconds=4 * before + 1))
        assert 0 < progress[0] <= before / (4 * before + 1) + 0.05
        assert progress == sorted(progress)

    def test_a_run_of_another_shape_is_not_gone_on_with(self, prepared, tmp_path):
        pretrain(tiny_plan(prepared, tmp_path))
        with pytest.raises(ConfigurationError, match="a run of another shape") as caught:
            pretrain(tiny_plan(prepared, tmp_path, width=48))
        assert "--layers 2 --width 24 --heads 2" in str(caught.value)
        assert json.loads((tmp_path / "plan.json").read_text())["width"] == 24

    @pytest.mark.slow
    def test_two_processes_do_what_one_does(self, prepared, tmp_path):
        pretrain(tiny_plan(prepared, tmp_path / "one"))
        pretrain(tiny_plan(prepared, tmp_path / "two", processes=2))
        one, two = weights_of(tmp_path / "one"), weights_of(tmp_path / "two")
        for name in one:  # the orthogonal factor is taken in bfloat16, which makes more of a rounding error
            assert torch.allclose(one[name], two[name], atol=5e-3), name
            assert (one[name] - two[name]).abs().mean() < 2e-4, name

    def test_the_curve_is_json_lines(self, prepared, tmp_path):
        pretrain(tiny_plan(prepared, tmp_path, steps=50, measure_every=0.0))
        lines = [json.loads(line) for line in (tmp_path / CURVE).read_text().splitlines()]
        assert [line["step"] for line in lines][-1] == 50
        assert all(line["tokens"] == line["step"] * 1024 for line in lines)
        assert lines[-1]["final_validation_perplexity"] < lines[0]["validation_perplexity"]

    def test_learning_rate(self, tmp_path):
        plan = Plan(corpus=tmp_path, folder=tmp_path, warm_up=10, peak=1.0)
        assert [learning_rate(plan, step, 0.0) for step in (0, 4, 9, 50)] == pytest.approx([0.1, 0.5, 1, 1])
        assert learning_rate(plan, 50, 0.75) == pytest.approx(0.25)
        assert learning_rate(plan, 50, 1.5) == 0

    def test_an_untrained_model_knows_nothing(self, prepared):
        assert 20 < perplexity(fresh_model(*TINY, 1), validation_batches(prepared[0])) < 60

    def test_the_contact_head_is_not_trained(self):
        assert not any("contact" in name for name in trained_parameters(fresh_model(*TINY, 1)))


def test_from_fasta_to_a_model_that_the_loader_reads(prepared, tmp_path):
    leave_out = tmp_path / "leave_out.fasta"
    leave_out.write_text(f">a\n{prepared[2][0]}\n")
    wanted = Wanted(layers=2, width=24, heads=2, steps=3, compiled=False, batch_tokens=512)
    card = train(prepared[3], [leave_out], tmp_path / "run", wanted)
    assert card["training"]["corpus"]["left_out_proteins"] == 3
    assert {"validation_perplexity", "unigram", "trigram"} <= card["training"].keys()
    loaded = load_model(tmp_path / "run" / "model.safetensors")
    assert loaded.sha256 == card["sha256"]
    trained = weights_of(tmp_path / "run")["model.layers.1.fc1.weight"]
    torch.testing.assert_close(loaded.model.layers[1].fc1.weight, trained, rtol=1e-2, atol=1e-3)
