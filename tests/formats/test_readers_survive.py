"""Whatever happens to a file on its way: records, rejects, or one InputError; never a traceback, never for long."""

import csv
import io
import random
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nesdb_annot.errors import InputError
from nesdb_annot.formats.fasta import read_fasta
from nesdb_annot.formats.nesdb_export import COLUMNS, read_nesdb_export
from nesdb_annot.formats.nesdb_page import read_nesdb_index, read_nesdb_page
from nesdb_annot.formats.reference_tsv import read_reference_tsv
from nesdb_annot.formats.uniprot import read_uniprot, uniprot_format
from nesdb_annot.formats.uniprot_entry import nes_reference
from nesdb_annot.records import Reject

PROTEIN = "MSDKE" * 4 + "LALKLAGLDI" + "NKTGS" * 10
SNIPPETS = [
    '"',
    "'",
    "[",
    "]",
    "{",
    "}",
    "\\",
    "\0",
    "\t",
    "\n",
    "//\n",
    "<b>",
    "</td>",
    "..",
    "-1",
    "9" * 30,
    "null",
    "Φ",
    ";",
]


def export_text():
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    lists = ["['21-30']", "['23-23', '28-30']", "[]"]
    for number in range(4):
        start = [f"Name (NES ID: {number % 2})", "Full", "Homo", "LMB Sensitive"]
        writer.writerow([*start, *lists, "helix", ">sp|P00001|A_B n", PROTEIN, "False", "LALKLAGLDI"])
    return out.getvalue()


def page_text():
    titles = [
        "Full Name",
        "Organism",
        "Functional Export Signals",
        "Mutations That Affect Nuclear Export",
        "References",
    ]
    body = "".join(f"<tr><th>{title}</th><td>21-30, L23A</td></tr>" for title in titles)
    links = '<a href="details.php?name=7">x</a>'
    sequence = f"<h3>Sequence (FASTA)</h3><pre>&gt;P1\n{PROTEIN}</pre>"
    return f"<html><h2>Summary for X (NES ID: 7)</h2>{links}<table>{body}</table>{sequence}</html>"


def uniprot_reader(path):
    for entry in read_uniprot(path):
        if not isinstance(entry, Reject):
            nes_reference(entry)
        yield entry


READERS = {
    "export": read_nesdb_export,
    "page": lambda path: read_nesdb_page(path, doubtful=False),
    "index": lambda path: iter(read_nesdb_index(path)),
    "references": lambda path: read_reference_tsv(path, {"P1": PROTEIN}.get),
    "json": uniprot_reader,
    "flat": uniprot_reader,
    "tsv": uniprot_reader,
}


@pytest.fixture(scope="session")
def texts(uniprot_texts):
    return uniprot_texts | {
        "export": export_text(),
        "page": page_text(),
        "index": page_text(),
        "references": "accession\tfirst\tlast\tevidence\tcitation\nP1\t21\t30\te\tc\nP1\t1\t5\te\tc\n",
    }


def mutated(text, seed):
    rng = random.Random(seed)
    for _ in range(rng.randrange(1, 10)):
        place = rng.randrange(len(text) + 1)
        width = rng.randrange(60)
        match rng.randrange(5):
            case 0:
                text = text[:place] + rng.choice(SNIPPETS) + text[place + 1 :]
            case 1:
                text = text[:place] + text[place + width :]
            case 2:
                text = text[:place] + rng.choice(SNIPPETS) * rng.randrange(1, 50) + text[place:]
            case 3:
                text = text[:place] + text[place : place + width] * 2 + text[place:]
            case 4:
                text = text[: max(place, len(text) // 2)]
    return text


def read_through(name, path):
    begun = time.process_time()
    try:
        count = len(list(READERS[name](path)))
    except InputError as error:
        assert path.name in str(error)
        count = -1
    assert time.process_time() - begun < 1.5
    return count


@pytest.mark.parametrize("name", READERS)
def test_unharmed_files_are_read(texts, tmp_path, name):
    path = tmp_path / "unharmed"
    path.write_text(texts[name], encoding="utf-8")
    assert read_through(name, path) >= 1


@pytest.mark.parametrize("name", READERS)
@given(seed=st.integers(0, 2**32))
@settings(max_examples=120, deadline=None)
def test_harmed_files_do_no_harm(texts, tmp_path_factory, name, seed):
    path = tmp_path_factory.getbasetemp() / f"harmed-{name}"
    path.write_text(mutated(texts[name], seed), encoding="utf-8")
    read_through(name, path)


@pytest.mark.parametrize("name", READERS)
@pytest.mark.parametrize(
    "content", [b"", b"\0" * 100, b"\xff\xfe\x00", b"\n" * 1000, b"<" * 50_000, b'"' * 50_001, b"," * 50_000]
)
def test_foreign_files_do_no_harm(tmp_path, name, content):
    path = tmp_path / "foreign"
    path.write_bytes(content)
    read_through(name, path)


@pytest.mark.parametrize(
    "line",
    [
        "FT   MOTIF           1..5" + " /note=" * 3000,
        'FT   MOTIF           1..5 /note="' + '""' * 20_000,
        "CC   -!- SUBCELLULAR LOCATION:" + " -!-" * 5000,
        "KW   " + "{" * 50_000,
        "DE   RecName: Full=" + "x" * 100_000,
    ],
)
def test_no_line_makes_a_flat_file_slow(texts, tmp_path, line):
    path = tmp_path / "slow.dat"
    path.write_text(texts["flat"].replace("SQ   ", f"{line}\nSQ   ", 1))
    assert uniprot_format(path) == "flat"
    read_through("flat", path)


@pytest.mark.parametrize("cell", ['MOTIF 1; /note="' + '""' * 20_000, "MOTIF " * 10_000, "; " * 20_000, "A_" * 20_000])
def test_no_cell_makes_a_table_slow(tmp_path, cell):
    path = tmp_path / "slow.tsv"
    escaped = cell.replace('"', '""')
    path.write_text(f'Entry\tMotif\tKeywords\nP00001\t"{escaped}"\t"{escaped}"\n')
    read_through("tsv", path)


@pytest.mark.parametrize("filler", [" ", "[", "|", "a|", "(Fragment) ", "OS=", "RecName: Full=", "sp|", "] ["])
def test_no_header_makes_fasta_slow(tmp_path, filler):
    path = tmp_path / "slow.fasta"
    header = "gi|1|gb|X1.1| " + filler * (60_000 // len(filler))
    path.write_text(f">{header}\nMK\n>sp|P00001|A_B {header}x\nMK\n>b {header} (Fragment)\nMK\n")
    begun = time.process_time()
    assert len(list(read_fasta(path))) == 3
    assert time.process_time() - begun < 0.5


def test_no_cell_makes_an_export_slow(texts, tmp_path):
    for filler in (" ", "(NES ID: ", ", ", "['"):
        path = tmp_path / "slow.csv"
        path.write_text(texts["export"].replace("Name (NES", filler * (100_000 // len(filler)) + "(NES", 1))
        read_through("export", path)


def test_many_annotations_are_no_burden(texts, tmp_path):
    path = tmp_path / "many.dat"
    many = "\n".join(f"KW   Keyword {n}; Other {n};" for n in range(20_000))
    path.write_text(texts["flat"].replace("KW   Nucleus.", many, 1))
    assert read_through("flat", path) == 2
