"""`models knowledge` on synthetic references: what is annotated, which features are compared, and what is recorded."""

from dataclasses import replace

import numpy as np
import pytest

from nesdb_annot.errors import InputError
from nesdb_annot.records import ReferenceEntry, ReferenceSite, Sign, SiteKind
from nesdb_annot.residues import STANDARD_RESIDUES, ResidueSpan
from nesdb_annot.store.analyst import run_sql
from nesdb_annot.workflow.ingest import ingest_references
from nesdb_annot.workflow.knowledge import BOTH, COMPOSITION, MODEL, RANDOM, knowledge_of, studied_proteins

pytestmark = pytest.mark.xdist_group("score")

NES = "LQLPPLERLTLD"


def entry(number):
    """A protein with a leucine-rich peptide of its own at residues 61 to 71."""
    generator = np.random.default_rng(number)
    before, inside, after = ("".join(generator.choice(list(STANDARD_RESIDUES), size)) for size in (60, 7, 120))
    peptide = f"L{inside[:3]}L{inside[3:5]}L{inside[5]}L{inside[6]}"
    residues = before + peptide + after
    site = ReferenceSite(SiteKind.PEPTIDE, ResidueSpan(61, 71), Sign.MOTIF)
    return ReferenceEntry("user:test", str(number), f"P{number:05}", residues, (site,))


def test_what_is_annotated_holds_no_negative_and_what_is_no_motif_does_not_count():
    doubtful = ReferenceSite(SiteKind.FUNCTIONAL_SIGNAL, ResidueSpan(5, 50), Sign.DOUBTFUL)
    tested = ReferenceSite(SiteKind.PEPTIDE, ResidueSpan(100, 112), Sign.NON_MOTIF)
    entries = [entry(number) for number in range(12)]
    first = entries[0]
    entries.append(ReferenceEntry("nesdb", "x", "Q1", first.residues, (doubtful, tested)))
    found = {protein.residues: protein for protein in studied_proteins(entries)}
    assert len(found) == 12
    assert found[first.residues].motifs == (ResidueSpan(61, 71),)
    assert found[first.residues].annotated == (ResidueSpan(5, 50), ResidueSpan(61, 71))


def test_too_few_references_are_an_error(store, settings):
    ingest_references(store, "user:test", [entry(number) for number in range(5)])
    with pytest.raises(InputError, match="5 proteins with a known NES"):
        knowledge_of(store, settings)


def test_relatives_of_one_another_make_no_folds(store, settings):
    entries = [entry(number) for number in range(14)]
    same = [replace(one, residues=one.residues[:60] + NES[:11] + one.residues[71:]) for one in entries]
    ingest_references(store, "user:test", same)
    with pytest.raises(InputError, match="1 family"):
        knowledge_of(store, settings)


def test_all_features_are_compared_and_the_run_keeps_the_areas(store, settings):
    ingest_references(store, "user:test", [entry(number) for number in range(16)])
    tables = knowledge_of(store, settings)
    assert "anywhere" in tables[0].title
    assert "16 peptides of 16 proteins against 48" in tables[0].title
    assert [row[0] for row in tables[0].rows] == [COMPOSITION, MODEL, RANDOM, BOTH]
    assert all(0 <= float(row[1].split()[0]) <= 1 for row in tables[0].rows)
    assert tables[0].rows[0][2] == "-"
    question = "select counts #>> '{areas,anywhere,composition,0}' from run_progress where kind = 'knowledge'"
    kept = list(run_sql(store, question).rows)
    assert float(kept[0][0]) == pytest.approx(float(tables[0].rows[0][1].split()[0]), abs=1e-3)


def test_the_twin_has_the_shape_and_none_of_the_weights(settings):
    from nesdb_annot.language.embedder import open_embedder
    from nesdb_annot.language.random_twin import random_twin

    learned, twin, again = open_embedder(settings), random_twin(settings), random_twin(settings)
    assert twin.identity.dimension == learned.identity.dimension
    assert twin.identity.long_rule == learned.identity.long_rule
    assert twin.identity.digest != learned.identity.digest
    vectors = [next(one.embed([NES])) for one in (learned, twin, again)]
    np.testing.assert_array_equal(vectors[1], vectors[2])
    assert not np.allclose(vectors[0], vectors[1], atol=0.1)
