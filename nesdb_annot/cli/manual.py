"""`nesannot manual`: list the pages of the manual, or show one."""

from __future__ import annotations

import sys
from difflib import get_close_matches
from importlib.resources import files
from typing import Annotated

import typer

from ..errors import UsageError

ORDER = (
    *("tutorial", "proteins", "proteomes", "database", "operations", "models", "training", "evaluation"),
    *("evaluation_tables", "speed", "python", "architecture", "glossary", "changelog"),
)
"""Topics in the order of use; a page that is not named here comes last."""


def topics() -> list[str]:
    """Names of all pages, in the order of use."""
    names = {page.name.removesuffix(".md") for page in files("nesdb_annot").joinpath("manual").iterdir()
             if page.name.endswith(".md")}  # fmt: skip
    return [name for name in ORDER if name in names] + sorted(names - set(ORDER))


def page_text(topic: str) -> str:
    """Markdown text of a page.

    Raises:
        UsageError: if there is no such page.
    """
    pages = topics()
    if topic not in pages:
        near = get_close_matches(topic, pages, 1) or ["tutorial"]
        raise UsageError(
            f"the manual has no page {topic!r}", why=f"its pages are {', '.join(pages)}",
            remedy=f"nesannot manual {near[0]}",
        )  # fmt: skip
    return files("nesdb_annot").joinpath("manual", f"{topic}.md").read_text(encoding="utf-8")


def manual(
    topic: Annotated[str | None, typer.Argument(help="page to show; without it the pages are listed")] = None,
) -> None:
    """Show the manual: its list of pages, or one page."""
    if topic is None:
        for name in topics():
            title = page_text(name).splitlines()[0].removeprefix("# ")
            typer.echo(f"nesannot manual {name:14} {title}")
    elif sys.stdout.isatty():
        from rich.console import Console
        from rich.markdown import Markdown

        with Console() as console, console.pager(styles=True):
            console.print(Markdown(page_text(topic)))
    else:
        typer.echo(page_text(topic))
