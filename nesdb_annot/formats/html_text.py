"""The text of an HTML page as a list of blocks, with headings and links: all that a page of tables needs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser

_BLOCKS = frozenset(
    ("p", "div", "td", "th", "tr", "table", "li", "ul", "ol", "dl", "dt", "dd", "br", "hr", "pre", "body", "html",
     "form", "h1", "h2", "h3", "h4", "h5", "h6", "center", "blockquote")
)  # fmt: skip
_HEADINGS = frozenset(("th", "dt", "h1", "h2", "h3", "h4", "h5", "h6", "b", "strong"))
_SILENT = frozenset(("script", "style", "title"))


@dataclass(slots=True)
class Block:
    """One run of text between block elements.

    Attributes:
        heading: all of its text stands in heading elements (``h1``..``h6``, ``th``, ``dt``, ``b``, ``strong``).
        links: address and text of each link.
    """

    text: str = ""
    heading: bool = True
    links: list[tuple[str, str]] = field(default_factory=list)


class _Parser(HTMLParser):
    """Cuts a page into blocks; never complains about tags that are not closed."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.blocks: list[Block] = []
        self._block = Block()
        self._headings = self._silent = self._preformatted = 0
        self._address: str | None = None

    def finish_block(self) -> None:
        """End the present block, if it holds any text."""
        if self._block.text.strip():
            self.blocks.append(self._block)
        self._block = Block()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """A tag opens."""
        if tag in _BLOCKS:
            self.finish_block()
            self._headings = 0  # a heading that was never closed ends where the next block begins
        self._headings += tag in _HEADINGS
        self._silent += tag in _SILENT
        self._preformatted += tag == "pre"
        if tag == "a":
            self._address = dict(attrs).get("href")

    def handle_endtag(self, tag: str) -> None:
        """A tag closes."""
        if tag in _BLOCKS:
            self.finish_block()
        self._headings = max(0, self._headings - (tag in _HEADINGS))
        self._silent = max(0, self._silent - (tag in _SILENT))
        self._preformatted = max(0, self._preformatted - (tag == "pre"))
        if tag == "a":
            self._address = None

    def handle_data(self, data: str) -> None:
        """Text."""
        if self._silent:
            return
        text = data if self._preformatted else data.replace("\r", "").replace("\n", " ")
        if text.strip():
            self._block.heading = self._block.heading and self._headings > 0
            if self._address:
                self._block.links.append((self._address, text))
        self._block.text += text


def html_blocks(lines: Iterable[tuple[int, str]]) -> Iterator[Block]:
    """Blocks of text in page order, from numbered lines."""
    parser = _Parser()
    for _, text in lines:
        parser.feed(text + "\n")
    parser.close()
    parser.finish_block()
    yield from parser.blocks
