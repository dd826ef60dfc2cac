"""Global options stand before the command or after it, and the help of a command does not list them."""

import pytest
import typer
from typer.testing import CliRunner

from nesdb_annot.cli.main import app

GLOBAL = {"--database-url", "--data-dir", "--offline", "--debug", "--version"}


def commands(command=None, words=()):
    """Words of every command and group below the root."""
    command = command or typer.main.get_command(app)
    for word, child in getattr(command, "commands", {}).items():
        yield (*words, word)
        yield from commands(child, (*words, word))


@pytest.mark.parametrize("words", list(commands()), ids=" ".join)
def test_every_command_takes_global_options_its_help_hides(words):
    command = typer.main.get_command(app)
    for word in words:
        command = command.commands[word]
    assert {name for option in command.params for name in option.opts} >= GLOBAL
    shown = CliRunner().invoke(app, [*words, "--help"])
    assert shown.exit_code == 0
    assert not any(name in shown.output for name in GLOBAL)


@pytest.mark.parametrize("words", [("--offline", "info"), ("info", "--offline")], ids=" ".join)
def test_flag_is_the_same_before_and_after(words, monkeypatch):
    monkeypatch.delenv("NESANNOT_OFFLINE", raising=False)
    lines = [line.split() for line in CliRunner().invoke(app, words).output.splitlines()]
    assert ["offline", "True", "flag"] in lines


def test_both_places_are_merged_and_the_later_wins(tmp_path):
    ended = CliRunner().invoke(app, ["--data-dir", "first", "--offline", "info", "--data-dir", str(tmp_path)])
    lines = [line.split() for line in ended.output.splitlines()]
    assert ["data_dir", str(tmp_path), "flag"] in lines
    assert ["offline", "True", "flag"] in lines


def test_option_of_a_group_holds_for_its_command(invoke):
    ended = invoke("ingest", "--database-url", "mysql://elsewhere/x", "references", "table.tsv")
    assert "not one of PostgreSQL" in str(ended.exception)


def test_version_follows_a_command():
    assert CliRunner().invoke(app, ["score", "--version"]).output.startswith("nesannot ")
