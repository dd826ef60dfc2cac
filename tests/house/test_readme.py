"""README and manual are complete and true: commands, settings, exit codes, views, methods and example SQL."""

import re
from dataclasses import fields
from pathlib import Path

import pytest
import typer

from nesdb_annot.errors import EXIT_CODES
from nesdb_annot.settings import Settings

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()
CONTRIBUTING = (ROOT / ".github/CONTRIBUTING.md").read_text()
PAGES = sorted((ROOT / "nesdb_annot" / "manual").glob("*.md"))
MANUAL = "\n".join(page.read_text() for page in PAGES)
TEXTS = [ROOT / "README.md", *PAGES, ROOT / "jobs/README.md", ROOT / "migrations/README.md",
         ROOT / ".github/CONTRIBUTING.md"]  # fmt: skip
RETIRED = ("of which", "anew", "besides", "goes without", "stands there", "is told", "was told", "taught", "rivals ")


def commands():
    from nesdb_annot.cli.main import app

    def walk(command, name):
        subcommands = getattr(command, "commands", {})
        yield from [name] if not subcommands else []
        for word, child in subcommands.items():
            yield from walk(child, f"{name} {word}")

    return sorted(walk(typer.main.get_command(app), "nesannot"))


def prose(text):
    """Paragraphs and list items without code, tables and headings."""
    text = re.sub(r"```.*?```", "", text, flags=re.DOTALL)
    lines = [line for line in text.splitlines() if not line.startswith(("|", "#", "![", "<"))]
    return "\n".join(lines).replace("**", "")


def sentences(text):
    """Sentences of the prose; a line that begins a list item begins a sentence."""
    joined = re.sub(r"\n(?!\s*(?:[-\n]|\d+\.))", " ", prose(text))
    parts = [part for line in joined.splitlines() for part in re.split(r"(?<=[.:;?])\s+(?=[A-Z`(])", line)]
    return [part.strip(" -") for part in parts if len(part.split()) > 2]


@pytest.mark.parametrize("name", commands())
def test_every_command_is_documented(name):
    group, _, word = name.removeprefix("nesannot ").partition(" ")
    assert f"`{group}" in README
    assert not word or re.search(rf"\b{word}\b", README + MANUAL + CONTRIBUTING), name


@pytest.mark.parametrize("name", [field.name for field in fields(Settings)])
def test_every_setting_is_documented(name):
    assert f"`{name}`" in MANUAL


@pytest.mark.parametrize("code", EXIT_CODES)
def test_every_exit_code_is_documented(code):
    assert f"| {code} | " in README


def test_every_method_and_operating_point_is_documented():
    from nesdb_annot.methods.scoring import METHODS

    for name in (*METHODS, "combined", "strict", "balanced", "sensitive"):
        assert f"`{name}`" in MANUAL, name


def test_every_view_is_documented(module_store):
    from nesdb_annot.store.views import describe_views

    names = {one.view for one in describe_views(module_store)}
    assert names
    assert [name for name in sorted(names) if f"`{name}`" not in MANUAL] == []


def test_example_sql_runs(module_store):
    from nesdb_annot.store.analyst import run_sql

    blocks = re.findall(r"```sql\n(.*?)```", README + MANUAL, re.DOTALL)
    inline = re.findall(r'nesannot sql "(.+?)"', README + MANUAL)
    assert blocks
    assert inline
    for text in [*(block.strip().rstrip(";") for block in blocks), *inline]:
        assert list(run_sql(module_store, text).rows) == []


def test_readme_has_one_start_and_one_test_command():
    lines = [line for line in README.splitlines() if line.startswith("python3 -m venv")]
    assert [line.split()[-1] for line in lines] == ["demo", ".venv/bin/pytest"]


def test_readme_is_short():
    assert README.count("\n") <= 220


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: path.name)
def test_sentences_are_short(path):
    found = sentences(path.read_text())
    lengths = [len(sentence.split()) for sentence in found]
    assert [s for s, n in zip(found, lengths, strict=True) if n > 30] == []
    assert sum(lengths) <= 18 * max(len(lengths), 1)


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: path.name)
def test_retired_phrases_are_gone(path):
    text = prose(path.read_text())
    assert [phrase for phrase in RETIRED if phrase in text] == []


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: path.name)
def test_links_lead_to_files(path):
    links = re.findall(r"\]\(([^)#]+?)(?:#[^)]*)?\)", path.read_text())
    assert [link for link in links if "://" not in link and not (path.parent / link).exists()] == []


def test_every_shown_command_line_parses():
    """Each `nesannot ...` line of README and manual names a command and options that exist."""
    root = typer.main.get_command(__import__("nesdb_annot.cli.main", fromlist=["app"]).app)
    blocks = re.findall(r"```sh\n(.*?)```", README + MANUAL, re.DOTALL)
    lines = [line for block in blocks for line in block.splitlines() if line.startswith("nesannot ")]
    assert len(lines) > 20
    for line in lines:
        words = line.split("  #")[0].split(" # ")[0].split()[1:]
        command, names = root, set()
        while words and words[0] in getattr(command, "commands", {}):
            command = command.commands[words.pop(0)]
        names = {option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)}
        options = [word.split("=")[0] for word in words if word.startswith("--")]
        assert command is not root, line
        assert set(options) <= names, line
