r"""The one door for text into the database: control characters are spelled out, everything else is stored as it is.

PostgreSQL refuses NUL, and a character that steers a terminal has no place in a name, a setting or a message. What is
stored and what is looked for go through the same door, so that they still match.
"""

from __future__ import annotations

import re

_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
_ESCAPED = re.compile(
    r"(?<!\\)(?P<before>(?:\\\\)*)(?:(?P<pair>\\ud[89ab]..\\ud[c-f]..)"
    r"|\\u(?P<code>00[01][0-9a-f]|007f|00[89][0-9a-f]|d[89a-f][0-9a-f]{2}))"
)
"""The same characters as JSON writes them; a pair of surrogates is one good character."""


def storable(value: object) -> object:
    r"""`value` as the database takes it: control characters of a text, or of the texts in a list, are spelled out.

    Tabs and line ends stay. A text may be JSON.

    Example:
        >>> print(storable("a\x1b[2Jb"), storable('{"a": "\\u0000"}'), storable(7))
        a\x1b[2Jb {"a": "\\x00"} 7
    """
    if isinstance(value, str):
        return storable_text(value)
    if isinstance(value, list):
        return [storable(one) for one in value]
    return value


def storable_text(text: str) -> str:
    """`text` as the database has it, for a comparison with what comes from there."""
    if "\\u" in text:
        text = _ESCAPED.sub(_spelled_in_json, text)
    return text if text.isprintable() else _CONTROL.sub(lambda found: _spelled(ord(found[0])), text)


def _spelled(code: int) -> str:
    return f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}"


def _spelled_in_json(found: re.Match[str]) -> str:
    if found["pair"]:
        return found[0]
    return found["before"] + "\\" + _spelled(int(found["code"], 16))
