"""A scoring method is added with two files and one line, and is then built, fitted, stored and shown."""

import os
import subprocess
import sys

import pytest

from nesdb_annot.residues import sequence_digest
from nesdb_annot.store.rankings import materialise
from nesdb_annot.store.scores import write_scored

LINE = '    ScoringMethod("toy", "toy feature", "#56B4E9", (0, (2, 2))),\n'

BUILD = '''
class Toy:
    def __init__(self, weights):
        self.identity, self.weight = weights.identity, float(weights.arrays["weight"][0])


def build(weights):
    return Toy(weights)
'''

FIT = '''
import numpy as np

from nesdb_annot.learning.heads import FittedMethod


def fit(material):
    return FittedMethod({"weight": np.array([len(material.proteins)], np.float32)}, {"made": "up"})
'''

START = '''
import importlib.util, sys
from pathlib import Path

import nesdb_annot, nesdb_annot.learning, nesdb_annot.methods

here = Path(sys.argv.pop(1))
text = Path(nesdb_annot.__file__).with_name("scoring_methods.py").read_text()
path = here / "scoring_methods.py"
mark = ')\\n"""All methods'
assert mark in text
path.write_text(text.replace(mark, LINE + mark))
spec = importlib.util.spec_from_file_location("nesdb_annot.scoring_methods", path)
module = importlib.util.module_from_spec(spec)
sys.modules[spec.name] = nesdb_annot.scoring_methods = module
spec.loader.exec_module(module)
nesdb_annot.methods.__path__.append(str(here / "methods"))
nesdb_annot.learning.__path__.append(str(here / "learning"))
'''

COMMAND = "from nesdb_annot.cli.main import main; main()"

BUILT_AND_FITTED = '''
from nesdb_annot import scoring_methods
from nesdb_annot.learning.heads import TrainingSettings, fit_heads
from nesdb_annot.methods.scoring import METHODS, methods_of

scoring_methods.SCORING_METHODS = scoring_methods.SCORING_METHODS[-1:]
fitted = fit_heads([], [], TrainingSettings(), 1)
from nesdb_annot.methods import scoring
scoring.SCORING_METHODS = scoring_methods.SCORING_METHODS
(toy,) = methods_of(fitted.arrays, fitted.parameters, (), "trained")
print(METHODS[-1], toy.identity.name, toy.weight, toy.identity.parameters)
'''


@pytest.fixture
def run(tmp_path, settings):
    """Run Python code with the method added, or a command line."""
    for folder, name, text in (("methods", "toy.py", BUILD), ("learning", "fit_toy.py", FIT)):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / name).write_text(text)
    homes = {"DATA": settings.data_dir, "CACHE": settings.cache_dir}
    variables = {f"NESANNOT_{name}_DIR": str(path) for name, path in homes.items()}
    variables |= {"NESANNOT_DATABASE_URL": settings.database_url, "NESANNOT_OFFLINE": "1"}

    def call(code, *words):
        source = START.replace("LINE", repr(LINE)) + code
        command = [sys.executable, "-c", source, str(tmp_path), *map(str, words)]
        done = subprocess.run(command, env=os.environ | variables, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    return call


def test_added_method_is_fitted_and_built(run):
    assert run(BUILT_AND_FITTED).strip() == "toy toy 0.0 {'made': 'up'}"


def test_added_method_is_seen_in_table_file_view_and_plot(store, make, run, tmp_path):
    names = (*make.METHODS[:-1], "toy", "combined")
    proteome, release_id, run_id = make.proteome(store, [make.residues(1)], name="UPX")
    configuration_id = make.configuration(store, methods=names)
    scored = make.scored(sequence_digest(make.residues(1)), [0.75], methods=names)
    write_scored(store, configuration_id, run_id, [scored])
    materialise(store, proteome.id, release_id, configuration_id, run_id)
    header, line = run(COMMAND, "rank", "UPX", "--methods").splitlines()[:2]
    assert "toy" in header.split()
    assert line.count("0.75") >= 5, "four methods and the added one"
    names_of_columns, row = run(COMMAND, "rank", "UPX", "--format", "tsv", "--no-provenance").splitlines()
    assert dict(zip(names_of_columns.split("\t"), row.split("\t"), strict=True))["toy"] == "0.75"
    query = "select scores ->> 'toy' as toy, neural from candidate"
    assert run(COMMAND, "sql", "--csv", query).splitlines() == ["toy,neural", "0.75,0.75"]
    assert "toy" in run(COMMAND, "sql", "--csv", "select in_favour from method_agreement")
    run(COMMAND, "evaluate", "plots", "--to", tmp_path / "plots")
    assert ">toy<" in (tmp_path / "plots/plot4_best_candidates.svg").read_text()
