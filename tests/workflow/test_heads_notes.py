"""What is said of heads in a database whose references they, or only some of them, do not know."""

import random
from dataclasses import replace
from types import SimpleNamespace

import pytest
from sqlalchemy import text

from nesdb_annot.methods.headset import HeadSet
from nesdb_annot.methods.pooled_heads import replace_pooled_heads
from nesdb_annot.store.head_sets import save_head_set
from nesdb_annot.store.runs import start_run
from nesdb_annot.workflow.heads import bundled_head_set, heads_for
from nesdb_annot.workflow.ingest import ingest_references
from nesdb_annot.workflow.progress import Silent
from nesdb_annot.workflow.reference_sites import references_digest, training_entries
from nesdb_annot.workflow.reference_sources import bundled_entries, user_entries
from nesdb_annot.workflow.refresh import refresh_references
from nesdb_annot.workflow.score import score_proteome

pytestmark = pytest.mark.xdist_group("score")

PROTEIN = "MTDVETTYADFIASGRTGRRNAIHDILVSSASGNSNELALKLAGLDINKTEGEEDAQRSSTEQSGEAQ{}AAKSES"
OTHERS = "the references in this database are not those that the heads were fitted on; `nesannot train` fits new ones"


@pytest.fixture
def known(store, tmp_path):
    """The database knows the export signal of a protein; more of them are added by number."""

    def add(number):
        path = tmp_path / f"{number}.tsv"
        row = f"R{number}\t35\t49\tmade up\tnone\t{PROTEIN.format('GSNQ'[number] * 5)}"
        path.write_text(f"accession\tfirst\tlast\tevidence\tcitation\tresidues\n{row}\n")
        ingest_references(store, f"user:{number}", user_entries(store, str(path), str(number)))
        return references_digest(training_entries(store))

    return add


def use(store, head_set):
    """Put it in use."""
    told = {"language_model": head_set.language_model, "references_digest": head_set.references_digest}
    run_id = start_run(store, "train", {})
    save_head_set(store, head_set.to_bytes(), name="test", run_id=run_id, digest=head_set.digest, **told)


def fitted_on(references):
    """Heads as the bundled ones, fitted on references of that digest."""
    return replace(HeadSet.from_bytes(bundled_head_set()), references_digest=references)


def test_of_heads_that_were_fitted_on_the_references_nothing_is_said(store, settings, known):
    assert heads_for(store, settings).notes == ()
    use(store, fitted_on(known(0)))
    assert heads_for(store, settings).notes == ()


def test_the_bundled_references_change_nothing(store, settings, known):
    use(store, fitted_on(known(0)))
    ingest_references(store, "bundled", bundled_entries())
    assert heads_for(store, settings).notes == ()
    offline = replace(settings, offline=True)
    assert refresh_references(store, offline, heads_for(store, offline), Silent()) == 1, "the user's table only"


def test_heads_that_were_fitted_on_other_references_say_so(store, settings, known):
    use(store, fitted_on(known(0)))
    known(1)
    assert heads_for(store, settings).notes == (OTHERS,)


def test_of_refreshed_heads_it_is_said_which_know_the_references(store, settings, known):
    use(store, fitted_on(known(0)))
    now = known(1)
    offline = replace(settings, offline=True)
    before = heads_for(store, offline)
    assert refresh_references(store, offline, before, Silent())
    heads = heads_for(store, settings)
    assert heads.selector_digest == before.selector_digest
    assert heads.head_set.references_of("similarity") == now != heads.head_set.references_digest
    assert heads.notes == (
        "the references in this database are known to similarity, the other heads were fitted on others; "
        "`nesannot train` fits those, too",
    )
    known(2)
    assert heads_for(store, settings).notes == (OTHERS,), "neither do pooled heads know these"


def test_pooled_heads_that_know_other_references_than_the_rest_are_not_passed_over(store, settings, known):
    root = fitted_on(known(0))
    changed = {"similarity/vectors": root.arrays["similarity/vectors"] + 1}
    use(store, replace_pooled_heads(root, changed, references="f" * 64))
    assert heads_for(store, settings).notes == (OTHERS,)


def of_another_format(head_set):
    """The bytes of a head set as an earlier version wrote them."""
    blob = head_set.to_bytes()
    assert blob.count(b'\\"format\\": 7') == 1
    return blob.replace(b'\\"format\\": 7', b'\\"format\\": 6')


def test_head_sets_of_an_earlier_version_are_passed_over_with_a_note(store, settings, known):
    bundled = HeadSet.from_bytes(bundled_head_set())
    facts = {"language_model": bundled.language_model, "references_digest": "", "digest": "6" * 64}
    save_head_set(store, of_another_format(bundled), name="test", run_id=start_run(store, "train", {}), **facts)
    heads = heads_for(store, settings)
    assert heads.head_set.digest == bundled.digest
    assert "head sets that another version of nesannot stored in this database are not used" in heads.notes[0]
    assert "`nesannot train`" in heads.notes[0]


def test_scores_of_an_earlier_version_are_scored_again_and_it_is_said(store, settings, ingest_made_up, made_up_protein):
    draw = random.Random(2)
    ingest_made_up([made_up_protein(draw) for _ in range(2)])
    score_proteome(store, settings, "p")
    with store.transaction() as connection:
        connection.execute(text("UPDATE nesannot.configuration SET selector_digest = NULL, digest = repeat('0', 64)"))
        connection.execute(text("UPDATE nesannot.scored_sequence SET cargo_log_odds = NULL"))
        connection.execute(text("UPDATE nesannot.segment SET first_stage = NULL, competition = NULL"))
    shown = "SELECT accession, first_residue, rank, probability FROM nes.candidate ORDER BY rank"
    with store.transaction() as connection:
        before = connection.execute(text(shown)).all()
    assert len(before) > 1
    notes = []
    progress = SimpleNamespace(note=notes.append, begin=lambda *_: None, advance=lambda _: None, end=lambda: None)
    summary = score_proteome(store, settings, "p", progress=progress)
    assert (summary.sequences, summary.rescored) == (2, 0)
    assert [note for note in notes if "2 sequences of p have scores of an earlier version" in note]
    with store.transaction() as connection:
        assert connection.execute(text(shown)).all() == before
