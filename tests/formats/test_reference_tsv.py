"""The user's own NESs: residues from a look-up or from the row, and what is refused."""

import pytest

from nesdb_annot.errors import InputError
from nesdb_annot.formats.reference_tsv import read_reference_tsv
from nesdb_annot.records import ReferenceEntry, Reject, Repeat, Sign, SiteKind
from nesdb_annot.residues import ResidueSpan

TITLES = "accession\tfirst\tlast\tevidence\tcitation"
KNOWN = {"P1": "MKLVALALKL", "P2": "MKK"}


@pytest.fixture
def read(tmp_path):
    def read(*rows, titles=TITLES, **options):
        path = tmp_path / "mine.tsv"
        path.write_text("\n".join([titles, *rows, ""]), encoding="utf-8")
        return list(read_reference_tsv(path, KNOWN.get, **options))

    return read


def test_a_row(read):
    (entry,) = read("P1\t4\t9\tLMB sensitive; pull-down\tPMID:1;doi:10.1/x")
    assert (entry.source, entry.accession, entry.residues) == ("user:mine", "P1", KNOWN["P1"])
    (site,) = entry.sites
    assert (site.kind, site.span, site.sign) == (SiteKind.FUNCTIONAL_SIGNAL, ResidueSpan(4, 9), Sign.MOTIF)
    assert (entry.evidence, entry.citations) == (("LMB sensitive", "pull-down"), ("PMID:1", "doi:10.1/x"))


def test_name_of_the_collection(read):
    (entry,) = read("P1\t4\t9\t\tx", name="lab")
    assert entry.source == "user:lab"


def test_own_residues_need_no_look_up(read):
    (entry,) = read("X9\t1\t3\te\tc\tmkl v", titles=TITLES + "\tresidues")
    assert entry.residues == "MKLV"


def test_a_citation_is_never_empty(read):
    (entry,) = read("P1\t4\t9\te\t ")
    assert entry.citations == ("line 2",)


@pytest.mark.parametrize(
    ("text", "sign"),
    [
        ("", Sign.MOTIF),
        ("motif", Sign.MOTIF),
        ("non_motif", Sign.NON_MOTIF),
        ("non-motif", Sign.NON_MOTIF),
        ("Doubtful", Sign.DOUBTFUL),
    ],
)
def test_sign(read, text, sign):
    (entry,) = read(f"P1\t4\t9\te\tc\t{text}", titles=TITLES + "\tsign")
    assert entry.sites[0].sign is sign
    assert entry.doubtful is (sign is Sign.DOUBTFUL)


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("P9\t1\t3\te\tc", "unknown accession"),
        ("P2\t1\t4\te\tc", "ends behind the sequence of 3"),
        ("P1\t0\t4\te\tc", "must be residue numbers"),
        ("P1\t5\t4\te\tc", "must be residue numbers"),
        ("P1\tone\t4\te\tc", "'one'"),
        ("P1\t1", "2 cells"),
        ("P1\t4\t9\tagain\tc", "the same site as in line 2, with other cells"),
    ],
)
def test_a_bad_row_is_refused_with_its_line_and_the_others_go_on(read, row, reason):
    first, refused, last = read("P1\t4\t9\te\tc", row, "P2\t1\t2\te\tc")
    assert isinstance(first, ReferenceEntry)
    assert last.accession == "P2"
    assert isinstance(refused, Reject)
    assert refused.line == 3
    assert reason in refused.reason


def test_equal_row_is_a_repeat_and_not_refused(read):
    first, again = read("P1\t4\t9\te\tc", "P1\t4\t9\te\tc")
    assert isinstance(first, ReferenceEntry)
    assert isinstance(again, Repeat)
    assert (again.line, again.reason) == (3, "duplicate of line 2")


@pytest.mark.parametrize(
    ("sign", "residues", "reason"), [("maybe", "MKLV", "sign is 'maybe'"), ("", "MK1V", "letter '1'")]
)
def test_bad_optional_cells(read, sign, residues, reason):
    (refused,) = read(f"P1\t1\t2\te\tc\t{residues}\t{sign}", titles=TITLES + "\tresidues\tsign")
    assert reason in refused.reason


def test_comments_empty_lines_and_order_of_columns(read):
    (entry,) = read("# mine", "", "c\te\t9\t4\tP1", titles="citation\tevidence\tlast\tfirst\taccession")
    assert str(entry.sites[0].span) == "4-9"


@pytest.mark.parametrize("titles", ["accession\tfirst\tlast", "", "<html>", "a,b"])
def test_missing_columns_are_one_error(read, titles):
    with pytest.raises(InputError, match=r"mine\.tsv"):
        read("P1\t1\t2", titles=titles)
