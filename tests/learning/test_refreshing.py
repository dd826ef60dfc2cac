"""What the similarity is told of a protein's references is what scoring then finds there."""

from dataclasses import replace

import numpy as np
import pytest

from nesdb_annot.errors import ConfigurationError
from nesdb_annot.learning.refreshing import with_references
from nesdb_annot.learning.truth import Verdict
from nesdb_annot.methods import similarity
from nesdb_annot.methods.pooling import pool
from nesdb_annot.methods.scoring import METHODS, build_methods, pooling_of, selector_digest
from nesdb_annot.residues import bounds

from .conftest import FAST, made_up_protein

PLACE = METHODS.index(similarity.NAME)


@pytest.fixture(scope="module", params=["mean", "maximum"])
def head_set(train, request):
    """A head set whose similarity reads vectors of one pooling or another."""
    references = replace(FAST.references, poolings=(request.param,))
    return train(settings=replace(FAST, references=references)).head_set


@pytest.fixture
def told(head_set):
    """A new cargo, and the head set that was told of it."""
    protein = made_up_protein(500)
    return protein, with_references(head_set, [protein], {protein.digest})


def rows_of(head_set, digest):
    own = head_set.arrays["similarity/owner"] == head_set.training_digests.index(digest)
    return {name: head_set.arrays[f"similarity/{name}"][own] for name in ("vectors", "spans", "is_motif")}


def test_each_new_reference_has_the_vector_of_its_own_segment(told, head_set):
    protein, fresh = told
    assert selector_digest(fresh) == selector_digest(head_set)
    found = rows_of(fresh, protein.digest)
    places = [bounds(protein.spans).tolist().index(span) for span in found["spans"].tolist()]
    method = build_methods(fresh).methods[PLACE]
    expected = method.references.whitened(pool(protein.embedding, protein.spans, method.pooling)[places])
    assert found["vectors"] == pytest.approx(expected, abs=2e-3)
    assert found["is_motif"].tolist() == (protein.verdicts[places] == Verdict.HIT).tolist()
    assert 0 < found["is_motif"].sum() < len(places)
    before = head_set.arrays["similarity/vectors"]
    assert fresh.arrays["similarity/vectors"].shape == (len(before) + len(places), before.shape[1])


def test_a_motif_that_was_told_is_found_where_it_is(told, head_set):
    protein, fresh = told
    context = protein.context(pooling_of(fresh.parameters))
    motif = int(np.flatnonzero(protein.verdicts == Verdict.HIT)[0])
    before, after = (build_methods(heads).methods[PLACE] for heads in (head_set, fresh))
    nearest = after.evidence(context, [motif])[0]["nearest_motif"]
    assert (nearest["same_protein"], nearest["distance"]) == (True, pytest.approx(0.0, abs=0.02))
    assert after.raw(context)[motif] > before.raw(context)[motif]


def test_index_holds_every_reference_of_its_head_set(told, head_set):
    _, fresh = told
    before, after = (build_methods(heads).methods[PLACE].index.flat.ntotal for heads in (head_set, fresh))
    assert after == len(fresh.arrays["similarity/is_motif"]) > before


def test_told_twice_or_told_of_nothing_it_stays_what_it_is(told):
    protein, fresh = told
    assert with_references(fresh, [protein], {protein.digest}).digest == fresh.digest
    assert with_references(fresh, [], set()) is fresh
    forgotten = with_references(fresh, [], {protein.digest})
    assert protein.digest not in {forgotten.training_digests[i] for i in forgotten.arrays["similarity/owner"]}


def test_references_of_which_some_are_missing_are_refused(head_set):
    references = build_methods(head_set).methods[PLACE].references
    with pytest.raises(ConfigurationError, match="damaged") as raised:
        similarity.References(
            references.vectors[1:],
            references.is_motif,
            references.spans,
            references.digests,
            references.center,
            references.projection,
        )
    assert raised.value.remedy == "nesannot train"


def test_a_context_with_vectors_of_other_segments_is_refused():
    context = made_up_protein(501).context()
    with pytest.raises(ValueError, match="as many pooled vectors"):
        type(context)(context.digest, context.residues, context.embedding, context.spans[1:], context.pooled)
