"""`nesannot manual`: pages are listed, shown, and a wrong name gets the nearest one."""

import pytest
from typer.testing import CliRunner

from nesdb_annot.cli import manual
from nesdb_annot.cli.main import app
from nesdb_annot.errors import UsageError

runner = CliRunner()


def test_pages_are_listed_in_the_order_of_use():
    lines = runner.invoke(app, ["manual"]).output.splitlines()
    assert [line.split()[2] for line in lines] == list(manual.ORDER)


@pytest.mark.parametrize("topic", manual.ORDER)
def test_page_is_shown_as_it_is(topic):
    shown = runner.invoke(app, ["manual", topic])
    assert shown.exit_code == 0
    assert shown.output.startswith("# ")


def test_unknown_page_names_the_nearest_one():
    with pytest.raises(UsageError, match="no page 'glosary'") as raised:
        manual.page_text("glosary")
    assert raised.value.remedy == "nesannot manual glossary"


def test_commands_are_listed_in_the_order_of_use():
    import typer

    from nesdb_annot.cli.global_options import ORDER

    root = typer.main.get_command(app)
    names = root.list_commands(None)
    assert set(names) <= set(ORDER), "a new command has no place in the order"
    assert names == [name for name in ORDER if name in names]


def test_short_help_option_works_for_every_command():
    for words in (["-h"], ["predict", "-h"], ["ingest", "nesdb", "-h"]):
        shown = runner.invoke(app, words)
        assert shown.exit_code == 0
        assert "Usage:" in shown.output
