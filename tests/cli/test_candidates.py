"""The table of candidates that `rank` and `demo` print."""

import pytest

from nesdb_annot.cli.candidates import WIDTH, print_candidates

ROW = {
    "rank": 1,
    "accession": "P61925",
    "gene": "PKIA",
    "first_residue": 38,
    "last_residue": 47,
    "peptide": "LALKLAGLDI",
    "nes_class": "1a",
    "core_positions": [38, 42, 45, 47],
    "probability": 0.8041,
    "q_value": 0.033,
    "consensus": 0.1,
    "similarity": 0.2,
    "neural": 0.3,
    "tagger": 0.4,
    "biochemical": 0.5,
}
WIDE = ROW | {
    "rank": 26_123,
    "accession": "NP_001234567.1",
    "gene": "a_long_name_of_a_gene",
    "first_residue": 10_000,
    "last_residue": 10_024,
    "peptide": "L" * 25,
    "nes_class": "1b-R",
}


def lines(capsys):
    return capsys.readouterr().out.splitlines()


def test_the_table_shows_what_counts(capsys):
    print_candidates([ROW | {"training": "same"}])
    header, line = lines(capsys)
    assert header.split() == ["rank", "accession", "gene", "span", "peptide", "class", "probability", "q", "training"]
    assert line.split() == ["1", "P61925", "PKIA", "38-47", "LalkLagLdI", "1a", "0.804", "0.033", "same"]


def test_methods_are_shown_when_they_are_asked_for(capsys):
    print_candidates([ROW], methods=True)
    header, line = lines(capsys)
    assert header.split()[6:11] == ["consensus", "similarity", "neural", "tagger", "biochemical"]
    assert line.split()[6:11] == ["0.100", "0.200", "0.300", "0.400", "0.500"]


@pytest.mark.parametrize("extra", [{}, {"cargo_probability": 0.5}])
def test_the_table_fits_100_columns(capsys, extra):
    print_candidates([ROW | extra, WIDE | extra])
    printed = lines(capsys)
    assert max(map(len, printed)) <= WIDTH
    assert "NP_001234…" in printed[2]
    assert "10000-10024" in printed[2]
    print_candidates([ROW | extra])
    assert "PKIA" in lines(capsys)[1]
