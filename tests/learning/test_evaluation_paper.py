"""The published protocol: each of its steps on a case counted by hand."""

import numpy as np
import pytest
from sklearn.metrics import f1_score, roc_auc_score

from nesdb_annot.learning import paper_protocol
from nesdb_annot.learning.paper_neural import fit_and_score
from nesdb_annot.learning.paper_protocol import PaperProtein, best_threshold, merged, paper_figures, paper_segments
from nesdb_annot.methods.paper_consensus import paper_consensus
from nesdb_annot.residues import ResidueSpan

SIGNAL = "ELALKLAGLDI"


def spans(*pairs):
    return [ResidueSpan(first, last) for first, last in pairs]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ([(400, 415), (405, 413)], [(400, 415)]),
        ([(458, 467), (545, 554), (465, 550)], [(458, 554)]),
        ([(53, 57), (344, 349)], [(53, 57), (344, 349)]),
        ([(10, 12), (27, 30)], [(10, 30)]),
        ([(10, 12), (28, 30)], [(10, 12), (28, 30)]),
        ([], []),
    ],
)
def test_ranges_are_merged_as_in_the_authors_table(given, expected):
    assert merged(spans(*given)) == spans(*expected)


def test_a_segment_covers_a_range_from_half_of_the_range_on():
    ranges, segments = spans((11, 20), (31, 90)), spans((1, 15), (16, 30), (31, 59))
    protein = PaperProtein("a", "M" * 90, ranges, segments, np.zeros((3, 2)))
    assert protein.covered().tolist() == [[True, False], [True, False], [False, False]]


def proteins(n=40):
    """Each with three segments: 20 residues with a signal or without, 24, and the rest, too long to be kept."""
    random = np.random.default_rng(5)
    made = []
    for i in range(n):
        letters = "".join(random.choice(list("ADEGKNPQST"), 80))
        residues = letters[:4] + SIGNAL + letters[15:]
        pooled = random.normal(size=(3, 4)).astype(np.float32)
        pooled[0, 0] += 4
        ranges = spans((5, 15), (40, 79)) if i else spans((5, 15), (46, 47))
        made.append(PaperProtein(f"{i:064d}", residues, ranges, spans((1, 20), (21, 44), (45, 80)), pooled))
    return made


@pytest.fixture(scope="module")
def segments():
    references = np.array([[4.0, 0, 0, 0]]), np.zeros((1, 4))
    return paper_segments(proteins(), *references, seed=1, epochs=30)


def test_steps_are_counted(segments):
    # 40 proteins, 80 ranges, all in a segment; the second range lies in the long one, which the filter takes away.
    assert segments.steps == {
        "proteins": 40,
        "ranges": 80,
        "ranges_in_a_segment": 80,
        "ranges_left_after_length_filter": 40,
        "segments": 120,
        "segments_positive": 80,
        "segments_left_after_length_filter": 80,
        "segments_positive_left": 40,
    }


def test_only_segments_of_the_published_lengths_are_left(segments):
    assert {len(span) for span in segments.spans} == {20, 24}
    assert (paper_protocol.SHORTEST, paper_protocol.LONGEST) == (7, 24)
    assert segments.positive.tolist() == [len(span) == 20 for span in segments.spans]


def test_proteins_are_split_70_15_15(segments):
    parts = dict(zip(segments.digests, segments.parts.tolist(), strict=True))
    assert [list(parts.values()).count(part) for part in range(3)] == [28, 6, 6]


def test_scores_are_the_published_ones_on_their_scales(segments):
    by_digest = {protein.digest: protein for protein in proteins()}
    expected = [
        paper_consensus(span.of(by_digest[d].residues))[0]
        for d, span in zip(segments.digests, segments.spans, strict=True)
    ]
    assert segments.scores["paper_consensus"].tolist() == expected
    weighted = segments.scores["paper_weighted_sum"]
    assert weighted.max() <= 1.3 + 1e-9
    assert weighted.min() >= 0
    scaled = [(s - s.min()) / np.ptp(s) for s in list(segments.scores.values())[:3]]
    assert weighted == pytest.approx(0.6 * scaled[0] + 0.4 * scaled[1] + 0.3 * scaled[2])


def test_the_network_learns_and_repeats():
    random = np.random.default_rng(2)
    pooled = random.normal(size=(300, 5)).astype(np.float32)
    positive = pooled[:, 0] > 1
    taught = np.arange(300) < 200
    logits = fit_and_score(pooled, positive, taught, seed=4, epochs=15)
    assert roc_auc_score(positive[200:], logits[200:]) > 0.9
    assert np.array_equal(fit_and_score(pooled, positive, taught, seed=4, epochs=15), logits)
    assert not np.array_equal(fit_and_score(pooled, positive, taught, seed=5, epochs=15), logits)


def test_the_threshold_is_the_best_of_a_hundred_on_the_same_set():
    random = np.random.default_rng(7)
    positive = random.random(200) < 0.2
    scores = random.normal(size=200) + positive
    tried = np.linspace(scores.min(), scores.max(), 100)
    best = max(f1_score(positive, scores >= t) for t in tried)
    assert f1_score(positive, scores >= best_threshold(scores, positive)) == pytest.approx(best)


def test_figures_hold_the_accuracy_of_saying_never(segments):
    rows = {(r.population, r.method, r.figure): r.value for r in paper_figures(segments)}
    assert rows["segments", "paper_consensus", "accuracy_of_never"] == pytest.approx(0.5)
    assert rows["segments", "paper_neural", "auroc"] > 0.9
    assert rows["segments_unseen", "paper_neural", "candidates"] == 24
    assert rows["segments", "paper_segmentation", "ranges"] == 80
    assert {r.protocol for r in paper_figures(segments)} == {"paper"}
