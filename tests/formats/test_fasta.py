"""FASTA: the good records, the bad ones with their lines, and the files that are none."""

import bz2
import gzip
import io
import lzma
import random
import subprocess
import sys
import textwrap
import time
import tracemalloc
from collections import Counter

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from nesdb_annot.errors import InputError
from nesdb_annot.formats.copied_text import NUMBERS, QUOTES, SPACES
from nesdb_annot.formats.fasta import read_fasta
from nesdb_annot.formats.uniprot_header import MAXIMUM_HEADER
from nesdb_annot.records import ProteinRecord, Reject, Repeat
from nesdb_annot.residues import ALPHABET, MAXIMUM_LENGTH

HEADER = "sp|P46937|YAP1_HUMAN Transcriptional coactivator YAP1 OS=Homo sapiens OX=9606 GN=YAP1 PE=1 SV=2"


def file_of(tmp_path, content, name="in.fasta"):
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def read(tmp_path, content):
    return list(read_fasta(file_of(tmp_path, content)))


def test_a_record_of_uniprot(tmp_path):
    (record,) = read(tmp_path, f">{HEADER}\nMDPGQQ\nPPPQPA\n")
    assert record == ProteinRecord(
        accession="P46937",
        residues="MDPGQQPPPQPA",
        header=HEADER,
        line=1,
        entry_name="YAP1_HUMAN",
        reviewed=True,
        protein_name="Transcriptional coactivator YAP1",
        organism="Homo sapiens",
        taxon_id=9606,
        gene="YAP1",
        existence=1,
        sequence_version=2,
    )


def test_white_space_case_and_one_stop_are_cleaned(tmp_path):
    (record,) = read(tmp_path, ">a\n mk l\n\tva*\n\n")
    assert record.residues == "MKLVA"


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("pack", [bytes, gzip.compress, bz2.compress, lzma.compress])
def test_line_ends_compression_and_byte_order_mark(tmp_path, end, pack):
    text = "\ufeff" + end.join([">a one", "MKL", "VA", ">b", "MK"])
    first, second = read(tmp_path, pack(text.encode()))
    assert (first.residues, first.header, second.residues, second.line) == ("MKLVA", "a one", "MK", 4)


def test_standard_input(monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b">a\nMK\n")))
    (record,) = read_fasta("-")
    assert record.residues == "MK"


@pytest.mark.parametrize(
    ("residues", "reason"),
    [
        ("MKJL", "letter 'J' at position 3"),
        ("MK*L", "letter '*' at position 3"),
        ("MK1", "letter '1' at position 3"),
        ("", "no residues"),
        ("*", "no residues"),
        ("MK-L", "letter '-'"),
        ("atggcttgcn\n" * 6, "60 nucleotides, no protein: translate them first"),
        ("A" * (MAXIMUM_LENGTH + 1), "more than the limit of 100,000"),
        ("A" * (3 * MAXIMUM_LENGTH), "300,000 letters, more than the limit of 100,000"),
    ],
)
def test_a_bad_record_is_refused_and_the_others_go_on(tmp_path, residues, reason):
    first, refused, last = read(tmp_path, f">a\nMK\n>bad one\n{residues}\n>c\nML\n")
    assert (first.accession, last.accession) == ("a", "c")
    assert isinstance(refused, Reject)
    assert (refused.line, refused.accession, refused.field) == (3, "bad", "residues")
    assert reason in refused.reason
    assert refused.source.endswith("in.fasta")


def test_the_longest_allowed_sequence_passes(tmp_path):
    (record,) = read(tmp_path, ">a\n" + ("A" * 1000 + "\n") * 100)
    assert len(record.residues) == MAXIMUM_LENGTH


def test_header_without_accession(tmp_path):
    refused, good = read(tmp_path, ">\nMK\n>b\nMK\n")
    assert "no accession" in refused.reason
    assert good.accession == "b"


@pytest.mark.parametrize("length", [MAXIMUM_HEADER + 1, 5_000_000])
def test_endless_header(tmp_path, length):
    refused, good = read(tmp_path, ">" + "x" * length + "\nMK\n>b\nMK\n")
    assert "header of more than 65,536" in refused.reason
    assert (good.accession, good.line) == ("b", 3)
    assert len(refused.accession) <= 40


def test_longest_allowed_header(tmp_path):
    (record,) = read(tmp_path, ">a " + "x" * (MAXIMUM_HEADER - 2) + "\nMK\n")
    assert len(record.header) == MAXIMUM_HEADER


def test_a_line_of_ten_megabytes_is_one_reject(tmp_path):
    refused, good = read(tmp_path, b">a\n" + b"A" * 10_000_000 + b"\n>b\nMK\n")
    assert "10,000,000 letters" in refused.reason
    assert good.accession == "b"


def test_same_accession_same_residues(tmp_path):
    first, second = read(tmp_path, ">a\nMK\n>a again\nmk*\n")
    assert isinstance(first, ProteinRecord)
    assert second == Repeat(second.source, 3, "a", "duplicate of line 1", "accession")


def test_same_accession_other_residues_names_both_lines(tmp_path):
    _, second = read(tmp_path, ">a\nMK\n>a\nML\n")
    assert second.line == 3
    assert not isinstance(second, Repeat)
    assert "other residues than in line 1" in second.reason


def test_isoforms_are_no_duplicates(tmp_path):
    records = read(tmp_path, ">sp|P46937|A_B n\nMK\n>sp|P46937-2|A_B n\nMKL\n>sp|P46937-3|A_B n\nMKLL\n")
    assert [(r.accession, r.isoform) for r in records] == [("P46937", None), ("P46937-2", 2), ("P46937-3", 3)]


def test_same_residues_under_other_accessions_are_kept(tmp_path):
    assert len([r for r in read(tmp_path, ">a\nMK\n>b\nMK\n") if isinstance(r, ProteinRecord)]) == 2


@pytest.mark.parametrize(
    ("content", "remedy"),
    [
        ("MKLVA\nMK\n", "name a FASTA file"),
        ("accession\nMK\n", "name a FASTA file"),
        ("ID   RDRP_I34A1 Reviewed;\n", "nesannot ingest uniprot"),
        ("just words\n", "nesannot ingest proteome UP000002311"),
        ("", "nesannot ingest proteome UP000002311"),
    ],
)
def test_a_file_that_is_no_fasta_says_what_to_type(tmp_path, content, remedy):
    with pytest.raises(InputError) as caught:
        read(tmp_path, content)
    assert remedy in caught.value.remedy


def test_residues_without_a_header_get_one_where_the_file_can_be_typed(tmp_path, monkeypatch):
    residues = b"MKLVALLALLDIKKAESTGG*\n"
    path = file_of(tmp_path, residues, "my protein.txt")
    with pytest.raises(InputError) as caught:
        list(read_fasta(path))
    assert caught.value.remedy == f"(echo '>NAME'; cat '{path}') | nesannot ingest proteome - --name NAME"
    with pytest.raises(InputError) as caught:
        read(tmp_path, gzip.compress(residues))
    assert caught.value.remedy.startswith("name a FASTA file")
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(residues)))
    with pytest.raises(InputError, match="<stdin> is not FASTA") as caught:
        list(read_fasta("-"))
    assert caught.value.remedy.startswith("name a FASTA file")


def test_what_to_type_for_a_flat_file_names_it(tmp_path, monkeypatch):
    flat = b"ID   RDRP_I34A1 Reviewed;\n"
    path = file_of(tmp_path, flat, "my flat.txt")
    with pytest.raises(InputError) as caught:
        list(read_fasta(path))
    assert f"nesannot ingest uniprot '{path}' reads" in caught.value.remedy
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(flat)))
    with pytest.raises(InputError) as caught:
        list(read_fasta("-"))
    assert "nesannot ingest uniprot - --kind flat reads" in caught.value.remedy


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "holds no records"),
        ("\n\n  \n", "holds no records"),
        ("<!DOCTYPE html><html>Not found</html>", "HTML"),
        ('{"messages": ["Resource not found"]}', "JSON"),
        ("[1, 2]", "JSON"),
        ("MKLVA\n>a\nMK\n", "not FASTA"),
        ("ID   RDRP_I34A1 Reviewed;\n", "not FASTA"),
        (b">a\n\xff\xfeMK\n", "not UTF-8"),
        (b"\xff\xfe>\x00a\x00", "UTF-16"),
        (gzip.compress(b">a\nMKLV\n" * 2000, mtime=0)[:-20], "truncated"),
        (gzip.compress(gzip.compress(b">a\nMK\n", mtime=0), mtime=0), "compressed twice"),
    ],
)
def test_a_file_that_is_no_fasta_is_one_error(tmp_path, content, message):
    with pytest.raises(InputError, match=message) as caught:
        read(tmp_path, content)
    assert "in.fasta" in str(caught.value)
    assert caught.value.exit_code == 65


def test_old_mac_line_ends_are_named(tmp_path):
    (refused,) = read(tmp_path, b">a b\rMKL\r>c\rMK\r")
    assert f"tr '\\r' '\\n' < {refused.source} | nesannot ingest proteome" in refused.reason


COPIED = {
    "        1 meepqsdpsv epplsqetfs\n       21 dlwkllpenn": ("MEEPQSDPSVEPPLSQETFSDLWKLLPENN", ["line numbers"]),
    "ORIGIN\n        1 meepqsdpsv\n//": ("MEEPQSDPSV", ["line numbers"]),
    "MEEPQSDPSV 10\nEPPLSQETFS 20": ("MEEPQSDPSVEPPLSQETFS", ["line numbers"]),
    "MEEP\u00a0QSDPSV\u200b\ufeff": ("MEEPQSDPSV", ["non-breaking or invisible spaces"]),
    "\u201cMEEPQSDPSV\u201d": ("MEEPQSDPSV", ["quotation marks"]),
    "1 \u2018MEEP\u202fQSDPSV*": ("MEEPQSDPSV", [NUMBERS, QUOTES, SPACES]),
}


@pytest.mark.parametrize("text", COPIED)
def test_marks_of_copying_are_removed_and_counted(tmp_path, text):
    cleaned = Counter()
    path = file_of(tmp_path, f">a\n{text}\n>b\nMKT\n".encode(), "in.fasta")
    first, second = read_fasta(path, cleaned)
    residues, names = COPIED[text]
    assert (first.residues, second.residues) == (residues, "MKT")
    assert cleaned == dict.fromkeys(names, 1)


def test_numbers_inside_a_word_are_refused_as_before(tmp_path):
    (refused,) = read(tmp_path, ">a\nMK1L\n")
    assert "letter '1' at position 3" in refused.reason


@pytest.mark.parametrize(
    ("residues", "script", "after"),
    [("MKJLj", "s/[Jj]/X/g", "MKXLX"), ("MK--L.V", "s/[-.~]//g", "MKLV"), ("MK*LV*", "", "MKXLV")],
)
def test_command_for_a_foreign_letter_mends_the_file(tmp_path, residues, script, after):
    (refused,) = read(tmp_path, f">J-1.x\n{residues}\n")
    assert script in refused.reason
    line = refused.reason.partition(": sed")[2].partition(" | nesannot")[0]
    mended = subprocess.run(["bash", "-c", f"sed{line}"], capture_output=True, check=True).stdout
    (record,) = read(tmp_path, mended)
    assert (record.accession, record.residues) == ("J-1.x", after)


def test_list_of_accessions_is_named_with_its_command(tmp_path):
    with pytest.raises(InputError) as caught:
        read(tmp_path, "P04637\nQ02750\n")
    assert f"ingest proteome @{tmp_path / 'in.fasta'} --name NAME" in caught.value.remedy


def test_genpept_is_named_with_its_command(tmp_path):
    with pytest.raises(InputError) as caught:
        read(tmp_path, "LOCUS       NP_000537   393 aa\n")
    assert "rettype=fasta" in caught.value.remedy


@pytest.mark.parametrize("begin", [" ", "\u201c", "\u00a0\t"])
def test_indented_header_is_named_with_its_command(tmp_path, begin):
    with pytest.raises(InputError) as caught:
        read(tmp_path, f"{begin}>a\nMK\n")
    line = caught.value.remedy.partition(" | nesannot")[0]
    mended = subprocess.run(["bash", "-c", line], capture_output=True, check=True).stdout
    assert mended.startswith(b">a")


def test_nul_is_a_bad_letter(tmp_path):
    (refused,) = read(tmp_path, b">a\nM\x00K\n")
    assert "'\\x00' at position 2" in refused.reason


headers = st.text(st.characters(exclude_characters="\n\r\0", exclude_categories=["Cs"]), min_size=1, max_size=60)
proteins = st.lists(
    st.tuples(headers, st.text(ALPHABET, min_size=1, max_size=300)), min_size=1, max_size=6, unique_by=lambda p: p[0]
)


@given(proteins, st.integers(1, 200), st.booleans(), st.booleans())
@settings(max_examples=200, deadline=None)
def test_what_is_written_is_read_back(tmp_path_factory, given_proteins, width, crlf, packed):
    path = tmp_path_factory.mktemp("round") / "x.fasta"
    named = [(f"id{number} {text}", residues) for number, (text, residues) in enumerate(given_proteins)]
    lines = [[f">{header}", *textwrap.wrap(residues, width)] for header, residues in named]
    content = "".join(f"{line}\n" for record in lines for line in record).encode()
    content = content.replace(b"\n", b"\r\n") if crlf else content
    path.write_bytes(gzip.compress(content, mtime=0) if packed else content)
    assert [(r.header, r.residues) for r in read_fasta(path)] == named


def mutated(original, seed):
    rng = random.Random(seed)
    content = bytearray(original)
    for _ in range(rng.randrange(1, 12)):
        place = rng.randrange(len(content) + 1)
        match rng.randrange(6):
            case 0:
                content[place : place + 1] = bytes([rng.randrange(256)])
            case 1:
                del content[place : place + rng.randrange(200)]
            case 2:
                content[place:place] = rng.choice([b">", b"\n>", b"\0", b"\r", b"\xff", b"\n\n", b"*", b"<html>"])
            case 3:
                content[place:place] = content[: rng.randrange(300)]
            case 4:
                content[place:] = b""
            case 5:
                content[place:place] = rng.choice([b"A" * 70_000, b" " * 500, "Φ".encode() * 50])
    return bytes(content)


SEEDS = [
    (f">{HEADER}\nMDPGQQPPPQPA\nMKL\n>b\nMKK\n>gi|1|sp|P15336.4|ATF2_HUMAN RecName: Full=x\nMKLL*\n").encode() * 3,
    gzip.compress(b">a\nMKLVA\n>b\nMK\n" * 40, mtime=0),
    lzma.compress(b">a\nMKLVA\n>b\nMK\n" * 40),
    bz2.compress(b">a\nMKLVA\n>b\nMK\n" * 40),
]


@given(st.sampled_from(range(len(SEEDS))), st.integers(0, 2**32))
@settings(max_examples=600, deadline=None)
@example(0, 0)
def test_mutated_files_end_in_records_rejects_or_one_input_error(tmp_path_factory, which, seed):
    path = tmp_path_factory.getbasetemp() / "mutated.fasta"
    path.write_bytes(mutated(SEEDS[which], seed))
    begun = time.process_time()
    try:
        records = list(read_fasta(path))
    except InputError as error:
        assert "mutated.fasta" in str(error)
    else:
        assert records
        for record in records:
            assert isinstance(record, Reject) or (record.accession and set(record.residues) <= set(ALPHABET))
    assert time.process_time() - begun < 1


def test_twenty_thousand_proteins_are_quick(tmp_path):
    body = "\n".join(["MKLVA" * 12] * 8)
    text = "".join(
        f">tr|A{n:05d}A1|A_B Some protein name OS=Homo sapiens OX=9606 PE=1 SV=1\n{body}\n" for n in range(20_000)
    )
    path = file_of(tmp_path, text)
    begun = time.process_time()
    count = sum(isinstance(record, ProteinRecord) for record in read_fasta(path))
    assert count == 20_000
    assert time.process_time() - begun < 2.5


@pytest.mark.parametrize(
    ("name", "count"),
    [
        ("proteomes/UP000002311_559292.fasta.gz", 6059),
        ("proteomes/UP000002311_559292.other_release.fasta.gz", 6060),
        ("proteomes/UP000000625_83333.fasta.gz", 4402),
        ("uniprot_samples/mmseqs_QUERY_trembl_fragments.fasta", 500),
    ],
)
def test_real_files_have_no_rejects(shared_data, name, count):
    records = list(read_fasta(shared_data / name))
    assert len(records) == count
    assert not [record for record in records if isinstance(record, Reject)]


def test_real_isoforms(shared_data):
    records = list(read_fasta(shared_data / "uniprot_samples/UP000002311-S.cerevisiae.isoforms.fasta.gz"))
    isoforms = [record for record in records if record.isoform]
    assert len(isoforms) > 10
    assert all(record.accession.endswith(f"-{record.isoform}") for record in isoforms)
    assert all(record.sequence_version is None for record in isoforms)


def test_two_releases_differ_as_the_headers_say(shared_data):
    old, new = (
        {record.accession: record for record in read_fasta(shared_data / "proteomes" / name)}
        for name in ("UP000002311_559292.fasta.gz", "UP000002311_559292.other_release.fasta.gz")
    )
    both = old.keys() & new.keys()
    assert sum(old[a].residues != new[a].residues for a in both) == 3
    assert sum(old[a].header != new[a].header for a in both) == 366


@pytest.mark.parametrize(
    ("header", "reason"), [("x" * 256, "at most 255"), ("a na\0me", "NUL"), ("a|" * 200, "at most 255")]
)
def test_headers_that_no_database_takes(tmp_path, header, reason):
    refused, good = read(tmp_path, f">{header}\nMK\n>{'b' * 255}\nMK\n")
    assert reason in refused.reason
    assert len(good.accession) == 255


def test_an_endless_record_is_not_kept_in_memory(tmp_path):
    path = tmp_path / "endless.fasta"
    path.write_bytes(b">genome\n" + (b"ACGT" * 20 + b"\n") * 250_000 + b">b\nMK\n")
    tracemalloc.start()
    refused, good = read_fasta(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert "20,000,000 letters" in refused.reason
    assert good.accession == "b"
    assert peak < 4_000_000
