"""The loader: what it accepts, and that nothing hostile or damaged passes."""

import argparse
import builtins
import collections
import json
import os
import pickle
import shutil
import subprocess
import zipfile

import pytest
import torch

from nesdb_annot.errors import ConfigurationError
from nesdb_annot.files.digests import file_sha256
from nesdb_annot.files.receipt import RECEIPT_SUFFIX
from nesdb_annot.language.card import checked_sha256
from nesdb_annot.language.checkpoint import load_model
from nesdb_annot.language.windows import LongRule

from .conftest import EIGHT_MILLION, TINY, official_contents, random_model, write_own

TOKENS = torch.tensor([[0, 4, 5, 6, 7, 8, 20, 24, 2]])


def vectors(model, layer):
    with torch.inference_mode():
        return model(TOKENS, repr_layers=[layer])["representations"][layer]


def test_official_checkpoint_gives_the_model_that_was_saved(tiny_checkpoint):
    loaded = load_model(tiny_checkpoint)
    assert loaded.name == "esm2_tiny"
    assert loaded.sha256 == file_sha256(tiny_checkpoint)
    torch.testing.assert_close(vectors(loaded.model, 2), vectors(random_model(TINY), 2), rtol=0, atol=0)
    assert not loaded.model.training


def test_official_checkpoint_at_the_8m_shape(tmp_path):
    path = tmp_path / "esm2_t6_8M_UR50D.pt"
    torch.save(official_contents(EIGHT_MILLION), path)
    loaded = load_model(path)
    assert (loaded.model.num_layers, loaded.model.embed_dim, loaded.model.attention_heads) == EIGHT_MILLION
    torch.testing.assert_close(vectors(loaded.model, 6), vectors(random_model(EIGHT_MILLION), 6), rtol=0, atol=0)


@pytest.mark.slow
@pytest.mark.skipif("NESANNOT_TEST_650M" not in os.environ, reason="writes and reads 2.6 GB; set NESANNOT_TEST_650M")
def test_official_checkpoint_at_the_650m_shape(tmp_path):
    path = tmp_path / "esm2_t33_650M_UR50D.pt"
    torch.save(official_contents((33, 1280, 20)), path)
    assert load_model(path).model.num_layers == 33


def test_a_file_without_esm2_in_its_name_is_still_an_esm2(tiny_checkpoint, tmp_path):
    path = shutil.copy(tiny_checkpoint, tmp_path / "my_model.pt")
    assert load_model(path).name == "my_model"


def test_half_precision_and_the_old_file_format_are_read(tmp_path):
    contents = official_contents(TINY)
    contents["model"] = {name: tensor.half() for name, tensor in contents["model"].items()}
    path = tmp_path / "esm2_half.pt"
    torch.save(contents, path, _use_new_zipfile_serialization=False)
    assert load_model(path).model.embed_tokens.weight.dtype == torch.float32


def test_own_model_is_read_in_float32(tiny_own):
    loaded = load_model(tiny_own)
    assert loaded.name == "own"
    assert torch.allclose(vectors(loaded.model, 2), vectors(random_model(TINY), 2), atol=5e-3)
    assert loaded.model.lm_head.weight is loaded.model.embed_tokens.weight


class Calls:
    """Pickles as a call of `function`."""

    def __init__(self, function, *arguments):
        self.function, self.arguments = function, arguments

    def __reduce__(self):
        return self.function, self.arguments


class Builds:
    """Pickles as an object whose state is set by `function`."""

    def __reduce__(self):
        return collections.deque, ((), 1), None, iter([Calls(os.system, "true")])


class OrdersReduceEx:
    def __reduce_ex__(self, protocol):
        return builtins.eval, ("__import__('os').system('touch HACKED')",)


HOSTILE = {
    "os.system": Calls(os.system, "touch HACKED"),
    "builtins.eval": Calls(eval, "open('HACKED','w')"),
    "builtins.exec": Calls(exec, "open('HACKED','w')"),
    "builtins.getattr": Calls(getattr, "", "join"),
    "builtins.open": Calls(open, "HACKED", "w"),
    "builtins.__import__": Calls(__import__, "antigravity"),
    "subprocess.Popen": Calls(subprocess.Popen, ["touch", "HACKED"]),
    "os.remove": Calls(os.remove, "victim"),
    "shutil.rmtree": Calls(shutil.rmtree, "victim"),
    "pickle.loads": Calls(pickle.loads, b"cos\nsystem\n(S'touch HACKED'\ntR."),
    "torch.load": Calls(torch.load, "other.pt"),
    "torch.hub.load": Calls(torch.hub.load, "a/b", "c"),
    "argparse.FileType": Calls(argparse.FileType("w"), "HACKED"),
    "argparse.ArgumentParser": Calls(argparse.ArgumentParser),
    "nested state": Builds(),
    "__reduce_ex__": OrdersReduceEx(),
}


@pytest.mark.parametrize("payload", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.parametrize("place", ["instead", "among the tensors", "in the settings"])
@pytest.mark.parametrize("new_format", [True, False])
def test_hostile_pickles_are_refused_and_nothing_runs(payload, place, new_format, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "victim").write_text("alive")
    contents = {"cfg": {"model": argparse.Namespace(encoder_layers=2)}, "model": {}}
    if place == "instead":
        contents = payload
    elif place == "among the tensors":
        contents["model"]["embed_tokens.weight"] = payload
    else:
        contents["cfg"]["model"].encoder_layers = payload
    torch.save(contents, tmp_path / "esm2_evil.pt", _use_new_zipfile_serialization=new_format)
    with pytest.raises(ConfigurationError):
        load_model(tmp_path / "esm2_evil.pt")
    assert not (tmp_path / "HACKED").exists()
    assert (tmp_path / "victim").read_text() == "alive"


def test_the_refusal_names_the_global(tmp_path):
    torch.save(Calls(os.system, "true"), tmp_path / "esm2_evil.pt")
    with pytest.raises(ConfigurationError, match=r"posix\.system|os\.system"):
        load_model(tmp_path / "esm2_evil.pt")


def test_the_refusal_does_not_repeat_advice_to_load_it_all_the_same(tmp_path, recwarn):
    (tmp_path / "esm2_evil.pt").write_bytes(pickle.dumps(Calls(os.system, "true"), protocol=4))
    with pytest.raises(ConfigurationError) as caught:
        load_model(tmp_path / "esm2_evil.pt")
    assert caught.value.why == "its pickle has the instruction 149; only tensors and argparse.Namespace are allowed"
    assert not recwarn.list


def test_a_text_file_is_told_what_it_should_be(tmp_path):
    (tmp_path / "passwd.pt").write_text("root:x:0:0:root:/root:/bin/bash\n")
    with pytest.raises(ConfigurationError) as caught:
        load_model(tmp_path / "passwd.pt")
    assert caught.value.why == "it is damaged, cut off, or something else"
    assert "nesannot models list" in caught.value.remedy


@pytest.mark.parametrize(
    "changes",
    [
        {"encoder_layers": 10**9},
        {"encoder_embed_dim": 10**7},
        {"encoder_layers": "2"},
        {"encoder_layers": 0},
        {"encoder_attention_heads": 5},
        {"encoder_embed_dim": 64},
        {"encoder_layers": 3},
    ],
)
def test_settings_that_do_not_fit_the_tensors_are_refused(changes, tmp_path):
    torch.save(official_contents(TINY, **changes), tmp_path / "esm2_odd.pt")
    with pytest.raises(ConfigurationError, match="no ESM-2 checkpoint"):
        load_model(tmp_path / "esm2_odd.pt")


@pytest.mark.parametrize("contents", [[1, 2], {}, {"cfg": {}}, {"cfg": {"model": {}}, "model": {}}, torch.zeros(3)])
def test_other_contents_are_refused(contents, tmp_path):
    torch.save(contents, tmp_path / "esm2_other.pt")
    with pytest.raises(ConfigurationError):
        load_model(tmp_path / "esm2_other.pt")


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"hello", b"\x80\x04.", b"\x80\x02cos\nsystem\n."])
def test_files_that_are_none_are_refused(content, tmp_path):
    (tmp_path / "esm2_no.pt").write_bytes(content)
    with pytest.raises(ConfigurationError):
        load_model(tmp_path / "esm2_no.pt")


def test_a_cut_off_checkpoint_is_refused(tiny_checkpoint, tmp_path):
    content = tiny_checkpoint.read_bytes()
    (tmp_path / "esm2_cut.pt").write_bytes(content[: len(content) // 2])
    with pytest.raises(ConfigurationError):
        load_model(tmp_path / "esm2_cut.pt")


def test_a_zip_of_something_else_is_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "esm2_zip.pt", "w") as archive:
        archive.writestr("hello", "world")
    with pytest.raises(ConfigurationError):
        load_model(tmp_path / "esm2_zip.pt")


def test_absent_file(tmp_path):
    with pytest.raises(ConfigurationError, match="is not there"):
        load_model(tmp_path / "esm2_none.pt")


class TestReceipts:
    def test_a_file_that_changed_is_refused(self, tiny_checkpoint, tmp_path):
        path = tmp_path / "esm2_tiny.pt"
        shutil.copy(tiny_checkpoint, path)
        receipt = {"size": path.stat().st_size, "sha256": file_sha256(path), "address": "x"}
        path.with_name(path.name + RECEIPT_SUFFIX).write_text(json.dumps(receipt))
        assert checked_sha256(path) == receipt["sha256"]
        content = bytearray(path.read_bytes())
        content[-1] ^= 1
        path.write_bytes(content)
        with pytest.raises(ConfigurationError, match="has changed since"):
            load_model(path)


    @pytest.mark.parametrize("text", ["", "[]", "7", '{"size": 1}', '{"size": "x", "sha256": "y", "address": "z"}'])
    def test_a_damaged_receipt_is_named(self, text, tiny_checkpoint, tmp_path):
        path = tmp_path / "esm2_tiny.pt"
        shutil.copy(tiny_checkpoint, path)
        path.with_name(path.name + RECEIPT_SUFFIX).write_text(text)
        with pytest.raises(ConfigurationError, match="is damaged") as caught:
            load_model(path)
        assert RECEIPT_SUFFIX in caught.value.what
        assert caught.value.remedy.startswith("delete it")


class TestOwnFormat:
    @pytest.mark.parametrize(
        "changes",
        [{"layers": 10**9}, {"width": "32"}, {"heads": 0}, {"heads": 5}, {"width": True}, {"width": 64}],
    )
    def test_a_card_that_does_not_fit_is_refused_before_memory_is_filled(self, changes, tmp_path):
        path = write_own(tmp_path / "m.safetensors", TINY, **changes)
        with pytest.raises(ConfigurationError, match="card"):
            load_model(path)

    def test_another_digest_than_the_card_says(self, tmp_path):
        path = write_own(tmp_path / "m.safetensors", TINY, sha256="0" * 64)
        with pytest.raises(ConfigurationError, match="not the file of its card"):
            load_model(path)

    def test_another_shape_than_the_card_says(self, tmp_path):
        path = write_own(tmp_path / "m.safetensors", TINY, layers=3)
        with pytest.raises(ConfigurationError, match="tensors of its card"):
            load_model(path)

    @pytest.mark.parametrize("card", ["", "[]", "{}", '{"name": 1}'])
    def test_a_card_that_is_none(self, card, tmp_path):
        path = write_own(tmp_path / "m.safetensors", TINY)
        path.with_suffix(".json").write_text(card)
        with pytest.raises(ConfigurationError):
            load_model(path)

    def test_the_rule_for_long_proteins_is_the_cards(self, tmp_path):
        path = write_own(tmp_path / "m.safetensors", TINY, long_rule={"window": 510, "overlap": 128})
        assert load_model(path).rule == LongRule(510, 128)

    @pytest.mark.parametrize("rule", [{"window": 5, "overlap": 5}, {"width": 3}, 7])
    def test_a_rule_that_is_none(self, rule, tmp_path):
        path = write_own(tmp_path / "m.safetensors", TINY, long_rule=rule)
        with pytest.raises(ConfigurationError, match="no rule"):
            load_model(path)

    def test_no_card(self, tmp_path):
        path = write_own(tmp_path / "m.safetensors", TINY)
        path.with_suffix(".json").unlink()
        with pytest.raises(ConfigurationError, match="card"):
            load_model(path)
