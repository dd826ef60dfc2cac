"""Draws one protein with its candidates as SVG: the picture that README, reports and pages share.

The drawing takes plain nouns and needs no library. Colours are those of Okabe and Ito, and every mark also differs by
shape or height, so that the picture is legible in grey.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape

from ..residues import ResidueSpan

WIDTH, MARGIN_LEFT, MARGIN_RIGHT = 760, 112, 20
"""Pixels of the whole picture and of its margins."""

PLOT_HEIGHT, ROW_HEIGHT, LETTER_WIDTH = 96, 20, 13
"""Pixels of the probability axis, of one row of marks, and of one residue letter."""

LONGEST_TITLE = 60
"""Letters of the title that fit beside the length."""

FLANK = 8
"""Residues shown on both sides of the best candidate."""

INK, GREY, PALE = "#222222", "#767676", "#d9d9d9"
CANDIDATE, CORE, KNOWN, FEATURE = "#0072B2", "#D55E00", "#009E73", "#8a8a8a"
FONT = "font-family='Helvetica, Arial, sans-serif'"
MONO = "font-family='DejaVu Sans Mono, Menlo, Consolas, monospace'"


@dataclass(frozen=True, slots=True)
class TrackCandidate:
    """A candidate to draw.

    Attributes:
        span: 1-based, inclusive.
        probability: between 0 and 1.
        nes_class: pattern class; empty if no pattern matches.
        core: positions of the hydrophobic core, 1-based, ascending; Φ0 or Φ1 first.
    """

    span: ResidueSpan
    probability: float
    nes_class: str = ""
    core: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class TrackMark:
    """A named span to draw below the candidates, such as a known NES or a membrane helix."""

    span: ResidueSpan
    label: str


@dataclass(frozen=True, slots=True)
class ProteinTrack:
    """All that the picture of one protein shows.

    Attributes:
        title: for example accession and gene.
        residues: of the whole protein, length L.
        candidates: in any order.
        rows: name of a row -> its marks, drawn below the candidates in this order.
    """

    title: str
    residues: str
    candidates: Sequence[TrackCandidate]
    rows: Sequence[tuple[str, Sequence[TrackMark]]] = ()


def track_svg(track: ProteinTrack) -> str:
    """Return the picture as one SVG element with a title and a description for screen readers.

    Raises:
        ValueError: if the protein has no residues.
    """
    if not track.residues:
        raise ValueError(f"{track.title} has no residues to draw")
    rows = [(name, marks) for name, marks in track.rows if marks]
    top = 34
    bottom = top + PLOT_HEIGHT + 34 + ROW_HEIGHT * len(rows)
    best = max(track.candidates, key=lambda one: one.probability, default=None)
    height = bottom + (78 if best else 8)
    parts = [
        *_head(track, best, height),
        *_axis(top),
        *_candidates(track, best, top),
        *_ruler(len(track.residues), top + PLOT_HEIGHT),
        *_rows(rows, len(track.residues), top + PLOT_HEIGHT + 34),
        *(_close_up(track.residues, best, bottom + 14) if best else ()),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _head(track: ProteinTrack, best: TrackCandidate | None, height: int) -> Iterator[str]:
    length = len(track.residues)
    summary = f"{length:,} residues, {len(track.candidates):,} candidates"
    if best:
        summary += f"; best candidate {best.span.first}-{best.span.last}, probability {best.probability:.2f}"
    yield (
        f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {WIDTH} {height}' width='{WIDTH}' height='{height}' "
        f"role='img' {FONT}>"
    )
    yield f"<title>{escape(track.title)}</title>"
    yield f"<desc>{escape(summary)}</desc>"
    yield f"<rect width='{WIDTH}' height='{height}' fill='#ffffff'/>"
    title = track.title if len(track.title) <= LONGEST_TITLE else f"{track.title[:LONGEST_TITLE]}…"
    yield _text(MARGIN_LEFT, 18, title, size=14, weight="bold")
    yield _text(WIDTH - MARGIN_RIGHT, 18, f"{length:,} residues", size=11, colour=GREY, anchor="end")


def _text(
    x: float, y: float, text: str, *, size: int = 10, colour: str = INK, anchor: str = "start", weight: str = "normal"
) -> str:
    return (
        f"<text x='{x:.1f}' y='{y:.1f}' font-size='{size}' fill='{colour}' text-anchor='{anchor}' "
        f"font-weight='{weight}'>{escape(text)}</text>"
    )


def _x(residue: float, length: int) -> float:
    """Horizontal position of the left edge of a residue (1-based) in pixels."""
    return MARGIN_LEFT + (residue - 1) / length * (WIDTH - MARGIN_LEFT - MARGIN_RIGHT)


def _axis(top: int) -> Iterator[str]:
    """Axis of the probability, with the bounds of the verdicts as dashed lines."""
    right = WIDTH - MARGIN_RIGHT
    for value in (0.0, 0.1, 0.5, 1.0):
        y = top + PLOT_HEIGHT * (1 - value)
        dashes = "" if value in (0.0, 1.0) else " stroke-dasharray='4 3'"
        stroke = INK if value == 0.0 else PALE
        yield f"<line x1='{MARGIN_LEFT}' y1='{y:.1f}' x2='{right}' y2='{y:.1f}' stroke='{stroke}'{dashes}/>"
        yield _text(MARGIN_LEFT - 6, y + 3.5, f"{value:g}", colour=GREY, anchor="end")
    yield _text(8, top + PLOT_HEIGHT / 2 + 3.5, "probability", size=11)


def _candidates(track: ProteinTrack, best: TrackCandidate | None, top: int) -> Iterator[str]:
    """One bar for each candidate, as high as its probability; the best one has a label."""
    length, base = len(track.residues), top + PLOT_HEIGHT
    for one in sorted(track.candidates, key=lambda candidate: candidate.probability):
        left, right = _x(one.span.first, length), _x(one.span.last + 1, length)
        height = max(PLOT_HEIGHT * one.probability, 1.5)
        label = f"{one.span.first}-{one.span.last}, probability {one.probability:.3f}"
        label += f", class {one.nes_class}" if one.nes_class else ""
        yield (
            f"<rect x='{left:.1f}' y='{base - height:.1f}' width='{max(right - left, 2):.1f}' height='{height:.1f}' "
            f"fill='{CANDIDATE}' fill-opacity='{0.85 if one is best else 0.5}'><title>{escape(label)}</title></rect>"
        )
    if best:
        middle = (_x(best.span.first, length) + _x(best.span.last + 1, length)) / 2
        middle = min(max(middle, MARGIN_LEFT + 24), WIDTH - MARGIN_RIGHT - 24)
        y = max(base - PLOT_HEIGHT * best.probability - 4, top - 2)
        yield _text(middle, y, f"{best.probability:.2f}", anchor="middle", weight="bold", colour=CANDIDATE)


def _ruler(length: int, y: int) -> Iterator[str]:
    step = next(step for step in (10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 50_000) if length / step <= 12)
    for residue in [1, *range(step, length + 1, step)]:
        x = _x(residue + 0.5, length)
        yield f"<line x1='{x:.1f}' y1='{y}' x2='{x:.1f}' y2='{y + 5}' stroke='{INK}'/>"
        yield _text(x, y + 16, f"{residue}", size=9, colour=GREY, anchor="middle")
    yield _text(8, y + 16, "residue", size=11)


def _rows(rows: Sequence[tuple[str, Sequence[TrackMark]]], length: int, top: int) -> Iterator[str]:
    """One row of outlined boxes for each kind of mark."""
    for number, (name, marks) in enumerate(rows):
        y = top + number * ROW_HEIGHT
        colour = KNOWN if "NES" in name else FEATURE
        yield _text(8, y + 10, name, size=11)
        for mark in marks:
            left, right = _x(mark.span.first, length), _x(mark.span.last + 1, length)
            label = f"{mark.label} {mark.span.first}-{mark.span.last}"
            yield (
                f"<rect x='{left:.1f}' y='{y + 1}' width='{max(right - left, 2):.1f}' height='11' rx='2' "
                f"fill='{colour}' fill-opacity='0.35' stroke='{colour}'><title>{escape(label)}</title></rect>"
            )


def _close_up(residues: str, best: TrackCandidate, y: int) -> Iterator[str]:
    """The best candidate letter by letter, its core positions in boxes named Φ."""
    first = max(1, best.span.first - FLANK)
    last = min(len(residues), best.span.last + FLANK)
    left = MARGIN_LEFT
    yield _text(8, y + 26, "best candidate", size=11)
    core = {position: number for number, position in enumerate(best.core, 1 if len(best.core) < 5 else 0)}
    for residue in range(first, last + 1):
        x = left + (residue - first) * LETTER_WIDTH
        if residue in core:
            yield f"<rect x='{x:.1f}' y='{y + 13}' width='{LETTER_WIDTH}' height='18' rx='2' fill='{CORE}'/>"
            yield _text(x + LETTER_WIDTH / 2, y + 9, f"Φ{core[residue]}", size=8, colour=CORE, anchor="middle")
        colour = "#ffffff" if residue in core else INK if best.span.first <= residue <= best.span.last else GREY
        weight = "bold" if residue in core else "normal"
        yield (
            f"<text x='{x + LETTER_WIDTH / 2:.1f}' y='{y + 26}' font-size='13' {MONO} fill='{colour}' "
            f"text-anchor='middle' font-weight='{weight}'>{residues[residue - 1]}</text>"
        )
    start = left + (best.span.first - first) * LETTER_WIDTH
    width = len(best.span) * LETTER_WIDTH
    yield f"<line x1='{start}' y1='{y + 36}' x2='{start + width}' y2='{y + 36}' stroke='{CANDIDATE}' stroke-width='3'/>"
    words = f"residues {best.span.first}-{best.span.last}"
    words += f", class {best.nes_class}" if best.nes_class else ", no published pattern"
    yield _text(start, y + 51, f"{words}, probability {best.probability:.2f}", size=11)
