"""What starts often starts soon: neither a look whether there is anything to do nor a worker process loads torch."""

import os
import pickle
import subprocess
import sys
from dataclasses import replace
from types import SimpleNamespace

import pytest

from nesdb_annot.errors import ConfigurationError
from nesdb_annot.language.embedder import open_embedder
from nesdb_annot.methods.headset import HeadSet
from nesdb_annot.segmentation.bounded import Bounded
from nesdb_annot.segmentation.factory import make_segmenter
from nesdb_annot.settings import Settings
from nesdb_annot.store.runs import start_run
from nesdb_annot.workflow.heads import bundled_head_set, heads_for, training_command
from nesdb_annot.workflow.protein_scorer import build_scorer
from nesdb_annot.workflow.queue_scoring import UnitScorer
from nesdb_annot.workflow.train import keep

RESIDUES = "MKLVALALKLAGLDIEEQSRTGHVDNPWYFC" * 4

WORKER = """
import pickle, sys
from pathlib import Path
from nesdb_annot.workflow.protein_scorer import build_scorer
arguments, chunk = pickle.loads(Path(sys.argv[1]).read_bytes())
scored = build_scorer(*arguments)(chunk).sequences
Path(sys.argv[1]).write_bytes(pickle.dumps(scored))
assert "torch" not in sys.modules, "a worker loaded torch"
"""

LOOK = """
import sys
from nesdb_annot.settings import load_settings
from nesdb_annot.store.engine import open_store
from nesdb_annot.workflow.heads import heads_for
settings = load_settings().settings
with open_store(settings) as store:
    assert heads_for(store, settings).configuration_id
assert "torch" not in sys.modules, "to look loaded torch"
"""


@pytest.fixture
def embedder():
    opened = open_embedder(Settings(device="cpu"))
    if not opened.portable:
        pytest.skip("this machine has no kernel")
    return opened


def test_a_worker_that_is_sent_an_embedder_needs_no_torch_and_scores_the_same(embedder, tmp_path):
    arguments, chunk = (Settings(), bundled_head_set(), None, embedder), [("d" * 64, RESIDUES)]
    path = tmp_path / "sent"
    path.write_bytes(pickle.dumps((arguments, chunk)))
    subprocess.run([sys.executable, "-c", WORKER, str(path)], check=True)
    assert pickle.loads(path.read_bytes()) == build_scorer(*arguments)(chunk).sequences


def test_to_look_what_is_to_be_done_needs_no_torch(settings, store):
    named = {"NESANNOT_DATABASE_URL": settings.database_url, "NESANNOT_DATA_DIR": str(settings.data_dir)}
    subprocess.run([sys.executable, "-c", LOOK], env={**os.environ, **named}, check=True)


def test_heads_of_another_segmentation_are_not_those_of_this_one(settings, store):
    bundled = HeadSet.from_bytes(bundled_head_set())
    other = replace(bundled, segmentation=Bounded().identity)
    keep(store, other, start_run(store, "train", {}), None)
    assert heads_for(store, settings).head_set.digest == bundled.digest
    assert heads_for(store, replace(settings, segmentation="bounded")).head_set.digest == other.digest
    with pytest.raises(ConfigurationError, match="segmentation zps") as raised:
        heads_for(store, replace(settings, segmentation="zps"))
    assert "lattice" in raised.value.why
    assert raised.value.remedy == "NESANNOT_SEGMENTATION=zps nesannot train"


def test_the_remedy_names_what_is_not_the_default(settings):
    assert training_command(settings) == "nesannot train"
    other = replace(settings, segmentation="bounded-cosine", model="esm2_t6_8M_UR50D", layer=3)
    words = "NESANNOT_SEGMENTATION=bounded-cosine nesannot train --model esm2_t6_8M_UR50D --layer 3"
    assert training_command(other) == words
    spaced = replace(settings, model="/my models/esm.pt")
    assert training_command(spaced) == "nesannot train --model '/my models/esm.pt'"


def test_heads_of_one_cost_or_number_of_breakpoints_are_not_those_of_another(settings, store):
    bundled, digests = HeadSet.from_bytes(bundled_head_set()), {}
    identities = {name: make_segmenter(name).identity for name in ("zps", "zps10", "bounded", "bounded-cosine")}
    for name, identity in identities.items():
        with pytest.raises(ConfigurationError, match=f"segmentation {name}\n"):
            heads_for(store, replace(settings, segmentation=name))
        other = replace(bundled, segmentation=identity)
        keep(store, other, start_run(store, "train", {}), None)
        digests[name] = other.digest
    for name, digest in digests.items():
        heads = heads_for(store, replace(settings, segmentation=name))
        assert (heads.head_set.digest, heads.stated["segmentation"]) == (digest, name)
        unit = SimpleNamespace(run_id=1, settings={**heads.stated, "model": settings.model, "layer": settings.layer})
        of_worker, told = UnitScorer(store, settings, "worker", print)._heads_of(unit)
        assert (of_worker.configuration_id, told.segmentation) == (heads.configuration_id, name)
    assert heads_for(store, settings).head_set.digest == bundled.digest


@pytest.mark.parametrize(
    ("name", "segmentation"),
    [
        ("zps10", replace(make_segmenter("zps10").identity, version=0)),
        ("bounded", Bounded(penalty=2.5).identity),  # training used to choose the penalty
    ],
)
def test_heads_of_a_segmentation_with_other_parameters_are_refused(settings, store, name, segmentation):
    other = replace(HeadSet.from_bytes(bundled_head_set()), segmentation=segmentation)
    keep(store, other, start_run(store, "train", {}), None)
    with pytest.raises(ConfigurationError, match="another segmentation") as raised:
        heads_for(store, replace(settings, segmentation=name))
    assert raised.value.remedy == f"NESANNOT_SEGMENTATION={name} nesannot train"


def test_an_engine_that_cannot_be_sent_is_opened_by_each_worker(settings, store):
    heads = heads_for(store, replace(settings, engine="packed", device="cpu"))
    assert "packed" in heads.chosen
    assert heads.portable is None


def test_engine_that_does_not_exist_is_refused_as_a_setting(settings):
    with pytest.raises(ConfigurationError, match="engine is 'fast'"):
        replace(settings, engine="fast")
