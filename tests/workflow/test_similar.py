"""The nearest references and stored segments, and the file of vectors that follows the database."""

import json
from dataclasses import replace
from importlib.resources import files
from types import SimpleNamespace

import numpy as np
import pytest
from sqlalchemy import text
from typer.testing import CliRunner

from nesdb_annot.cli.main import app
from nesdb_annot.errors import InputError, UsageError
from nesdb_annot.methods.headset import HeadSet
from nesdb_annot.methods.scoring import build_methods
from nesdb_annot.methods.similarity import Similarity
from nesdb_annot.records import MethodIdentity, MethodScore, ScoredSegment, ScoredSequence
from nesdb_annot.residues import ResidueSpan, sequence_digest
from nesdb_annot.store.configurations import ensure_configuration
from nesdb_annot.store.runs import start_run
from nesdb_annot.store.scores import write_scored
from nesdb_annot.store.vectors import index_digest
from nesdb_annot.workflow.segment_vectors import save_vectors, vector_source
from nesdb_annot.workflow.similar import COLUMNS, find_similar

SPANS = (ResidueSpan(1, 12), ResidueSpan(20, 35), ResidueSpan(40, 52))


@pytest.fixture(scope="module")
def head_set():
    return HeadSet.from_bytes((files("nesdb_annot.methods") / "bundled/headset_nes.safetensors").read_bytes())


@pytest.fixture
def database(store, settings, head_set, ingest_made_up, made_up_protein, draw):
    """Six scored proteins p0 to p5 with three segments each; p5 has the residues of p4."""
    residues = [made_up_protein(draw) for _ in range(5)]
    ingest_made_up([*residues, residues[4]])
    configuration_id = ensure_configuration(
        store, "NES", head_set.language_model, head_set.segmentation, [MethodIdentity("combined", 1)], head_set.digest
    )
    notes = []

    def pooled(seed):
        wide = head_set.arrays["similarity/center"].shape[0]
        return np.random.default_rng(seed).normal(size=(len(SPANS), wide)).astype("<f2")

    def score(sequences, seed=0):
        rows = [
            ScoredSequence(
                sequence_digest(residues[n]),
                tuple(
                    ScoredSegment(span, vector.tobytes(), 0.0, 0.0, (MethodScore("combined", 0.0, 0.5),))
                    for span, vector in zip(SPANS, pooled([n, seed]), strict=True)
                ),
            )
            for n in sequences
        ]
        write_scored(store, configuration_id, start_run(store, "score", {}, "cpu"), rows)

    score(range(5))
    return SimpleNamespace(
        store=store,
        settings=settings,
        configuration_id=configuration_id,
        residues=residues,
        score=score,
        pooled=pooled,
        notes=notes,
        save=lambda using=settings: save_vectors(store, using, configuration_id, notes.append),
    )


def vector_files(settings):
    directory = settings.cache_dir / "vectors"
    return sorted(path.name for path in directory.iterdir()) if directory.is_dir() else []


def segments(database, query="p0:20-35", settings=None):
    return find_similar(database.store, settings or database.settings, query, 20).segments


def test_segments_are_those_of_all_distances(database, head_set):
    method = next(m for m in build_methods(head_set).methods if isinstance(m, Similarity))
    vectors = {n: method.references.whitened(database.pooled([n, 0]).astype(np.float32)) for n in range(5)}
    query = vectors[0][1]
    expected = sorted(
        (float(np.linalg.norm(query - vector)), n, span)
        for n in range(1, 5)
        for vector, span in zip(vectors[n], SPANS, strict=True)
    )
    found = segments(database)
    assert [row["distance"] for row in found] == pytest.approx([distance for distance, _, _ in expected], abs=1e-3)
    first = expected[0]
    assert (found[0]["first_residue"], found[0]["last_residue"]) == (first[2].first, first[2].last)
    assert found[0]["peptide"] == first[2].of(database.residues[first[1]])


def test_references_have_the_accession_of_the_head_set(database, head_set, monkeypatch):
    accessions = tuple(f"T{number}" for number in range(len(head_set.training_digests)))
    named = replace(head_set, training_accessions=accessions)
    monkeypatch.setattr("nesdb_annot.workflow.segment_vectors.head_set_of", lambda *_: named)
    references = find_similar(database.store, database.settings, "p0", 5).references
    assert {row["accession"] for row in references} <= set(accessions)


def test_segments_of_the_sequence_itself_are_not_listed(database):
    accessions = {row["accession"] for row in segments(database, "p4")}
    assert accessions == {"p0", "p1", "p2", "p3"}


def test_equal_sequences_are_one_row_with_all_accessions(database):
    rows = segments(database)
    assert len(rows) == 12
    assert {row["accession"] for row in rows} == {"p1", "p2", "p3", "p4,p5"}


def test_span_stands_for_the_segment_that_shares_most(database):
    result = find_similar(database.store, database.settings, "p0:10-33", 3)
    assert result.spans == [SPANS[1]]
    assert {row["query"] for row in (*result.references, *result.segments)} == {"20-35"}


def test_protein_without_span_gives_each_row_once(database):
    result = find_similar(database.store, database.settings, "p0", 12)
    assert len(result.spans) == len(SPANS)
    spans = [(row["accession"], row["first_residue"]) for row in result.segments]
    assert len(spans) == len(set(spans)) == 12
    distances = [row["distance"] for row in result.references]
    assert distances == sorted(distances)


@pytest.mark.parametrize(
    ("query", "error", "message"),
    [
        ("nobody", InputError, "nobody is not in the database"),
        ("p0:37-39", InputError, "no stored segment of p0 lies in 37-39\n  why: its stored segments are 1-12, 20-35"),
        ("p0:x", UsageError, "'p0:x' names no segment"),
        (":1-5", UsageError, "names no segment"),
        ("p0:9-2", UsageError, "names no segment"),
    ],
)
def test_query_that_names_nothing_is_refused(database, query, error, message):
    with pytest.raises(error) as raised:
        find_similar(database.store, database.settings, query, 3)
    assert message in str(raised.value)


def test_protein_without_scores_says_what_to_type(store, settings, ingest_made_up):
    ingest_made_up(["M" * 40])
    with pytest.raises(InputError, match="p0 has no scores") as raised:
        find_similar(store, settings, "p0", 3)
    assert raised.value.remedy == "nesannot score NAME"


def test_file_is_read_only_with_the_stored_digest(database):
    database.save()
    (name,) = vector_files(database.settings)
    assert index_digest(database.store, database.configuration_id) == name
    source = vector_source(database.store, database.settings, database.configuration_id)
    assert source.current()[1] == name
    (database.settings.cache_dir / "vectors" / name).write_bytes(b"from elsewhere")
    vectors, digest = source.current()
    assert (len(vectors.vectors), digest) == (15, "")
    database.save()
    assert source.current()[1] == name


def test_file_follows_what_is_scored(database):
    database.save()
    (first,) = vector_files(database.settings)
    database.save()
    assert vector_files(database.settings) == [first]
    before = segments(database)
    database.score([3], seed=1)
    changed = segments(database)
    assert [row for row in changed if row["accession"] != "p3"] == [row for row in before if row["accession"] != "p3"]
    assert changed != before
    database.save()
    (second,) = vector_files(database.settings)
    assert second != first
    assert segments(database) == changed


def test_sequence_that_is_gone_is_not_found(database):
    database.save()
    with database.store.transaction() as connection:
        key = connection.execute(
            text("SELECT id FROM nesannot.sequence WHERE sha256 = :it"), {"it": sequence_digest(database.residues[2])}
        ).scalar_one()
        for table in ("scored_sequence", "segment", "method_score"):
            connection.execute(text(f"DELETE FROM nesannot.{table} WHERE sequence_id = {key}"))
    assert {row["accession"] for row in segments(database)} == {"p1", "p3", "p4,p5"}


def test_cache_that_cannot_be_written_is_done_without(database, tmp_path):
    (tmp_path / "file").write_text("no directory")
    blocked = replace(database.settings, cache_dir=tmp_path / "file")
    database.save(blocked)
    assert len(database.notes) == 1
    assert "The index of stored vectors was not saved in" in database.notes[0]
    assert index_digest(database.store, database.configuration_id) == ""
    assert segments(database, settings=blocked) == segments(database)


def test_full_disk_leaves_no_file_behind(database, monkeypatch):
    from nesdb_annot.workflow import segment_vectors

    def full(path, payload):
        with path.open("wb") as out:
            out.write(payload[:10])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(segment_vectors.Path, "write_bytes", full)
    database.save()
    assert vector_files(database.settings) == []
    assert database.notes[0].endswith("No space left on device.")


def test_two_writers_at_once_do_no_harm(database):
    from nesdb_annot.store.locks import only_one

    with only_one(database.store, f"nesannot vectors {database.configuration_id}"):
        database.save()
    assert (vector_files(database.settings), database.notes) == ([], [])


def test_command_prints_a_table_tsv_and_json(database):
    def run(*options):
        done = CliRunner().invoke(
            app, ["--database-url", database.settings.database_url, "similar", "p0:20-35", "--top", "2", *options]
        )
        assert done.exit_code == 0, done.output
        return done.stdout

    rows = json.loads(run("--format", "json"))
    assert [row["kind"] == "segment" for row in rows] == [False, False, True, True]
    assert list(rows[0]) == list(COLUMNS)
    header, *lines = run("--format", "tsv").splitlines()
    assert header.split("\t") == list(COLUMNS)
    assert len(lines) == 4
    assert "segment" in run()
