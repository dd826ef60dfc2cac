"""The picture of one protein: well-formed, escaped, complete and in scale."""

import xml.etree.ElementTree as ET

import pytest

from nesdb_annot.report.track import WIDTH, ProteinTrack, TrackCandidate, TrackMark, track_svg
from nesdb_annot.residues import ResidueSpan

SVG = "{http://www.w3.org/2000/svg}"


def drawn(track):
    return ET.fromstring(track_svg(track))


def candidate(first, last, probability=0.5, **others):
    return TrackCandidate(ResidueSpan(first, last), probability, **others)


def test_names_are_escaped():
    text = track_svg(ProteinTrack("<script>&'\"", "MKL", [], [("<b>", [TrackMark(ResidueSpan(1, 2), "</svg>")])]))
    assert "<script>" not in text
    assert "<b>" not in text
    assert text.count("</svg>") == 1
    ET.fromstring(text)


def test_each_candidate_and_mark_has_a_tooltip():
    rows = [("known NES", [TrackMark(ResidueSpan(5, 14), "NES")]), ("features", [])]
    root = drawn(ProteinTrack("P1", "M" * 60, [candidate(3, 12), candidate(30, 41, 0.1)], rows))
    tips = [element.text for element in root.iter(f"{SVG}title")]
    assert tips == ["P1", "30-41, probability 0.100", "3-12, probability 0.500", "NES 5-14"]
    assert "features" not in [element.text for element in root.iter(f"{SVG}text")]


def test_core_positions_are_named_from_phi_0_or_phi_1():
    four = drawn(ProteinTrack("P1", "MNELALKLAGLDI", [candidate(3, 13, core=(4, 6, 8, 11))]))
    five = drawn(ProteinTrack("P1", "MNELALKLAGLDI", [candidate(3, 13, core=(3, 4, 6, 8, 11))]))
    for root, names in ((four, "Φ1 Φ2 Φ3 Φ4"), (five, "Φ0 Φ1 Φ2 Φ3 Φ4")):
        assert " ".join(e.text for e in root.iter(f"{SVG}text") if e.text.startswith("Φ")) == names


@pytest.mark.parametrize("length", [1, 9, 35_000])
def test_everything_lies_within_the_picture(length):
    root = drawn(ProteinTrack("P1", "L" * length, [candidate(max(1, length - 8), length, 1.0)]))
    height = float(root.get("height"))
    for box in root.iter(f"{SVG}rect"):
        x, y = float(box.get("x", 0)), float(box.get("y", 0))
        assert 0 <= x <= x + float(box.get("width")) <= WIDTH + 0.2
        assert 0 <= y <= y + float(box.get("height")) <= height


def test_a_protein_without_candidates_is_drawn_and_one_without_residues_refused():
    assert "0 candidates" in track_svg(ProteinTrack("P1", "MKL", []))
    with pytest.raises(ValueError, match="no residues"):
        track_svg(ProteinTrack("P1", "", []))
