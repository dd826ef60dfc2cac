"""`nesannot models` as a user calls it."""

import json
import random

import pytest
import typer

from nesdb_annot.language.models import BUNDLED_FILE


def test_list_shows_all_and_what_is_here(nesannot):
    done = nesannot("models", "list")
    assert done.returncode == 0, done.stderr
    rows = done.stdout.splitlines()
    assert len(rows) == 9
    assert rows[-1].startswith("prott5")
    assert rows[1].startswith("bundled")
    assert rows[1].endswith("yes")
    assert all(row.endswith("no") for row in rows[2:])


def test_info_of_the_bundled_model_says_what_it_saw(nesannot):
    done = nesannot("models", "info")
    card = json.loads(BUNDLED_FILE.with_suffix(".json").read_text())
    assert done.returncode == 0, done.stderr
    assert card["sha256"] in done.stdout
    assert "training.validation_perplexity" in done.stdout
    assert "training.trigram" in done.stdout


@pytest.mark.parametrize("text", ["", "[]", "nope"])
def test_info_of_a_model_whose_card_is_damaged(text, nesannot, tmp_path):
    (tmp_path / "m.safetensors").write_bytes(b"")
    (tmp_path / "m.json").write_text(text)
    done = nesannot("models", "info", tmp_path / "m.safetensors")
    assert done.returncode == 78
    assert "m.json is damaged" in done.stderr


def test_verify_loads_it(nesannot):
    done = nesannot("models", "verify", "bundled")
    assert done.returncode == 0, done.stderr
    width = json.loads(BUNDLED_FILE.with_suffix(".json").read_text())["width"]
    assert f"{width} dimensions" in done.stdout


@pytest.mark.parametrize("words", [("info", "esm2_t6_8M_UR50D"), ("verify", "esm2_t6_8M_UR50D")])
def test_weights_that_are_not_here(words, nesannot):
    done = nesannot("models", *words)
    assert done.returncode == 78
    assert "nesannot models fetch esm2_t6_8M_UR50D" in done.stderr


def test_fetch_offline_and_unknown(nesannot):
    offline = nesannot("models", "fetch", "esm2_t6_8M_UR50D", NESANNOT_OFFLINE="1")
    assert offline.returncode == 78
    assert "offline" in offline.stderr
    unknown = nesannot("models", "fetch", "esm3")
    assert unknown.returncode == 2
    assert "esm2_t48_15B_UR50D" in unknown.stderr


@pytest.mark.parametrize("digest", ["", "zz", "0" * 63, "g" * 64])
def test_what_is_no_digest_is_refused_before_anything_is_fetched(digest, nesannot):
    done = nesannot("models", "fetch", "esm2_t6_8M_UR50D", "--sha256", digest, NESANNOT_OFFLINE="1")
    assert done.returncode == 2
    assert "64 hexadecimal digits" in done.stderr


def test_pretrain_writes_a_model_that_verifies(nesannot, tmp_path):
    letters = random.Random(1)
    proteins = ["".join(letters.choices("ACDEFGHIKLMNPQRSTVWY", k=400)) for _ in range(60)]
    corpus = tmp_path / "corpus.fasta"
    corpus.write_text("".join(f">{n}\n{residues}\n" for n, residues in enumerate(proteins)))
    shape = ("--layers", 1, "--width", 16, "--heads", 2)
    done = nesannot("models", "pretrain", corpus, tmp_path / "run", "--steps", 2, "--no-compiled", *shape)
    assert done.returncode == 0, done.stderr
    assert "sha256" in done.stdout
    verified = nesannot("models", "verify", tmp_path / "run" / "model.safetensors")
    assert verified.returncode == 0, verified.stderr
    assert "16 dimensions" in verified.stdout


def options_of(*words):
    from nesdb_annot.cli.main import app

    command = typer.main.get_command(app)
    for word in words:
        command = command.commands[word]
    return {option for parameter in command.params for option in parameter.opts}


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        (("score",), {"--model", "--layer", "--device", "--engine", "--workers"}),
        (("train",), {"--model", "--layer", "--device", "--engine", "--workers"}),
        (("evaluate",), {"--model", "--layer", "--device", "--engine", "--workers"}),
        (("demo",), {"--device", "--engine", "--workers"}),
        (("worker",), {"--device", "--engine"}),
        (("models", "verify"), {"--layer", "--device", "--engine"}),
        (("rank",), {"--model", "--layer"}),
    ],
)
def test_what_embeds_can_be_told_how(words, wanted):
    assert wanted <= options_of(*words)


def test_what_was_chosen_is_said_with_the_reason(nesannot):
    asked = nesannot("models", "verify", "--device", "cpu", "--engine", "stock", "--layer", "2")
    assert asked.returncode == 0, asked.stderr
    assert asked.stderr.strip().endswith("layer 2, stock float32 on cpu (as asked)")
    alone = nesannot("models", "verify", "--device", "cpu")
    assert "bfloat16 is in the hardware" in alone.stderr or "no bfloat16 in the hardware" in alone.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--engine", "fast"), "choose one of auto, stock, packed, openvino, compiled, int8"),
        (("--device", "tpu"), "devices are auto, cpu, cuda, cuda:N and mps"),
        (("--layer", "7"), "its layers are 0 to 6"),
    ],
)
def test_what_does_not_exist_is_said_with_what_does(words, said, nesannot):
    done = nesannot("models", "verify", *words)
    assert done.returncode == 2
    assert said in done.stderr
