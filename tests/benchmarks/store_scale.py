"""How the database does at scale: load synthetic rows, then measure sizes, plans and the questions people ask.

    python tests/benchmarks/store_scale.py --segments 1000000 --home /tmp/scale
    python tests/benchmarks/store_scale.py --segments 1000000 --home /tmp/scale --reuse    # measure again

The rows are made by the server: 20 segments a protein and 20,000 proteins a proteome, with evidence like that of real
scores, ranked by the very statement that ranks in production. Cold means: server stopped, its files dropped from the
page cache, server started, first execution. The directory is left to be removed by whoever chose it.
"""

import argparse
import json
import os
import re
import statistics
import time
from pathlib import Path

import psycopg
from psycopg import sql

from nesdb_annot.settings import Settings
from nesdb_annot.store import embedded
from nesdb_annot.store.engine import open_store
from nesdb_annot.store.proteomes import list_proteomes
from nesdb_annot.store.questions import bound, questions
from nesdb_annot.store.rankings import materialise

SEGMENTS_PER_PROTEIN, PROTEINS_PER_PROTEOME, LENGTH = 20, 20_000, 450
METHODS = ("consensus", "similarity", "tagger", "combined", "biochemical", "neural")

BASE = """
INSERT INTO nesannot.run (kind, settings_digest, settings, software, git, device, counts, status, error)
VALUES ('fill', '', '{{}}', '{{}}', '', '', '{{}}', 'done', '');
INSERT INTO nesannot.language_model (digest, name, layer, dimension, weights_sha256, long_rule)
VALUES (repeat('a', 64), 'synthetic', 1, {dimension}, '', '');
INSERT INTO nesannot.segmentation (digest, algorithm, version, parameters) VALUES (repeat('a', 64), 's', 1, '{{}}');
INSERT INTO nesannot.proteome (name) SELECT 'UP' || n FROM generate_series(1, {proteomes}) n;
INSERT INTO nesannot.release (proteome_id, name, released, effective, proteins, content_digest, run_id)
SELECT id, 'r1', '2026-01-01', '2026-01-01', {proteins} / {proteomes}, repeat('a', 64), 1 FROM nesannot.proteome;
INSERT INTO nesannot.sequence (sha256, md5, length, residues)
SELECT encode(sha256(convert_to(n::text, 'UTF8')), 'hex'), md5(n::text), {length},
       substr(repeat(translate(md5(n::text) || md5((-n)::text), '0123456789abcdef', 'ACDEFGHIKLMNPQRS'), 20), 1,
              {length})
  FROM generate_series(1, {proteins}) n;
INSERT INTO nesannot.protein (accession) SELECT 'P' || n FROM generate_series(1, {proteins}) n;
INSERT INTO nesannot.membership (proteome_id, protein_id, sequence_id, valid_from, fragment, header, gene, reviewed)
SELECT 1 + (n - 1) / {per_proteome}, n, n, '2026-01-01', false, 'sp|P' || n || '|SYNTH protein', 'G' || n, n % 3 = 0
  FROM generate_series(1, {proteins}) n;
INSERT INTO nesannot.annotation (protein_id, kind, identifier, text, evidence, run_id)
SELECT n, 'location', 'SL-0191', CASE n % 4 WHEN 0 THEN 'Nucleus' ELSE 'Cytoplasm' END, '{{}}', 1
  FROM generate_series(1, {proteins}) n;
INSERT INTO nesannot.reference_entry
       (motif, source, entry_id, accession, sequence_id, doubtful, evidence, citations, run_id)
SELECT 'NES', 'nesdb', n::text, 'P' || n, n, false, '{{}}', '{{}}', 1 FROM generate_series(1, 300) n;
INSERT INTO nesannot.reference_motif (reference_entry_id, position, kind, sign, first_residue, last_residue, note)
SELECT id, 1, 'functional_signal', 'motif', 21, 34, '' FROM nesannot.reference_entry;
INSERT INTO nesannot.configuration (digest, motif, language_model_id, segmentation_id, head_set_digest)
VALUES (repeat('a', 64), 'NES', 1, 1, '');
INSERT INTO nesannot.method (motif, digest, name, version, parameters, training_digest)
SELECT 'NES', encode(sha256(convert_to(m, 'UTF8')), 'hex'), m, 1, '{{}}', '' FROM unnest({methods}) m;
INSERT INTO nesannot.configuration_method SELECT 1, id, name FROM nesannot.method;
SELECT nesannot.create_partitions(1);
INSERT INTO nesannot.scored_sequence (configuration_id, sequence_id, run_id, segments, attempts)
SELECT 1, n, 1, {per_protein}, 1 FROM generate_series(1, {proteins}) n;
INSERT INTO nesannot.segment
SELECT 1, 1 + n / {per_protein}, 1 + n % {per_protein}, 1 + 20 * (n % {per_protein}), 14 + 20 * (n % {per_protein}),
       decode(repeat('3c', 2 * {dimension}), 'hex')
  FROM generate_series(0, {segments} - 1) n;
INSERT INTO nesannot.method_score
SELECT 1, 1 + n / {per_protein}, 1 + n % {per_protein}, m.id, random() * 10 - 5, greatest(1e-6, power(random(), 6)),
       nullif(m.evidence, 'null')
  FROM generate_series(0, {segments} - 1) n
  CROSS JOIN (SELECT t.id, e.value AS evidence
                FROM nesannot.method t JOIN jsonb_each({evidence}) e ON e.key = t.name) m;
"""

EVIDENCE = {
    "consensus": {"class": "1a", "pattern": "1a forward", "core": {"phi1": 22, "phi2": 26, "phi3": 29, "phi4": 31},
                  "flanks": 0.31},
    "similarity": {
        kind: {"sequence": "4e07408562bedb8b60ce05c1decfe3ad16b72230967de01f640b7e4729b49fce", "span": [21, 34],
               "distance": 0.4321, "same_protein": False}
        for kind in ("nearest_motif", "nearest_other")
    },
    "tagger": {
        "peak": 27,
        "stretch": [22, 31],
        "peak_logit": -1.888,
        "boundaries": [21, 33],
        "probabilities_from": 21,
        "probabilities": [0.034, 0.041, 0.047, 0.052, 0.058, 0.063, 0.066, 0.061, 0.058, 0.05, 0.047, 0.041, 0.035],
    },
    "combined": {"log_odds": {"tagger": 0.013, "consensus": 0.44, "similarity": -0.646, "neural": 0.1,
                              "biochemical": 0.8}},
    "biochemical": {"contributions": [{"value": 0.193, "feature": f"surrounding property {n}", "log_odds": -0.228}
                                      for n in range(5)], "base": -3.216, "rest": 0.482},
    "neural": None,
}  # fmt: skip

ASKED = {
    "top 1,000 of a proteome": ("SELECT * FROM nes.candidate WHERE proteome = 'UP2' ORDER BY rank LIMIT 1000", 50),
    "page of a protein": ("SELECT * FROM nes.candidate WHERE accession = 'P{n}' ORDER BY first_residue", 20),
    "its scores": ("SELECT * FROM nes.candidate_score WHERE accession = 'P{n}'", 20),
    "its summary": ("SELECT * FROM nes.protein_summary WHERE accession = 'P{n}'", 20),
    "overall top 1,000": ("SELECT * FROM nes.candidate_overall WHERE overall_rank <= 1000 ORDER BY overall_rank", 200),
    "the same by probability": ("SELECT * FROM nes.candidate ORDER BY probability DESC LIMIT 1000", 200),
    "overall, ORDER BY LIMIT": ("SELECT * FROM nes.candidate_overall ORDER BY overall_rank LIMIT 1000", None),
}
LARGE = re.compile(r"(method_score|segment|ranked_segment|sequence|membership|protein|annotation)(_c\d+)?")


def fill(store, segments, dimension, methods):
    """Make all rows; each large table's partition is made and filled in one transaction, which needs no WAL."""
    proteins = segments // SEGMENTS_PER_PROTEIN
    proteomes = max(3, proteins // PROTEINS_PER_PROTEOME)
    values = {
        "segments": segments,
        "proteins": proteins,
        "proteomes": proteomes,
        "dimension": dimension,
        "length": LENGTH,
        "per_protein": SEGMENTS_PER_PROTEIN,
        "per_proteome": -(-proteins // proteomes),
        "methods": "ARRAY['" + "','".join(methods) + "']",
        "evidence": f"CAST('{json.dumps(EVIDENCE)}' AS jsonb)",
    }
    with store.transaction() as connection:
        raw(connection).execute(sql.SQL(BASE.format(**values)))
    with store.session() as connection:
        raw(connection).autocommit = True
        raw(connection).execute("VACUUM (ANALYZE)")
    began = time.perf_counter()
    for proteome in list_proteomes(store):
        materialise(store, proteome.id, proteome.release_id, 1, 1, logit_shift=-2.0)
    print(f"ranked in {time.perf_counter() - began:.0f} s")
    with store.session() as connection:
        raw(connection).autocommit = True
        raw(connection).execute("VACUUM (ANALYZE)")


def raw(connection):
    found = connection.connection.dbapi_connection
    assert isinstance(found, psycopg.Connection)
    return found


def sizes(store, segments):
    """Bytes per segment of each large table, with its indices."""
    query = """
    SELECT regexp_replace(c.relname, '_c\\d+$', '') AS name, sum(pg_table_size(c.oid))::float8 AS heap,
           sum(pg_indexes_size(c.oid))::float8 AS indices
      FROM pg_class c WHERE c.relnamespace = 'nesannot'::regnamespace AND c.relkind = 'r'
     GROUP BY 1 ORDER BY sum(pg_total_relation_size(c.oid)) DESC LIMIT 8"""
    total = 0
    with store.transaction() as connection:
        for name, heap, indices in connection.exec_driver_sql(query):
            total += heap + indices
            print(f"  {name:20} {heap / segments:8.1f} B a segment, indices {indices / segments:7.1f} B")
    print(f"  together {total / 2**30:.2f} GiB: {total / segments * 1e6 / 2**30:.2f} GiB for a million segments")


def scans(connection, statement):
    """Large tables that a statement reads from end to end."""

    def walk(node):
        here = [node["Relation Name"]] if "Seq Scan" in node["Node Type"] else []
        return [*here, *(name for child in node.get("Plans", []) for name in walk(child))]

    plan = raw(connection).execute(sql.SQL(f"EXPLAIN (FORMAT JSON) {statement}")).fetchone()[0]
    return [name for name in walk(plan[0]["Plan"]) if LARGE.fullmatch(name)]


def processor_ms(pid):
    """Milliseconds that a process has spent on a processor; on a busy machine, less than the clock says."""
    return int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) / 1e6


def ask(connection, statement):
    """Milliseconds until the last row is here, by the clock and on processors (server and client); number of rows."""
    backend = raw(connection).info.backend_pid
    began, busy = time.perf_counter(), processor_ms(backend) + processor_ms("self")
    rows = raw(connection).execute(sql.SQL(statement)).fetchall()
    used = processor_ms(backend) + processor_ms("self") - busy
    return (time.perf_counter() - began) * 1000, used, len(rows)


def make_cold(settings):
    """Stop the server and drop its files, and nobody else's, from the page cache."""
    cluster = embedded.placement(settings).cluster
    embedded.stop(settings)
    for path in cluster.rglob("*"):
        if path.is_file():
            handle = os.open(path, os.O_RDONLY)
            os.fsync(handle)
            os.posix_fadvise(handle, 0, 0, os.POSIX_FADV_DONTNEED)
            os.close(handle)


def measure(settings, name, statement, limit, proteins, repeats=11):
    """One line: cold, warm, rows, plan."""
    one = statement.replace("{n}", str(proteins // 2))
    make_cold(settings)
    with open_store(settings) as store, store.session() as connection:
        raw(connection).execute("SET search_path = nes")
        cold, _, rows = ask(connection, one)
        warm = [ask(connection, one)[:2] for _ in range(repeats)]
        found = scans(connection, one)
    clock, used = (statistics.median(column) for column in zip(*warm, strict=True))
    verdict = "" if limit is None else ("ok" if used < limit else f"OVER {limit} ms")
    times = f"warm {clock:8.1f} ms (on processors {used:7.1f})  cold {cold:8.1f} ms"
    print(f"  {name:24} {times}  {rows:5} rows  {verdict}", f"scans {found}" if found else "", flush=True)


def measure_all(settings, proteins):
    """What has a limit, then the example questions."""
    for name, (statement, limit) in ASKED.items():
        measure(settings, name, statement, limit, proteins)
    for question in questions().values():
        measure(settings, question.name, bound(question, {}), None, proteins, repeats=3)


def main():
    """Fill unless told to reuse, then measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--segments", type=int, default=1_000_000)
    parser.add_argument("--dimension", type=int, default=320)
    parser.add_argument("--methods", type=int, default=4, choices=(4, 6))
    parser.add_argument("--only-sizes", action="store_true")
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--reuse", action="store_true")
    given = parser.parse_args()
    given.home.mkdir(parents=True, exist_ok=True)
    given.home.chmod(0o711)
    settings = Settings(data_dir=given.home, cache_dir=given.home / "cache")
    if not given.reuse:
        began = time.perf_counter()
        with open_store(settings) as store:
            fill(store, given.segments, given.dimension, METHODS[: given.methods])
        took = time.perf_counter() - began
        print(f"{given.segments:,} segments x {given.methods} methods, {given.dimension} numbers: {took:.0f} s")
    with open_store(settings) as store:
        sizes(store, given.segments)
    if not given.only_sizes:
        measure_all(settings, given.segments // SEGMENTS_PER_PROTEIN)
    embedded.stop(settings)


if __name__ == "__main__":
    main()
