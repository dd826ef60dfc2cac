"""`nesannot evaluate` from made-up references to tables, files and views, as a user calls it."""

import csv
import re
import subprocess
import sys

import numpy as np
import pytest

from nesdb_annot.methods.headset import HeadSet

pytestmark = pytest.mark.xdist_group("evaluate")

QUICK = """
from nesdb_annot.learning import heads, training
from nesdb_annot.learning.biochemical import BoostingSettings
from nesdb_annot.learning.neural import NeuralSettings
from nesdb_annot.learning.similarity import ReferenceSettings
from nesdb_annot.learning.tagger import TaggerSettings
settings = heads.TrainingSettings(
    TaggerSettings(members=1, channels=4, bottleneck=2, epochs=2, crop=64, batch=8, learning_rate=0.01),
    NeuralSettings(members=1, hidden=(4,), epochs=2, batch=64),
    BoostingSettings(members=1, iterations=10, least_rows=5),
    ReferenceSettings(neighbours=(3, 8), dimensions=6, others=60, queries=30),
)
training.TrainingSettings = lambda: settings
from nesdb_annot.cli.main import main
main()
"""
"""The command line with smaller heads: 22 fits in seconds instead of a minute."""

SAVED = ("heads.safetensors", "trained.safetensors")

POLAR = list("ADEGHKNPQRST")


def stretch(random, length):
    return "".join(random.choice(POLAR, length))


def signal(random):
    """Spacing of class 1a with spacers of its own, so that no two are near-identical."""
    parts = [stretch(random, n) for n in (2, 3, 2, 1, 2)]
    cores = random.choice(list("LIVMF"), 4)
    return parts[0] + "".join(core + part for core, part in zip(cores, parts[1:], strict=True))


def cargo_protein(seed):
    random = np.random.default_rng(seed)
    before, inner, after = stretch(random, random.integers(30, 60)), signal(random), stretch(random, 40)
    return "M" + before + inner + after, len(before) + 2, len(before) + 1 + len(inner)


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    directory = tmp_path_factory.mktemp("evaluate")
    references = directory / "mine.tsv"
    lines = ["accession\tfirst\tlast\tevidence\tcitation\tresidues"]
    for seed in range(14):
        residues, first, last = cargo_protein(seed)
        lines.append(f"C{seed}\t{first}\t{last}\tmade up\tnone\t{residues}")
    references.write_text("\n".join(lines) + "\n")
    mute = directory / "mute.fasta"
    mute.write_text("".join(f">E{i}\n{stretch(np.random.default_rng(500 + i), 80)}\n" for i in range(12)))
    screen = directory / "screen.tsv"
    rows = [("accession", "category", "sequence")]
    rows += [(f"A{i}", "Cargo A", cargo_protein(100 + i)[0]) for i in range(6)]
    rows += [(f"N{i}", "Non-binder", stretch(np.random.default_rng(200 + i), 95)) for i in range(6)]
    rows += [("R1", "Cargo A", cargo_protein(3)[0]), ("B1", "Cargo B", "MKLV"), ("X1", "Cargo A", "MK1")]
    screen.write_text("\n".join("\t".join(row) for row in rows) + "\n")
    return directory


@pytest.mark.parametrize("command", ["evaluate", "train"])
def test_nothing_is_fetched_for_too_few_references(command, nesannot):
    done = nesannot(command, "--model", "esm2_t6_8M_UR50D", NESANNOT_WEIGHTS_URL="http://127.0.0.1:9/weights")
    assert done.returncode == 65
    assert "0 proteins with a known NES" in done.stderr
    assert "fetching" not in done.stderr


def test_without_references_there_is_nothing_to_evaluate(nesannot):
    done = nesannot("evaluate")
    assert done.returncode == 65
    assert "0 proteins with a known NES" in done.stderr
    done = nesannot("evaluate", "--stored")
    assert done.returncode == 65
    assert "nothing was evaluated yet" in done.stderr


@pytest.fixture(scope="module")
def quick(home):
    def call(*words):
        command = [sys.executable, "-c", QUICK, *map(str, words)]
        return subprocess.run(
            command, env=home, cwd=home["HOME"], capture_output=True, text=True, check=False, timeout=600
        )

    return call


@pytest.fixture(scope="module")
def evaluated(nesannot, quick, files):
    assert nesannot("ingest", "references", files / "mine.tsv").returncode == 0
    assert nesannot("ingest", "proteome", files / "mute.fasta", "--name", "mute").returncode == 0
    wanted = ("--negatives", "mute", "--cargo", files / "screen.tsv", "--protocol", "paper", "--ablation")
    kept = ("--errors", files / "errors.tsv", "--save-to", files / "heads.safetensors")
    return quick("evaluate", *wanted, *kept, "--format", "markdown")


def test_every_table_is_printed(evaluated):
    assert evaluated.returncode == 0, evaluated.stderr
    for title in (
        "Truth A (curated peptides of at most 30 residues): 14 NESs, 14 proteins of held-out families",
        "Truth B (functional ranges of 8 to 40 residues): 14 NESs, 14 proteins of held-out families",
        "at the threshold of highest F1 on the other folds",
        "beside each baseline, at its own recall",
        "calibration of combined",
        "mistakes of combined",
        "what each ingredient contributes",
        "An organism without CRM1, the half that is never taught",
        "CRM1 cargo screen: ",
        "The published protocol, step by step",
        "The published protocol, training data included",
    ):
        assert title in evaluated.stdout, title
    assert re.search(r"CRM1 cargo screen: \d cargoes, \d non-binders; [1-9]\d* homologues", evaluated.stdout)
    assert "| combined | " in evaluated.stdout
    assert "| Wregex expression | " in evaluated.stdout
    assert "| without tagger | " in evaluated.stdout
    assert "screen.tsv:16 X1" in evaluated.stderr


def test_the_same_tables_come_out_of_the_database(evaluated, nesannot):
    again = nesannot("evaluate", "--stored", "--format", "markdown")
    assert again.stdout == evaluated.stdout
    assert "Truth A" in nesannot("evaluate", "--stored").stdout


@pytest.mark.parametrize(
    ("options", "code", "said"),
    [
        (("--errors", "."), 73, "is a directory"),
        (("--save-to", "."), 73, "is a directory"),
        (("--save-to", "nowhere/heads"), 73, "there is no directory nowhere"),
        (("--cargo", __file__), 65, "is no table of screened proteins"),
        (("--seed", "-1"), 2, "Invalid value for '--seed'"),
    ],
)
def test_what_would_fail_after_minutes_fails_at_once(evaluated, nesannot, options, code, said):
    before = nesannot("runs").stdout
    done = nesannot("evaluate", *options)
    assert (done.returncode, said in done.stderr) == (code, True), done.stderr
    assert nesannot("runs").stdout == before


def test_what_is_stored_is_not_computed_with_other_options(nesannot, tmp_path):
    done = nesannot("evaluate", "--stored", "--ablation", "--save-to", tmp_path / "heads.safetensors", "--quiet")
    assert (done.returncode, done.stdout) == (2, "")
    assert "--stored goes without --save-to and --ablation" in done.stderr


def test_figures_and_candidates_stand_in_views(evaluated, nesannot):
    question = "select distinct value from evaluation where is_latest and population = 'A' and figure = 'motifs'"
    question += " and condition = ''"
    assert nesannot("sql", question, "--csv").stdout.split() == ["value", "14.0"]
    question = "select distinct protocol, verdict from evaluation_candidate order by 1, 2"
    answer = nesannot("sql", question, "--csv").stdout.split()
    assert answer == ["protocol,verdict", "honest,error", "honest,hit", "paper,error", "paper,hit"]


def test_errors_are_written_for_people(evaluated, files):
    with (files / "errors.tsv").open() as stream:
        rows = list(csv.DictReader(stream, delimiter="\t"))
    motifs = [row for row in rows if row["kind"] in ("found", "missed")]
    assert sorted(row["accession"] for row in motifs) == sorted(f"C{seed}" for seed in range(14))
    for row in motifs:
        residues, first, last = cargo_protein(int(row["accession"][1:]))
        assert (int(row["first_residue"]), int(row["last_residue"])) == (first, last)
        assert row["peptide"] == residues[first - 1 : last]
        assert int(row["protein_length"]) == len(residues)


def test_the_head_set_that_was_measured_is_the_one_that_train_makes(evaluated, quick, files):
    trained = quick("train", "--negatives", "mute", "--save-to", files / "trained.safetensors")
    assert trained.returncode == 0, trained.stderr
    measured, made = (HeadSet.from_bytes((files / name).read_bytes()) for name in SAVED)
    assert measured.digest == made.digest


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["--negatives", "nothing"], 2, "nothing"),
        (["--cargo", "absent.tsv"], 65, "there is no file absent.tsv"),
        (["--errors", "absent/errors.tsv"], 73, "there is no directory absent"),
        (["--save-to", "absent/heads"], 73, "there is no directory absent"),
        (["--protocol", "own"], 2, "own"),
        (["--format", "pdf"], 2, "pdf"),
    ],
)
def test_a_wrong_call_ends_before_anything_is_computed(evaluated, nesannot, words, code, said):
    done = nesannot("evaluate", *words)
    assert (done.returncode, said in done.stderr) == (code, True), done.stderr
    assert "embedding" not in done.stderr
