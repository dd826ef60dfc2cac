"""Boundaries that others published: read as they come, refused with the line that is wrong."""

import pytest

from nesdb_annot.errors import InputError
from nesdb_annot.residues import ResidueSpan
from nesdb_annot.segmentation.published import read_boundaries


def written(tmp_path, text):
    path = tmp_path / "theirs.tsv"
    path.write_text(text)
    return path


def test_half_open_pairs_become_inclusive_spans(tmp_path):
    path = written(tmp_path, "P1\t[[0, 35], [35, 62]]\n\nP2\t[[10, 12], [0, 10]]\n")
    assert read_boundaries(path) == {
        "P1": [ResidueSpan(1, 35), ResidueSpan(36, 62)],
        "P2": [ResidueSpan(1, 10), ResidueSpan(11, 12)],
    }


def test_proteins_that_their_authors_failed_on_are_left_out(tmp_path):
    assert list(read_boundaries(written(tmp_path, 'P1\tFailed\nP2\t"Failed"\nP3\t[[0, 9]]\n'))) == ["P3"]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("P2 [[0, 9]]", "no line of boundaries"),
        ("\t[[0, 9]]", "no line of boundaries"),
        ("P2\t[[0, 9]", "cannot be read"),
        ("P2\t[[9, 0]]", "cannot be read"),
        ("P2\t[[0]]", "cannot be read"),
        ("P2\t5", "cannot be read"),
    ],
)
def test_a_line_that_is_wrong_is_named(tmp_path, line, said):
    path = written(tmp_path, f"P1\t[[0, 9]]\n{line}\n")
    with pytest.raises(InputError, match=said) as raised:
        read_boundaries(path)
    assert raised.value.where == f"{path}:2"


def test_files_without_any_segment_and_files_that_are_not_there(tmp_path):
    with pytest.raises(InputError, match="holds no segment"):
        read_boundaries(written(tmp_path, "\n"))
    with pytest.raises(InputError, match="cannot read"):
        read_boundaries(tmp_path / "missing.tsv")


@pytest.mark.parametrize("model", ["esm2", "prott5"])
def test_the_published_files_are_partitions(shared_data, model):
    found = read_boundaries(shared_data / f"segments/zps_{model}_boundaries.tsv")
    assert len(found) == 168
    for segments in found.values():
        assert [span.first for span in segments] == [1, *(span.last + 1 for span in segments[:-1])]
