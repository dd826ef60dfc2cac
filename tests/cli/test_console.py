"""What reaches the terminal: tables that line up, and no control characters out of files."""

import json
import re

import pytest

from nesdb_annot.cli.console import TerminalProgress, harmless, note, print_table


@pytest.mark.parametrize("hostile", ["\x1b]0;title\x07", "a\rb", "\x9b31m", "\x7f", "x\x00y"])
def test_control_characters_are_spelled_out(hostile, capsys):
    note(hostile)
    print_table(["name"], [[hostile]])
    shown = "".join(capsys.readouterr()).replace("\n", "")
    assert shown.isprintable()
    assert "\\x" in shown


def test_lists_and_objects_are_json(capsys):
    print_table(["evidence"], [({"stretch": [3, 12], "class": None, "unit": "µ"},)])
    assert json.loads(capsys.readouterr().out.splitlines()[1]) == {"stretch": [3, 12], "class": None, "unit": "µ"}


def test_a_cell_is_one_line(capsys):
    print_table(["name", "n"], [["two\nlines", 1]])
    assert len(capsys.readouterr().out.splitlines()) == 2


def test_what_is_harmless_stays():
    assert harmless("Φ0-x(2)-Φ1 β-actin\tnext\n") == "Φ0-x(2)-Φ1 β-actin\tnext\n"


def test_numbers_are_aligned_right_and_words_left(capsys):
    print_table(["word", "n"], [["a", 1], ["longer", 22], ["", None]])
    assert capsys.readouterr().out.splitlines() == ["word     n", "a        1", "longer  22", "         -"]


def test_a_bar_is_never_wider_than_the_terminal(monkeypatch, capsys):
    monkeypatch.setenv("COLUMNS", "40")
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    with TerminalProgress() as progress:
        progress.begin("scoring a proteome of some length", 10**6)
        capsys.readouterr()
        progress._draw(1.0)
        drawn = plain(capsys.readouterr().err)
    assert 0 < max(map(len, drawn.splitlines())) <= 40
    assert plain(capsys.readouterr().err).endswith("took 0:00\n"), "the last line is whole"


def test_a_note_beside_a_bar_is_a_line_of_its_own(monkeypatch, capsys):
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    with TerminalProgress() as progress:
        progress.begin("scoring", 10)
        progress.note("[red]one[/red] \x1b[2J")
    assert "[red]one[/red] \\x1b[2J\n" in plain(capsys.readouterr().err)


def test_a_table_on_a_terminal_has_a_bold_header_and_whole_lines(monkeypatch, capsys):
    monkeypatch.setenv("COLUMNS", "40")
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    print_table(["word", "n"], [["a" * 60, 1], ["[b]", None]])
    shown = capsys.readouterr().out
    assert "\x1b[1m" in shown
    assert [line.rstrip() for line in plain(shown).splitlines()] == [
        f"word{' ' * 58}n",
        f"{'a' * 60}  1",
        f"[b]{' ' * 59}-",
    ]


def plain(text):
    """The text without the sequences that steer a terminal."""
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]|\r", "", text)
