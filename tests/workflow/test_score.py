"""Scoring the bundled sample: idempotent, resumable, independent of workers and chunks; failures are recorded."""

from dataclasses import replace
from math import exp

import pytest

from nesdb_annot.errors import ConfigurationError, InputError, UsageError
from nesdb_annot.records import Annotation, AnnotationKind
from nesdb_annot.residues import ResidueSpan
from nesdb_annot.store.analyst import run_sql
from nesdb_annot.store.annotations import replace_annotations
from nesdb_annot.store.queue_units import excuse_failed
from nesdb_annot.store.runs import start_run
from nesdb_annot.workflow import pipeline, sample, score
from nesdb_annot.workflow.demo import run_demo
from nesdb_annot.workflow.ingest import ingest_proteome
from nesdb_annot.workflow.progress import Silent
from nesdb_annot.workflow.proteome_source import proteome_source
from nesdb_annot.workflow.rank import Listing, rank_proteome
from nesdb_annot.workflow.score import score_proteome

pytestmark = pytest.mark.xdist_group("score")

SCORES = """
select s.sha256, g.first_residue, g.last_residue, encode(g.pooled, 'hex'), m.name, x.raw
from nesannot.segment g join nesannot.sequence s on s.id = g.sequence_id
join nesannot.method_score x using (configuration_id, sequence_id, segment) join nesannot.method m on m.id = x.method_id
order by 1, 2, 3, 5
"""


class Stopping(Silent):
    """Presses Ctrl-C after some chunks."""

    def __init__(self, chunks):
        self.left = chunks

    def advance(self, residues):
        self.left -= 1
        if self.left < 0:
            raise KeyboardInterrupt


def rows(store, text=SCORES):
    return list(run_sql(store, text).rows)


def assert_same_scores(found, wanted):
    """Equal spans, vectors and methods; raw scores to the last bits of a float32 (threads add in another order)."""
    assert [row[:5] for row in found] == [row[:5] for row in wanted]
    assert [row[5] for row in found] == pytest.approx([row[5] for row in wanted], rel=1e-5, abs=1e-5)


def ingest_sample(store):
    from importlib.resources import as_file

    with as_file(sample.proteins()) as path:
        ingest_proteome(store, proteome_source(str(path), upid=None, name="sample", release=None, released=None))


@pytest.fixture
def small_chunks(monkeypatch):
    monkeypatch.setattr(score, "RESIDUES_PER_CHUNK", 400)


def test_second_call_computes_nothing(store, settings):
    ingest_sample(store)
    first = score_proteome(store, settings, "sample")
    before = rows(store)
    again = score_proteome(store, settings, "sample")
    assert (first.sequences, again.sequences) == (16, 0)
    assert "nothing was computed" in again.sentence()
    assert rows(store) == before
    assert len(before) >= 6 * 16


def test_a_stopped_run_goes_on_and_gives_the_same_scores(store, settings, small_chunks):
    ingest_sample(store)
    with pytest.raises(KeyboardInterrupt):
        score_proteome(store, settings, "sample", progress=Stopping(5))
    left = score_proteome(store, settings, "sample", dry_run=True)
    assert 0 < left.sequences < 16
    score_proteome(store, settings, "sample")
    resumed = rows(store)
    score_proteome(store, settings, "sample", again=True)
    assert_same_scores(rows(store), resumed)
    assert rows(store, "select status from run_progress where kind = 'score' order by run_id")[0] == ("stopped",)


def test_worker_processes_give_the_same_scores(store, settings, small_chunks, monkeypatch):
    ingest_sample(store)
    score_proteome(store, settings, "sample")
    alone = rows(store)
    monkeypatch.setattr(score, "WORTH_A_PROCESS", 0)
    score_proteome(store, replace(settings, workers=2), "sample", again=True)
    assert_same_scores(rows(store), alone)


def test_a_membrane_helix_that_uniprot_states_enters_the_scores_of_its_protein_alone(store, settings):
    ingest_sample(store)
    score_proteome(store, settings, "sample")
    before = rows(store)
    (digest, length), *_ = rows(store, "select sha256, length from nesannot.sequence order by sha256")
    ((accession,),) = rows(
        store,
        "select accession from nesannot.protein p join nesannot.membership m on m.protein_id = p.id "
        f"join nesannot.sequence s on s.id = m.sequence_id where s.sha256 = '{digest}'",
    )
    whole = Annotation(accession, AnnotationKind.FEATURE, "TRANSMEM", "Helical", ResidueSpan(1, length))
    replace_annotations(store, [(accession, [whole])], start_run(store, "ingest", {}))
    score_proteome(store, settings, "sample", again=True)
    after = rows(store)
    others = [row for row in after if row[0] != digest]
    assert_same_scores(others, [row for row in before if row[0] != digest])
    assert len(others) < len(after)

    def combined(found):
        return {row[1:3]: row[5] for row in found if row[0] == digest and row[4] == "combined"}

    assert combined(after) != combined(before)


def test_a_sequence_that_cannot_be_scored_is_recorded_and_stops_no_other(store, settings, monkeypatch):
    from nesdb_annot.workflow.protein_scorer import ProteinScorer

    ingest_sample(store)
    honest = ProteinScorer.score

    def failing(self, digest, residues, embedding):
        if residues.startswith("MTDVETTYADF"):
            raise ValueError("made to fail")
        return honest(self, digest, residues, embedding)

    monkeypatch.setattr(ProteinScorer, "score", failing)
    summary = score_proteome(store, settings, "sample")
    assert [one.error for one in summary.failed] == ["ValueError: made to fail"]
    assert [one.accession for one in summary.failed] == [summary.failed[0].accession]
    assert "sample: 1 sequence failed and has no scores" in summary.problem.what
    assert f"{summary.failed[0].accession} (ValueError: made to fail)" in summary.problem.what
    assert summary.problem.exit_code == 1
    assert rows(store, "select count(*) from nesannot.scored_sequence where error is null") == [(15,)]
    assert any("1 sequence failed" in line for line in rank_proteome(store, settings, "sample").sentences())
    for _ in range(3):
        again = score_proteome(store, settings, "sample")
        assert again.problem.what.startswith("sample: 1 sequence failed")
    assert again.sentence() == "sample: every sequence is scored or failed already; nothing was computed"
    monkeypatch.undo()
    excuse_failed(store, again.failed[0].run_id, 1)
    assert score_proteome(store, settings, "sample").problem is None


def test_short_and_strange_proteins_are_scored(store, settings, tmp_path):
    fasta = tmp_path / "strange.fasta"
    fasta.write_text(">A\nM\n>B\nMKLVLLAL\n>C\n" + "X" * 60 + "\n>D\n" + "L" * 3000 + "\n>E\nMUOBZXKLV\n")
    ingest_proteome(store, proteome_source(str(fasta), upid=None, name="strange", release=None, released=None))
    summary = score_proteome(store, settings, "strange")
    assert summary.sequences == 5
    assert summary.failed == ()


def test_every_score_has_its_provenance(store, settings):
    run_demo(store, settings, Silent())
    scored = rows(store, "select count(*) from candidate_score")[0][0]
    traced = rows(store, "select count(*) from score_provenance")[0][0]
    assert scored == traced > 0


def test_ranking_is_total_and_starts_at_one(store, settings):
    run_demo(store, settings, Silent())
    ranking = rank_proteome(store, settings, "sample")
    ranks = [row["rank"] for row in ranking.rows]
    assert ranks == list(range(1, len(ranks) + 1))
    probabilities = [row["probability"] for row in ranking.rows]
    assert probabilities == sorted(probabilities, reverse=True)


def test_heads_that_have_scored_nothing_leave_the_ranking_shown(store, settings, monkeypatch):
    ingest_sample(store)
    score_proteome(store, settings, "sample")
    before = rank_proteome(store, settings, "sample")
    assert before.notes == ()
    with monkeypatch.context() as other:
        other.setattr("nesdb_annot.methods.scoring.COMBINED_VERSION", 99)  # an update: everything is to be scored again
        after = rank_proteome(store, settings, "sample")
    assert after.rows == before.rows
    assert any("`nesannot score sample`" in note for note in after.notes)


def test_ranking_what_is_not_ranked_says_what_to_type(store, settings):
    ingest_sample(store)
    with pytest.raises(InputError, match="sample is not ranked") as raised:
        rank_proteome(store, settings, "sample")
    assert raised.value.remedy == "nesannot score sample"
    score_proteome(store, settings, "sample")
    with pytest.raises(InputError, match="release r9 of sample is not ranked") as raised:
        rank_proteome(store, settings, "sample", release="r9")
    assert raised.value.remedy == "nesannot score sample --release r9"


def test_reading_a_ranking_writes_nothing(store, settings):
    run_demo(store, settings, Silent())
    tables = ("run", "ranking", "ranked_segment", "decoy", "configuration", "head_set")
    state = "select '{0}', count(*), max(xmin::text::bigint) from nesannot.{0}"
    query = " union all ".join(state.format(table) for table in tables)
    before = rows(store, query)
    for listing in (Listing(), Listing(cargo_prior=0.5), Listing(decoys="none"), Listing(proteins=True)):
        rank_proteome(store, settings, "sample", listing=listing)
    assert rows(store, query) == before


def test_a_stored_prior_stays_until_another_is_asked_for(store, settings):
    ingest_sample(store)
    score_proteome(store, settings, "sample", cargo_prior=0.3)
    assert rank_proteome(store, settings, "sample").cargo_prior == 0.3
    again = score_proteome(store, settings, "sample").ranking
    assert not again.made
    assert rank_proteome(store, settings, "sample", listing=Listing(cargo_prior=0.1)).cargo_prior == 0.1
    assert rank_proteome(store, replace(settings, cargo_prior=0.5), "sample").cargo_prior == 0.5
    assert rank_proteome(store, settings, "sample").cargo_prior == 0.3
    assert score_proteome(store, settings, "sample", cargo_prior=0.1).ranking.made
    with pytest.raises(ConfigurationError, match="cargo_prior is 2"):
        rank_proteome(store, settings, "sample", listing=Listing(cargo_prior=2))


def test_scoring_twice_makes_one_ranking(store, settings):
    ingest_sample(store)
    first = score_proteome(store, settings, "sample").ranking
    again = score_proteome(store, settings, "sample").ranking
    assert (first.made, again.made) == (True, False)
    assert again.ranking == first.ranking


def test_a_stopped_run_shows_what_is_scored_until_it_is_complete(store, settings, small_chunks):
    ingest_sample(store)
    with pytest.raises(KeyboardInterrupt):
        score_proteome(store, settings, "sample", progress=Stopping(5))
    partial = rank_proteome(store, settings, "sample")
    assert not partial.ranking.complete
    mark = f"{partial.ranking.scored} of 16 sequences scored"
    assert partial.facts()["sequences"] == mark
    assert any(line.startswith(mark) for line in partial.sentences())
    assert {row["incomplete"] for row in partial.rows} == {mark}
    score_proteome(store, settings, "sample")
    whole = rank_proteome(store, settings, "sample")
    assert whole.facts()["sequences"] == "16 of 16 sequences scored"
    assert {row["incomplete"] for row in whole.rows} == {None}


def test_points_cut_the_list(store, settings):
    run_demo(store, settings, Silent())
    everything = rank_proteome(store, settings, "sample")
    for name, count in everything.over.items():
        assert len(rank_proteome(store, settings, "sample", listing=Listing(point=name)).rows) == count
    with pytest.raises(UsageError, match="no operating point 'lax'"):
        rank_proteome(store, settings, "sample", listing=Listing(point="lax"))


def test_unknown_proteome_is_named(store, settings):
    ingest_sample(store)
    with pytest.raises(UsageError, match="no proteome 'sampel'") as caught:
        score_proteome(store, settings, "sampel")
    assert "did you mean sample" in str(caught.value)


def test_of_known_cargoes_the_order_is_that_of_the_first_factor(store, settings):
    ingest_sample(store)
    score_proteome(store, settings, "sample")
    usual = rank_proteome(store, settings, "sample").rows
    assert [row["probability"] for row in usual] == pytest.approx([row["combined"] for row in usual], rel=1e-5)
    known = rank_proteome(store, replace(settings, cargo_prior=1.0), "sample").rows
    query = "select rank, raw from candidate_score where method = 'combined' order by 1"
    stored = dict(rows(store, query))
    spans = {row["rank"]: (row["accession"], row["first_residue"]) for row in usual}
    raw = {spans[rank]: value for rank, value in stored.items()}
    in_cargo = [1 / (1 + exp(-raw[row["accession"], row["first_residue"]])) for row in known]
    assert [row["probability"] for row in known] == pytest.approx(in_cargo, rel=1e-4)
    assert in_cargo == pytest.approx(sorted(in_cargo, reverse=True), rel=1e-5)
    assert {row["rank"] for row in known} == {row["rank"] for row in usual}


@pytest.mark.parametrize("workers", [2, 16])
def test_the_last_chunks_are_small_and_lose_nothing(workers):
    lengths = [50 + 37 * i % 900 for i in range(2_000)]
    sequences = [(str(i), "L" * length) for i, length in enumerate(lengths)]
    read = [sequences[i : i + 60] for i in range(0, len(sequences), 60)]
    sized = list(pipeline.tapered(read, sum(lengths), workers))
    assert [one for chunk in sized for one in chunk] == sequences
    residues = [sum(len(own) for _, own in chunk) for chunk in sized]
    assert residues[0] >= min(20_000, sum(lengths) // (pipeline.CHUNKS_LEFT * workers))
    assert max(residues[-workers:]) < pipeline.LEAST_RESIDUES + max(lengths)
