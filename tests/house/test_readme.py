"""What users are told is complete and true: commands, settings, exit codes, views, methods and example SQL."""

import re
from dataclasses import fields
from pathlib import Path

import pytest
import typer

from nesdb_annot.errors import EXIT_CODES
from nesdb_annot.settings import Settings

README = (Path(__file__).parents[2] / "README.md").read_text()


def commands():
    from nesdb_annot.cli.main import app

    def walk(command, name):
        subcommands = getattr(command, "commands", {})
        yield from [name] if not subcommands else []
        for word, child in subcommands.items():
            yield from walk(child, f"{name} {word}")

    return sorted(walk(typer.main.get_command(app), "nesannot"))


@pytest.mark.parametrize("name", commands())
def test_every_command_is_documented(name):
    group, _, word = name.removeprefix("nesannot ").partition(" ")
    assert f"nesannot {group}" in README
    assert not word or re.search(rf"\b{word}\b", README), name


@pytest.mark.parametrize("name", [field.name for field in fields(Settings)])
def test_every_setting_is_documented(name):
    assert f"`{name}`" in README


@pytest.mark.parametrize("code", EXIT_CODES)
def test_every_exit_code_is_documented(code):
    assert f"| {code} | " in README


def test_every_method_and_operating_point_is_documented():
    from nesdb_annot.methods.scoring import METHODS

    for name in (*METHODS, "combined", "strict", "balanced", "sensitive"):
        assert re.search(rf"`[^`\n]*{name}[^`\n]*`", README), name


def test_every_view_is_documented(module_store):
    from nesdb_annot.store.views import describe_views

    names = {one.view for one in describe_views(module_store)}
    assert names
    assert [name for name in sorted(names) if f"`{name}`" not in README] == []


def test_example_sql_runs(module_store):
    from nesdb_annot.store.analyst import run_sql

    blocks = re.findall(r"```sql\n(.*?)```", README, re.DOTALL)
    inline = re.findall(r'nesannot sql "(.+?)"', README)
    assert blocks
    assert inline
    for text in [*(block.strip().rstrip(";") for block in blocks), *inline]:
        assert list(run_sql(module_store, text).rows) == []


def test_there_is_one_test_command_and_one_start_command():
    lines = [line for line in README.splitlines() if line.startswith("python3 -m venv")]
    assert [line.split()[-1] for line in lines] == ["demo", ".venv/bin/pytest"]


def test_no_placeholder_is_left():
    assert not re.search(r"_HERE\b", README)
