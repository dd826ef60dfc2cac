"""The two yeast releases: what the store reports equals a plain comparison of the files."""

import gzip
from datetime import date

from nesdb_annot.records import ProteinRecord, Release
from nesdb_annot.store.proteomes import ProteomeKey, ingest_release
from nesdb_annot.store.runs import start_run


def plain_read(path):
    with gzip.open(path, "rt") as file:
        header, lines = None, []
        for line in file:
            if line.startswith(">"):
                if header:
                    yield header, "".join(lines)
                header, lines = line[1:].rstrip("\n"), []
            else:
                lines.append(line.strip())
        yield header, "".join(lines)


def proteins(path):
    for header, residues in plain_read(path):
        database, accession, rest = header.split("|", 2)
        yield ProteinRecord(accession, residues, header, reviewed=database == "sp", entry_name=rest.split()[0])


FIRST, OTHER = "UP000002311_559292.fasta.gz", "UP000002311_559292.other_release.fasta.gz"


def test_the_second_release_is_compared_with_the_first(store, shared_data):
    folder = shared_data / "proteomes"
    run_id = start_run(store, "ingest", {})
    key = ProteomeKey("UP000002311")
    one, two = Release("one", date(2025, 1, 1)), Release("two", date(2025, 6, 1))
    first = ingest_release(store, key, one, proteins(folder / FIRST), run_id)
    assert (first.total, first.new, first.unchanged) == (6059, 6059, 0)
    again = ingest_release(store, key, one, proteins(folder / FIRST), run_id)
    assert again.nothing_new
    assert again.unchanged == again.total == 6059

    second = ingest_release(store, key, two, proteins(folder / OTHER), run_id)
    a = {h.split("|")[1]: (h, r) for h, r in plain_read(folder / FIRST)}
    b = {h.split("|")[1]: (h, r) for h, r in plain_read(folder / OTHER)}
    both = a.keys() & b.keys()
    assert second.new == len(b.keys() - a.keys())
    assert second.gone == len(a.keys() - b.keys())
    assert second.changed == sum(a[k][1] != b[k][1] for k in both)
    assert second.header_only == sum(a[k][1] == b[k][1] and a[k][0] != b[k][0] for k in both)
    assert second.unchanged == sum(a[k] == b[k] for k in both)
    assert second.previous == "one"
    assert second.changed == 3
