"""The compiled kernels of segmentation against plain Python."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from nesdb_annot.segmentation._lattice_kernels import choose_varied, suppress

SPANS = st.lists(st.tuples(st.integers(1, 60), st.integers(8, 25)), min_size=1, max_size=30)
FAMILIES = st.lists(st.tuples(SPANS, st.sampled_from([1.0, 0.8, 0.4, -0.3, -0.6])), min_size=1, max_size=3)


def ends(pairs):
    return [(first, first + size - 1) for first, size in pairs]


def iou(a, b):
    shared = max(0, min(a[1], b[1]) - max(a[0], b[0]) + 1)
    return shared / (a[1] - a[0] + b[1] - b[0] + 2 - shared)


def chosen_slowly(families, steps, budget):
    """Accepted proposals as (family, place), by the rules of `choose_varied`."""
    accepted, cursor = [], [0] * len(families)
    for family, allowed in steps:
        spans, likeness = families[family]
        while (
            len(accepted) < budget and sum(f == family for f, _ in accepted) < allowed and cursor[family] < len(spans)
        ):
            span = spans[cursor[family]]
            likes = [(iou(span, families[f][0][p]), f == family or likeness < 0) for f, p in accepted]
            if not any(value >= 1 or (strict and value >= abs(likeness)) for value, strict in likes):
                accepted.append((family, cursor[family]))
            cursor[family] += 1
    return accepted


@given(FAMILIES, st.lists(st.tuples(st.integers(0, 2), st.integers(1, 20)), min_size=1, max_size=6), st.integers(1, 40))
@settings(max_examples=200, deadline=None)
def test_choosing_follows_its_rules(drawn, steps, budget):
    families = [(ends(pairs), likeness) for pairs, likeness in drawn]
    steps = [(family % len(families), allowed) for family, allowed in steps]
    bounds = np.cumsum([0, *(len(spans) for spans, _ in families)])
    chosen = choose_varied(
        np.array([span for spans, _ in families for span in spans], dtype=np.int64),
        bounds,
        np.array([likeness for _, likeness in families]),
        np.array(steps, dtype=np.int64),
        budget,
    )
    assert chosen.tolist() == [int(bounds[f]) + place for f, place in chosen_slowly(families, steps, budget)]


@given(SPANS, st.sampled_from([0.0, 0.3, 1.0]), st.integers(0, 30), st.randoms())
@settings(max_examples=150, deadline=None)
def test_suppression_follows_its_rule(pairs, overlap, limit, random):
    spans, order = ends(pairs), list(range(len(pairs)))
    random.shuffle(order)
    kept = []
    for index in order:
        a = spans[index]
        clashes = False
        for other in kept:
            b = spans[other]
            shared = min(a[1], b[1]) - max(a[0], b[0]) + 1
            clashes |= shared > overlap * min(a[1] - a[0] + 1, b[1] - b[0] + 1)
        if not clashes and len(kept) < limit:
            kept.append(index)
    found = suppress(np.array(spans, dtype=np.int64), np.array(order, dtype=np.int64), overlap, limit)
    assert found.tolist() == kept
