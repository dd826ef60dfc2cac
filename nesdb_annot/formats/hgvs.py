"""Reads variants in the protein notation of HGVS, in one-letter and three-letter code.

Understood: ``L42A``, ``p.Leu42Ala``, ``p.(Leu42Ala)``, ``L42*``, ``L42del``, ``L42_K45del``, ``L42_K43insAG``,
``L42dup``, ``L42_K45dup``, ``L42_K45delinsAG`` and ``L42fs`` with the new tail given apart.
"""

from __future__ import annotations

import re

from ..errors import InputError
from ..residues import ResidueSpan
from ..variants import STOP, Variant

THREE_LETTERS = {
    "Ala": "A", "Arg": "R", "Asn": "N", "Asp": "D", "Cys": "C", "Gln": "Q", "Glu": "E", "Gly": "G", "His": "H",
    "Ile": "I", "Leu": "L", "Lys": "K", "Met": "M", "Phe": "F", "Pro": "P", "Ser": "S", "Thr": "T", "Trp": "W",
    "Tyr": "Y", "Val": "V", "Sec": "U", "Pyl": "O", "Xaa": "X", "Asx": "B", "Glx": "Z", "Ter": STOP,
}  # fmt: skip
"""Three-letter code -> one letter."""

_RESIDUE = "[A-Z][a-z]{2}|[A-Z*]"
_PATTERN = re.compile(
    rf"(?P<first>{_RESIDUE})(?P<first_at>\d+)(?:_(?P<last>{_RESIDUE})(?P<last_at>\d+))?"
    rf"(?P<kind>del(?=$)|dup|delins|ins|fs|(?={_RESIDUE}))(?P<new>(?:{_RESIDUE})*)(?:\*\d+|Ter\d+)?"
)
_EXAMPLES = "L42A, p.Leu42Ala, L42_K45del, L42_K43insAG, L42dup, L42_K45delinsAG or L42fs"


def parse_change(text: str, residues: str, tail: str | None = None) -> Variant:
    """Return the variant that `text` describes; several substitutions are joined by semicolons, as ``L42A;L45A``.

    Args:
        text: one variant, or substitutions; ``p.[...]`` around them may be there.
        residues: of the unchanged protein.
        tail: see `parse_variant`.

    Raises:
        InputError: if the notation is not understood, or a joined part is no substitution.

    Example:
        >>> parse_change("p.[M1A;L3V]", "MKLK").apply("MKLK")
        'AKVK'
    """
    bare = text.strip().removeprefix("p.").removeprefix("[").removesuffix("]")
    if ";" not in bare:
        return parse_variant(text, tail)
    parts = [parse_variant(part) for part in bare.split(";")]
    letters = list(residues)
    for part in parts:
        if part.span is None or len(part.span) != 1 or len(part.new) != 1 or part.new == STOP:
            raise _refusal(part.name, "only substitutions can be joined")
        if part.span.last <= len(letters):
            letters[part.span.first - 1] = part.new
    first, last = (choose(part.span.first for part in parts if part.span) for choose in (min, max))
    reference = tuple(pair for part in parts for pair in part.reference)
    return Variant(text.strip(), ResidueSpan(first, last), "".join(letters[first - 1 : last]), reference)


def parse_variant(text: str, tail: str | None = None) -> Variant:
    """Return the variant that `text` describes.

    Args:
        text: one variant; ``p.`` and parentheses around the rest may be there.
        tail: for a frameshift, the new residues from the named residue to the new end.

    Raises:
        InputError: if the notation is not understood; it names what is.

    Example:
        >>> parse_variant("p.(Leu42Ala)").apply("M" * 41 + "LK")[-2:]
        'AK'
    """
    bare = text.strip().removeprefix("p.").removeprefix("(").removesuffix(")")
    match = _PATTERN.fullmatch(bare)
    if match is None:
        raise _refusal(text, "the notation is not understood")
    first, last = _end(match, "first", text), _end(match, "last", text) or _end(match, "first", text)
    if first is None or last is None or first[0] < 1 or last[0] < first[0]:
        raise _refusal(text, "its positions are out of order")
    new = "".join(_letter(word, text) for word in re.findall(_RESIDUE, match["new"]))
    return _variant(text.strip(), match["kind"], first, last, new, tail)


def _variant(
    name: str, kind: str, first: tuple[int, str], last: tuple[int, str], new: str, tail: str | None
) -> Variant:
    span = ResidueSpan(first[0], last[0])
    reference = tuple(dict.fromkeys((first, last)))
    if kind == "ins":
        if last[0] != first[0] + 1 or not new:
            raise _refusal(name, "an insertion names two neighbours and the new residues")
        return Variant(name, None, new, reference, after=first[0])
    if kind == "fs":
        if not tail:
            raise _refusal(name, "a frameshift needs its new residues", "--sequence NEW_RESIDUES")
        return Variant(name, ResidueSpan(first[0], first[0]), tail.strip().upper(), reference, to_end=True)
    if kind == "dup":
        if new:
            raise _refusal(name, "a duplication names no new residues")
        return Variant(name, span, "", reference, doubled=True)
    if kind == "" and (len(new) != 1 or first != last):
        raise _refusal(name, "a substitution names one residue and its replacement")
    if kind == "delins" and not new:
        raise _refusal(name, "delins names the new residues")
    return Variant(name, span, new, reference)


def _end(match: re.Match[str], name: str, text: str) -> tuple[int, str] | None:
    if match[name] is None:
        return None
    return int(match[f"{name}_at"]), _letter(match[name], text)


def _letter(word: str, text: str) -> str:
    letter = THREE_LETTERS.get(word) if len(word) == 3 else word
    if letter is None:
        raise _refusal(text, f"{word!r} is not an amino acid")
    return letter


def _refusal(text: str, why: str, remedy: str = f"write it like {_EXAMPLES}") -> InputError:
    return InputError(f"{text.strip()!r} is not a variant", why=why, remedy=remedy)
