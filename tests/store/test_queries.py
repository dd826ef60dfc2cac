"""Named SQL: each statement has its line of purpose, is used, and keeps to its indices on large tables."""

import re
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import text

import nesdb_annot.store
from nesdb_annot.store.bulk import chunks, copy_rows
from nesdb_annot.store.queries import Query, execute, queries
from nesdb_annot.store.questions import bound, questions
from nesdb_annot.store.text import storable

FOLDER = Path(nesdb_annot.store.__file__).parent


def test_every_statement_says_what_it_is_for():
    assert len(queries()) > 40
    for query in queries().values():
        assert isinstance(query, Query)
        assert re.fullmatch(r"[A-Z].*[.]", query.purpose), query.name
        assert query.text.split()[0].upper() in {"SELECT", "INSERT", "UPDATE", "DELETE", "CREATE", "WITH"}, query.name
        assert ";" not in re.sub(r"'[^']*'", "", query.text), query.name
        assert "%" not in query.text


def test_every_statement_is_used_and_every_used_one_is_there():
    source = "\n".join(path.read_text() for path in FOLDER.rglob("*.py"))
    called = set(re.findall(r'(?:execute|count)\(\s*\w+,\s*"(\w+)"', source))
    assert called - queries().keys() == set()
    assert queries().keys() - set(re.findall(r'"(\w+)"', source)) == set()


def test_an_unknown_name_is_a_bug(store):
    with store.transaction() as connection, pytest.raises(KeyError):
        execute(connection, "no_such_statement")


def test_long_sql_stands_in_its_file_only():
    for path in FOLDER.rglob("*.py"):
        for literal in re.findall(r'"((?:SELECT|INSERT|UPDATE|DELETE) [^"]*)"', path.read_text()):
            assert len(literal) < 100, (path.name, literal)


def test_chunks_read_no_further_than_asked():
    seen = []
    source = (seen.append(n) or n for n in range(10))
    parts = chunks(source, 4)
    assert next(parts) == [0, 1, 2, 3]
    assert seen == [0, 1, 2, 3]
    assert list(parts) == [[4, 5, 6, 7], [8, 9]]
    assert list(chunks([], 3)) == []


def test_copy_keeps_every_value(store):
    odd = ["", "\\N", "tab\there", "new\nline", "ünïcödé", "'; DROP TABLE x; --", None]
    with store.transaction() as connection:
        connection.execute(text("CREATE TEMPORARY TABLE odd (n int4, t text, b bytea)"))
        written = copy_rows(
            connection,
            ["odd"],
            {"n": "int4", "t": "text", "b": "bytea"},
            ((n, t, bytes([n])) for n, t in enumerate(odd)),
        )
        assert written == len(odd)
        assert connection.execute(text("SELECT t FROM odd ORDER BY n")).scalars().all() == odd
        assert copy_rows(connection, ["odd"], {"n": "int4"}, []) == 0


HOSTILE = [
    "'; DROP SCHEMA nesannot CASCADE; --",
    '"; SELECT 1; --',
    "%s %(x)s :x",
    "\\'; --",
    "x' OR '1'='1",
    "$$;$$",
    "\x01",
    "é" * 300,
]


@pytest.mark.parametrize("hostile", HOSTILE)
def test_hostile_text_is_only_text(store, make, hostile):
    from nesdb_annot.errors import UsageError
    from nesdb_annot.records import Release
    from nesdb_annot.store.proteomes import ProteomeKey, ingest_release, list_proteomes, proteome_of
    from nesdb_annot.store.rankings import find_ranking
    from nesdb_annot.store.runs import start_run

    run_id = start_run(store, hostile, {hostile: hostile}, hostile)
    records = [make.protein(hostile, make.residues(1), gene=hostile, protein_name=hostile)]
    report = ingest_release(store, ProteomeKey(hostile, hostile), Release(hostile, make.day(1)), records, run_id)
    stored = storable(hostile)
    assert report.examples == {"new": [stored]}
    assert [p.name for p in list_proteomes(store)] == [stored]
    assert proteome_of(store, hostile).release == stored
    assert find_ranking(store, hostile, hostile) is None
    with pytest.raises(UsageError):
        proteome_of(store, hostile + "x")


# Plans. The tables are filled by the server itself; the sizes are those at which a sequential scan would hurt.

SEGMENTS, PROTEINS = 50_000, 2_500

FILL = f"""
INSERT INTO nesannot.run (kind, settings_digest, settings, software, git, device, counts, status, error)
VALUES ('fill', '', '{{}}', '{{}}', '', '', '{{}}', 'done', '');
INSERT INTO nesannot.language_model (digest, name, layer, dimension, weights_sha256, long_rule)
VALUES (repeat('a', 64), 'm', 1, 4, '', '');
INSERT INTO nesannot.segmentation (digest, algorithm, version, parameters) VALUES (repeat('a', 64), 's', 1, '{{}}');
INSERT INTO nesannot.proteome (name) SELECT 'UP' || n FROM generate_series(1, 3) n;
INSERT INTO nesannot.release (proteome_id, name, released, effective, proteins, content_digest, run_id)
SELECT id, 'r1', '2025-01-01', '2025-01-01', {PROTEINS}, repeat('a', 64), 1 FROM nesannot.proteome;
INSERT INTO nesannot.sequence (sha256, md5, length, residues)
SELECT encode(sha256(convert_to(n::text, 'UTF8')), 'hex'), '', 400, repeat('A', 400)
  FROM generate_series(1, {PROTEINS}) n;
INSERT INTO nesannot.protein (accession) SELECT 'P' || n FROM generate_series(1, {PROTEINS}) n;
INSERT INTO nesannot.membership (proteome_id, protein_id, sequence_id, valid_from, fragment, header)
SELECT 1 + n % 3, n, n, '2025-01-01', false, '' FROM generate_series(1, {PROTEINS}) n;
INSERT INTO nesannot.configuration (digest, motif, language_model_id, segmentation_id, head_set_digest)
VALUES (repeat('a', 64), 'NES', 1, 1, '');
INSERT INTO nesannot.method (motif, digest, name, version, parameters, training_digest)
SELECT 'NES', encode(sha256(convert_to(m, 'UTF8')), 'hex'), m, 1, '{{}}', ''
  FROM unnest(ARRAY['consensus', 'similarity', 'neural', 'combined']) m;
INSERT INTO nesannot.configuration_method SELECT 1, id, name FROM nesannot.method;
CREATE TABLE nesannot.scored_sequence_c1 PARTITION OF nesannot.scored_sequence FOR VALUES IN (1);
CREATE TABLE nesannot.segment_c1 PARTITION OF nesannot.segment FOR VALUES IN (1);
CREATE TABLE nesannot.method_score_c1 PARTITION OF nesannot.method_score FOR VALUES IN (1);
INSERT INTO nesannot.scored_sequence (configuration_id, sequence_id, run_id, segments, attempts)
SELECT 1, n, 1, 20, 1 FROM generate_series(1, {PROTEINS}) n;
INSERT INTO nesannot.segment SELECT 1, 1 + n / 20, 1 + n % 20, 1 + 15 * (n % 20), 15 + 15 * (n % 20), '\\x00'
  FROM generate_series(0, {SEGMENTS} - 1) n;
INSERT INTO nesannot.method_score SELECT 1, sequence_id, segment, m, random(), random(), NULL
  FROM nesannot.segment, generate_series(1, 4) m;
INSERT INTO nesannot.ranking
       (motif, proteome_id, release_id, configuration_id, run_id, logit_shift, candidates, is_current,
        sequences, scored, failed)
SELECT 'NES', id, id, 1, 1, 0, 0, true, 0, 0, 0 FROM nesannot.proteome;
INSERT INTO nesannot.ranked_segment (ranking_id, rank, sequence_id, membership_id, first_residue, last_residue, segment,
                                     is_current, probability, combined, scores, proteome)
SELECT 1 + sequence_id % 3, row_number() OVER (PARTITION BY sequence_id % 3), sequence_id, sequence_id, first_residue,
       last_residue, segment, true, random(), random(), '{{"neural": 0.5}}',
       'UP' || 1 + sequence_id % 3
  FROM nesannot.segment;
ANALYZE
"""

QUESTIONS = {
    "ranked candidates": "SELECT * FROM nes.candidate WHERE proteome = 'UP1' ORDER BY rank LIMIT 20",
    "best of all": "SELECT * FROM nes.candidate ORDER BY probability DESC LIMIT 20",
    "page of a protein": "SELECT * FROM nes.candidate WHERE accession = 'P77' ORDER BY first_residue",
    "summary of a protein": "SELECT * FROM nes.protein_summary WHERE accession = 'P77'",
    "scores of a protein": "SELECT * FROM nes.candidate_score WHERE accession = 'P77'",
    "agreement": "SELECT * FROM nes.method_agreement WHERE proteome = 'UP1' ORDER BY rank LIMIT 20",
    "provenance": "SELECT * FROM nes.score_provenance WHERE proteome = 'UP1' AND rank = 7",
    "overall": "SELECT * FROM nes.candidate_overall WHERE overall_rank <= 20 ORDER BY overall_rank",
    "nearest": "SELECT * FROM nes.nearest_reference WHERE proteome = 'UP1' AND rank <= 20",
    **{name: bound(question, {}) for name, question in questions().items()},
}
NAMED = {
    "ranked_rows": {"ranking_id": 1, "limit": 20, "minimum_combined": 0.0},
    "next_pending": {
        "configuration_id": 1,
        "proteome_id": 1,
        "at": None,
        "again": False,
        "attempts": 3,
        "after": 0,
        "page": 256,
    },
    "forget_scores": {"configuration_id": 1, "sequence_ids": [1, 2, 3]},
    "forget_segments": {"configuration_id": 1, "sequence_ids": [1, 2, 3]},
    "newest_scores_of_protein": {"accession": "P77"},
    "spans_of_sequence": {"configuration_id": 1, "sequence_id": 77},
    "describe_segments": {"configuration_id": 1, "sequence_ids": [77, 78], "segments": [1, 2]},
    "describe_sequences": {"digests": ["0" * 64]},
    "pooled_vectors": {"configuration_id": 1, "sequence_ids": [77]},
    "known_sequences": {"digests": ["a" * 64, "b" * 64]},
}
LARGE = re.compile(r"(method_score|segment|ranked_segment)(_c\d+)?")


@pytest.fixture(scope="module")
def filled(module_store):
    with module_store.transaction() as connection:
        raw = connection.connection.dbapi_connection
        assert isinstance(raw, psycopg.Connection)
        raw.execute(sql.SQL(FILL))
    module_store.vacuum("ranked_segment")
    return module_store


def scanned(plan):
    """Large tables that a plan reads from end to end."""
    node = plan.get("Plan", plan)
    here = [node["Relation Name"]] if node["Node Type"] in ("Seq Scan", "Parallel Seq Scan") else []
    return [*here, *(name for child in node.get("Plans", []) for name in scanned(child))]


def explain(connection, statement, parameters):
    plan = connection.execute(text(f"EXPLAIN (FORMAT JSON) {statement}"), parameters).scalar()[0]
    return [name for name in scanned(plan) if LARGE.fullmatch(name)]


@pytest.mark.parametrize("question", QUESTIONS)
def test_no_question_of_an_analyst_scans_a_large_table(filled, question):
    with filled.transaction() as connection:
        connection.exec_driver_sql("SET LOCAL search_path = nes")
        assert explain(connection, QUESTIONS[question], {}) == []


@pytest.mark.parametrize("name", NAMED)
def test_no_frequent_statement_scans_a_large_table(filled, name):
    with filled.transaction() as connection:
        assert explain(connection, queries()[name].text, NAMED[name]) == []


def test_the_guard_can_see_a_scan(filled):
    with filled.transaction() as connection:
        assert explain(connection, "SELECT max(raw) FROM nesannot.method_score", {}) == ["method_score_c1"]
