"""Weights that are missing are fetched by what trains and measures, after all that is cheap to check."""

from dataclasses import replace

import pytest

from nesdb_annot.errors import ConfigurationError, InputError, TryLaterError, UsageError
from nesdb_annot.store.runs import list_runs
from nesdb_annot.workflow import evaluate, evaluate_segmentation, fetch_model, knowledge, train

COMMANDS = {
    "evaluate": evaluate.evaluate_methods,
    "train": train.train_heads,
    "evaluate segmentation": evaluate_segmentation.evaluate_segmentation,
    "models knowledge": knowledge.knowledge_of,
}
NAME = "esm2_t6_8M_UR50D"


@pytest.fixture
def asked(monkeypatch):
    """Names of models that were to be fetched; every fetch fails."""
    names = []

    def fails(_settings, name, *_):
        names.append(name)
        raise TryLaterError("no network today")

    monkeypatch.setattr(fetch_model, "fetch_model", fails)
    return names


@pytest.mark.parametrize("command", COMMANDS)
def test_missing_weights_are_fetched(command, asked, store, with_references):
    with pytest.raises(TryLaterError, match="no network today"):
        COMMANDS[command](store, replace(with_references, model=NAME, offline=False))
    assert asked == [NAME]
    assert [own.kind for own in list_runs(store)] == ["ingest references"]


@pytest.mark.parametrize("command", COMMANDS)
def test_offline_it_is_said_how_to_get_them(command, asked, store, with_references):
    with pytest.raises(ConfigurationError, match=f"nesannot models fetch {NAME}"):
        COMMANDS[command](store, replace(with_references, model=NAME))
    assert not asked


@pytest.mark.parametrize("command", COMMANDS)
def test_nothing_is_fetched_where_there_is_nothing_to_do(command, asked, store, settings):
    with pytest.raises(InputError, match="nesannot ingest nesdb"):
        COMMANDS[command](store, replace(settings, model=NAME, offline=False))
    assert not asked


@pytest.mark.parametrize(
    "run", [lambda *given: evaluate.evaluate_methods(*given, evaluate.Wanted("nobody")),
            lambda *given: train.train_heads(*given, negatives="nobody")],
)  # fmt: skip
def test_nothing_is_fetched_for_a_proteome_that_is_not_there(run, asked, store, with_references):
    with pytest.raises(UsageError, match="nobody"):
        run(store, replace(with_references, model=NAME, offline=False))
    assert not asked
