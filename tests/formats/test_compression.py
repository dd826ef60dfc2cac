"""Files open by content, whatever they are called; broken, endless and foreign ones are refused with their place."""

import bz2
import gzip
import hashlib
import io
import lzma
import os
import random
import subprocess
import sys
import tarfile
import zipfile
import zlib

import pytest
import zstandard

from nesdb_annot.errors import CannotWriteError, InputError
from nesdb_annot.formats import compression, lines
from nesdb_annot.formats.compression import inspect_file, open_input
from nesdb_annot.formats.decompression import CountedBytes, compression_of
from nesdb_annot.formats.lines import line_pieces, whole_lines
from nesdb_annot.formats.writing import open_output


def zipped(text, name="input.fasta", **others):
    """A zip archive of one file, or of several."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for member, content in {name: text, **others}.items():
            archive.writestr(member, content)
    return out.getvalue()


PACKERS = {
    "plain": lambda text: text,
    "gz": gzip.compress,
    "bz2": bz2.compress,
    "xz": lzma.compress,
    "zst": zstandard.ZstdCompressor().compress,
    "zip": zipped,
}
NOISE = b"".join(hashlib.sha256(str(i).encode()).hexdigest().encode() + b"\n" for i in range(3000))


@pytest.fixture(params=PACKERS)
def kind(request):
    return request.param


def written(tmp_path, content, name="input"):
    path = tmp_path / name
    path.write_bytes(content)
    return path


def read_all(path):
    with open_input(path) as stream:
        return stream.read()


def test_kind_is_told_by_content_not_by_name(tmp_path, kind):
    path = written(tmp_path, PACKERS[kind](NOISE), "misleading.fasta.bz2")
    assert read_all(path) == NOISE
    assert inspect_file(path).compression == kind


def test_digest_is_of_the_content_not_of_the_packing(tmp_path):
    facts = {inspect_file(written(tmp_path, pack(NOISE), name)).sha256 for name, pack in PACKERS.items()}
    assert facts == {hashlib.sha256(NOISE).hexdigest()}


def test_size_is_that_of_the_content(tmp_path, kind):
    assert inspect_file(written(tmp_path, PACKERS[kind](NOISE))).size == len(NOISE)


def test_several_streams_in_one_file_are_joined(tmp_path, kind):
    if kind == "zip":
        return
    packed = PACKERS[kind](b"one\n") + PACKERS[kind](b"two\n")
    assert read_all(written(tmp_path, packed)) == b"one\ntwo\n"


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.999])
@pytest.mark.parametrize("kind", ["gz", "bz2", "xz", "zst", "zip"])
def test_truncation_is_an_error_that_names_file_and_place(tmp_path, kind, share):
    packed = PACKERS[kind](NOISE)
    path = written(tmp_path, packed[: int(len(packed) * share)], "cut.fasta")
    with pytest.raises(InputError, match=f"cut.fasta is a truncated {kind} file") as caught:
        read_all(path)
    assert "decompressed bytes" in caught.value.where


@pytest.mark.parametrize("kind", ["gz", "bz2", "xz", "zst", "zip"])
def test_damage_is_an_error(tmp_path, kind):
    packed = bytearray(PACKERS[kind](NOISE))
    packed[len(packed) // 2 : len(packed) // 2 + 40] = b"\x55" * 40
    with pytest.raises(InputError, match=r"damaged|truncated"):
        read_all(written(tmp_path, bytes(packed)))


def test_rubbish_behind_a_gzip_stream_is_an_error(tmp_path):
    with pytest.raises(InputError, match="damaged"):
        read_all(written(tmp_path, gzip.compress(NOISE, mtime=0) + b"rubbish"))


def encrypted(packed):
    """The archive with the mark of encryption at its file, in both places."""
    marked = bytearray(packed)
    marked[6] |= 1
    marked[packed.index(b"PK\x01\x02") + 8] |= 1
    return bytes(marked)


def packed_with(method):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        archive.writestr("a.fasta", NOISE)
    return out.getvalue()


@pytest.mark.parametrize(
    ("packed", "why"),
    [
        (zipped(b">P1\nMK\n", "a.fasta", **{"b/c.fasta": b">P2\nMK\n"}), "it holds 2 files: a.fasta, b/c.fasta"),
        (zipped(b"", "0.fa", **{f"{n}.fa": b"" for n in range(1, 9)}), "9 files: 0.fa, 1.fa, 2.fa, 3.fa, 4.fa, ..."),
        (zipped(b"", "folder/"), "it holds no file"),
        (b"PK\x05\x06" + bytes(18), "it holds no file"),
        (zipped(b"one\n") + zipped(b"two\n"), "another archive, or something else, stands before it"),
        (encrypted(zipped(NOISE)), "input.fasta in it is encrypted"),
        (zipped(b"application/epub+zip", "mimetype", **{"a.html": b"<"}), "it holds 2 files: mimetype, a.html"),
        (encrypted(zipped(b"", "mimetype", **{"content.xml": b"<"})), "it holds 2 files: mimetype, content.xml"),
        (packed_with(zipfile.ZIP_BZIP2), "a.fasta in it is compressed in an unusual way"),
    ],
)
def test_a_zip_archive_that_is_not_one_file_says_what_to_type(tmp_path, monkeypatch, packed, why):
    path = written(tmp_path, packed, "proteome.fasta")
    with pytest.raises(InputError, match=r"proteome.fasta is a zip archive") as caught:
        read_all(path)
    assert why in caught.value.why
    assert caught.value.remedy.startswith(f"unzip {path}")
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(packed)))
    with pytest.raises(InputError, match="<stdin> is a zip archive") as caught:
        read_all("-")
    assert caught.value.remedy == "unzip -p FILE.zip NAME | nesannot ... -"


SHEET = "save the sheet as tab-separated text"


@pytest.mark.parametrize(
    ("first", "content", "others", "said", "remedy"),
    [
        ("[Content_Types].xml", b"<", ["_rels/.rels", "xl/workbook.xml"], "is a spreadsheet", SHEET),
        ("_rels/.rels", b"<", ["xl/workbook.bin", "[Content_Types].xml"], "is a spreadsheet", SHEET),
        ("mimetype", b"application/vnd.oasis.opendocument.spreadsheet", ["content.xml"], "is a spreadsheet", SHEET),
        ("[Content_Types].xml", b"<", ["word/document.xml"], "is a text document", "save the document as plain text"),
        ("mimetype", b"application/vnd.oasis.opendocument.text", ["content.xml"], "is a text document", "as plain"),
    ],
)
def test_a_document_of_an_office_program_is_called_what_it_is(tmp_path, first, content, others, said, remedy):
    path = written(tmp_path, zipped(content, first, **dict.fromkeys(others, b"<")), "mine.tsv")
    with pytest.raises(InputError, match=f"mine.tsv {said}") as caught:
        read_all(path)
    assert remedy in caught.value.remedy


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_a_tar_archive_is_named_with_a_command_that_reads_it(tmp_path, pack):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        fact = tarfile.TarInfo("x.fasta")
        fact.size = 6
        archive.addfile(fact, io.BytesIO(b">a\nMK\n"))
    path = written(tmp_path, pack(buffer.getvalue()), "x.tar")
    with pytest.raises(InputError, match="is a tar archive") as caught:
        read_all(path)
    line = caught.value.remedy.partition("; ")[2].partition(" | ")[0].replace("NAME", "x.fasta")
    assert subprocess.run(["bash", "-c", line], capture_output=True, check=True).stdout == b">a\nMK\n"


@pytest.mark.parametrize("magic", [b"7z\xbc\xaf\x27\x1c", b"Rar!\x1a\x07", b"\x04\x22\x4d\x18", b"%PDF-1.7"])
def test_a_file_of_another_program_is_named(tmp_path, magic):
    with pytest.raises(InputError, match="odd") as caught:
        read_all(written(tmp_path, magic + b"x" * 600, "odd.file"))
    assert caught.value.remedy


def test_folders_and_what_macos_adds_are_passed_over(tmp_path):
    members = {"mine/a.fasta": NOISE, "__MACOSX/mine/._a.fasta": b"\0\5\x16\7"}
    assert read_all(written(tmp_path, zipped(b"", "mine/", **members))) == NOISE


def test_a_zip_archive_is_read_from_a_file_that_is_standard_input_and_not_from_a_pipe(tmp_path):
    path = written(tmp_path, zipped(NOISE))
    call = "import sys; from nesdb_annot.formats.compression import inspect_file; print(inspect_file('-').size)"
    with path.open("rb") as stream:
        done = subprocess.run([sys.executable, "-c", call], stdin=stream, capture_output=True, check=True)
    assert int(done.stdout) == len(NOISE)
    reader, writer = os.pipe()
    os.write(writer, zipped(b">P1\nMK\n"))
    os.close(writer)
    with os.fdopen(reader, "rb") as stream:
        done = subprocess.run([sys.executable, "-c", call], stdin=stream, capture_output=True, check=False)
    assert b"it comes through a pipe" in done.stderr
    assert b"unzip -p FILE.zip" in done.stderr


def test_a_harmed_archive_is_one_error_or_the_file(tmp_path):
    packed = zipped(b"MKLV" * 100, "a.fasta")
    rng = random.Random(5)
    for _ in range(3000):
        harmed = bytearray(packed)
        for _ in range(rng.randrange(1, 4)):
            harmed[rng.randrange(4, len(harmed))] = rng.randrange(256)
        path = written(tmp_path, bytes(harmed), "harmed.fasta")
        try:
            assert read_all(path) == b"MKLV" * 100
        except InputError as error:
            assert "harmed.fasta" in str(error)


def test_compressed_twice_is_refused(tmp_path, kind):
    if kind == "plain":
        return
    with pytest.raises(InputError, match="compressed twice"):
        read_all(written(tmp_path, PACKERS[kind](gzip.compress(NOISE, mtime=0))))


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf16_is_refused_by_name(tmp_path, encoding):
    content = "\ufeff>P1\nMKL\n".encode(encoding)
    with pytest.raises(InputError, match="UTF-16"):
        read_all(written(tmp_path, content))


def test_missing_file_and_directory(tmp_path):
    with pytest.raises(InputError, match="cannot be read") as caught:
        read_all(tmp_path / "absent.fasta")
    assert "No such file" in caught.value.why
    assert caught.value.remedy == f"ls {tmp_path}"
    with pytest.raises(InputError, match="cannot be read") as caught:
        read_all(tmp_path)
    assert caught.value.remedy == f"ls {tmp_path}, and name a file in it"
    with pytest.raises(InputError, match="cannot be read") as caught:
        read_all(tmp_path / ("x" * 300))
    assert caught.value.remedy.startswith("ls -l")


def test_a_path_stands_in_quotes_where_it_is_to_be_typed(tmp_path):
    folder = tmp_path / "my $files"
    folder.mkdir()
    with pytest.raises(InputError) as caught:
        read_all(folder / "absent.fasta")
    assert caught.value.remedy == f"ls '{folder}'"
    with pytest.raises(InputError) as caught:
        read_all(folder)
    assert caught.value.remedy == f"ls '{folder}', and name a file in it"
    path = written(folder, zipped(b"", "0.fa", **{"1.fa": b""}), "two of them.zip")
    with pytest.raises(InputError) as caught:
        read_all(path)
    assert caught.value.remedy.startswith(f"unzip '{path}', ")
    with pytest.raises(CannotWriteError) as unwritten, open_output(folder / "no such" / "out.tsv"):
        pass
    assert unwritten.value.remedy == f"mkdir -p '{folder / 'no such'}'"


def test_a_bomb_is_stopped_early(tmp_path, monkeypatch, kind):
    if kind == "plain":
        return
    monkeypatch.setattr(compression, "RATIO_CHECKED_FROM", 10**6)
    path = written(tmp_path, PACKERS[kind](b"\0" * 30_000_000))
    with pytest.raises(InputError, match="not decompressed further") as caught:
        inspect_file(path)
    assert "100 to 1" in caught.value.why


def test_small_repeats_are_no_bomb(tmp_path, kind):
    assert inspect_file(written(tmp_path, PACKERS[kind](b"A" * 10**6))).size == 10**6


def test_size_limit(tmp_path, monkeypatch):
    monkeypatch.setattr(compression, "MAXIMUM_FILE_BYTES", 1000)
    with pytest.raises(InputError, match="more than 1,000 bytes"):
        read_all(written(tmp_path, NOISE))


@pytest.mark.parametrize("pack", PACKERS.values(), ids=PACKERS)
def test_standard_input_is_recognised_too(monkeypatch, pack):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(pack(NOISE))))
    assert read_all("-") == NOISE


def test_empty_and_tiny_files(tmp_path):
    assert read_all(written(tmp_path, b"")) == b""
    assert read_all(written(tmp_path, b"\x1f")) == b"\x1f"


@pytest.mark.parametrize(
    ("head", "kind"), [(b"\x1f\x8b\x08", "gz"), (b"BZh91", "bz2"), (b">sp|P1", "plain"), (b"", "plain")]
)
def test_magic_bytes(head, kind):
    assert compression_of(head) == kind


@pytest.mark.parametrize("read", [0, 2, 6, 9])
@pytest.mark.parametrize(
    ("offset", "whence"), [(3, io.SEEK_SET), (0, io.SEEK_CUR), (1, io.SEEK_CUR), (8, io.SEEK_CUR), (-4, io.SEEK_END)]
)
def test_places_are_those_of_the_file_whatever_was_looked_at(read, offset, whence):
    content = bytes(range(40))
    file, counted = io.BytesIO(content), CountedBytes(io.BytesIO(content))
    file.read(read)
    while counted.tell() < read:
        counted.read(read - counted.tell())
    assert counted.seek(offset, whence) == file.seek(offset, whence) == counted.tell()
    assert counted.readall() == file.read()


def test_lines_are_numbered_and_stripped_of_either_end(tmp_path):
    path = written(tmp_path, b"one\r\ntwo\n\nfour")
    assert list(line_pieces(path)) == [(1, "one"), (2, "two"), (3, ""), (4, "four")]


def test_byte_order_mark_is_skipped(tmp_path):
    assert list(line_pieces(written(tmp_path, b"\xef\xbb\xbf>P1\n"))) == [(1, ">P1")]


def test_long_lines_come_in_pieces_with_one_number(tmp_path):
    pieces = list(line_pieces(written(tmp_path, "äb".encode() * 10 + b"\nnext\n"), limit=8))
    assert [number for number, _ in pieces] == [1] * 4 + [2]
    assert "".join(text for number, text in pieces if number == 1) == "äb" * 10


def test_not_utf8_names_line_and_byte(tmp_path):
    with pytest.raises(InputError, match="0xe9") as caught:
        list(line_pieces(written(tmp_path, b"fine\nprot\xe9ine\n", "latin.txt")))
    assert caught.value.where.endswith("latin.txt:2")


def test_character_cut_off_at_the_end(tmp_path):
    with pytest.raises(InputError, match=r"UTF-8|cut off"):
        list(line_pieces(written(tmp_path, "ok\nä".encode()[:-1])))


def test_line_limit_where_a_line_is_a_record(tmp_path, monkeypatch):
    monkeypatch.setattr(lines, "MAXIMUM_LINE", 10)
    with pytest.raises(InputError, match="too long") as caught:
        list(whole_lines(written(tmp_path, b"short\n" + b"x" * 50)))
    assert caught.value.where.endswith(":2")


def test_nothing_is_read_as_a_whole(tmp_path):
    """A file passes through a buffer that is much smaller than it."""
    import tracemalloc

    packer = zlib.compressobj(wbits=31)
    block = NOISE * 10
    packed = b"".join(packer.compress(block) for _ in range(6)) + packer.flush()
    path = written(tmp_path, packed)
    del packed
    tracemalloc.start()
    size = inspect_file(path).size
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert size == 6 * len(block)
    assert peak < 4_000_000 < size / 2
