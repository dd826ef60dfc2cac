"""`nesannot db`: what each word does, prints and exits with."""

import pytest
from typer.testing import CliRunner

from nesdb_annot.cli import db
from nesdb_annot.cli.context import Global
from nesdb_annot.errors import ConfigurationError, UsageError
from nesdb_annot.settings import load_settings
from nesdb_annot.store.engine import open_store
from nesdb_annot.store.migrate import HEAD
from nesdb_annot.store.schema import VIEWS


@pytest.fixture
def call(empty_database_url, tmp_path):
    """Run `nesannot db ...` on an empty database."""
    flags = {"database_url": empty_database_url, "data_dir": tmp_path}

    def run(*words, **more):
        ended = CliRunner().invoke(db.app, list(words), obj=Global(load_settings(flags | more, {}, tmp_path)))
        if ended.exception is not None and not isinstance(ended.exception, SystemExit):
            raise ended.exception
        return ended

    return run


def test_up_and_status_and_down(call):
    with pytest.raises(ConfigurationError, match="is empty"):
        call("views")
    assert f"schema {HEAD}" in call("up").stderr
    assert f"schema {HEAD}" in call("upgrade").stderr
    shown = call("status")
    assert (shown.exit_code, f"{HEAD} (fits)" in shown.stdout) == (0, True)
    assert call("down", "base").exit_code != 0, "nobody confirmed"
    assert f"{HEAD} (fits)" in call("status").stdout
    assert "schema removed" in call("down", "base", "--yes").stderr
    assert "none (empty)" in call("status").stdout
    with pytest.raises(UsageError, match="no such revision"):
        call("down", "0099", "--yes")


def test_views_and_their_columns(call):
    call("up")
    listed = call("views").stdout
    for view in (
        "candidate",
        "candidate_score",
        "protein_summary",
        "method_agreement",
        "score_provenance",
        "run_progress",
        "reference_nes",
        "annotation",
        "release_membership",
    ):
        assert f"\n{view} " in listed
    columns = call("views", "candidate").stdout
    for column in (
        "proteome",
        "rank",
        "accessions",
        "peptide",
        "nes_class",
        "probability",
        "q_value",
        "combined",
        "run_id",
    ):
        assert f"\n{column} " in columns
    with pytest.raises(UsageError, match="no view 'nothing'"):
        call("views", "nothing")


def test_url_is_for_psql(call):
    call("up")
    line = call("url").stdout.strip()
    assert line.startswith("postgresql://")
    assert f"csearch_path%3D{VIEWS}" in line


def test_stop_is_for_the_embedded_server(call, tmp_path):
    with pytest.raises(UsageError, match="a server of your own"):
        call("stop")
    assert "was not running" in call("stop", database_url="", data_dir=tmp_path / "none").stderr


def test_status_of_a_server_that_is_down_is_1_and_starts_nothing(call, tmp_path):
    shown = call("status", database_url="", data_dir=tmp_path / "none")
    assert shown.exit_code == 1
    assert "not running" in shown.stdout
    assert not (tmp_path / "none").exists()


def test_the_embedded_database_fills_itself(embedded_server):
    with open_store(embedded_server) as store:
        assert store.embedded
        assert "passfile" in store.url
