import csv
import gzip
import itertools

import numpy as np
import pytest

from nesdb_annot.learning.homology import homologous_pairs
from nesdb_annot.methods import relatives
from nesdb_annot.methods.relatives import SAMPLE, WORD_LENGTH, TrainingProteins, sketch, sketch_arrays
from nesdb_annot.relation import Relation
from nesdb_annot.residues import sequence_digest

LETTERS = "ACDEFGHIKLMNPQRSTVWY"


def random_protein(length, seed):
    return "".join(np.random.default_rng(seed).choice(list(LETTERS), length))


def mutated(residues, share, seed=0):
    """`residues` with a share of them replaced at random places."""
    rng = np.random.default_rng(seed)
    places = rng.permutation(len(residues))[: round(share * len(residues))]
    letters = list(residues)
    for place in places:
        letters[place] = LETTERS[(LETTERS.index(letters[place]) + rng.integers(1, 20)) % 20]
    return "".join(letters)


def trained_on(sequences):
    digests = [sequence_digest(residues) for residues in sequences]
    return TrainingProteins(digests, [f"P{i:05}" for i in range(len(sequences))], sketch_arrays(sequences))


@pytest.fixture(scope="module")
def proteins():
    return [random_protein(300 + 10 * i, i) for i in range(30)]


@pytest.fixture(scope="module")
def training(proteins):
    return trained_on(proteins)


def relation(training, residues):
    return training.relation(sequence_digest(residues), residues)


def test_training_sequence_is_the_same(training, proteins):
    found = relation(training, proteins[7])
    assert (found.relation, found.accession, found.share) == (Relation.SAME, "P00007", 1.0)


def test_close_relative_is_named_with_its_share(training, proteins):
    found = relation(training, mutated(proteins[7], 0.1))
    assert (found.relation, found.accession) == (Relation.RELATED, "P00007")
    assert 0.4 < found.share < 0.8, "0.9 ** 5 is 0.59"


def test_fragment_of_a_training_protein_is_related(training, proteins):
    found = relation(training, proteins[12][50:110])
    assert (found.relation, found.accession, found.share) == (Relation.RELATED, "P00012", 1.0)


def test_unrelated_protein_has_no_relative(training):
    found = [relation(training, random_protein(400, 1000 + i)) for i in range(50)]
    assert {one.relation for one in found} == {Relation.NONE}
    assert {(one.accession, one.share) for one in found} == {("", 0.0)}


@pytest.mark.parametrize("residues", ["", "M", "MKLV", "X" * 100])
def test_too_short_or_empty_has_no_relative(training, residues):
    assert relation(training, residues).relation is Relation.NONE


def test_no_training_proteins_no_relatives():
    assert relation(trained_on([]), random_protein(300, 1)).relation is Relation.NONE


def test_sketch_is_a_fixed_sample_of_the_words():
    residues = random_protein(100_000, 5)
    distinct = len({residues[i : i + WORD_LENGTH] for i in range(len(residues) - WORD_LENGTH + 1)})
    assert SAMPLE >= 4
    assert len(sketch(residues)) / distinct == pytest.approx(1 / SAMPLE, rel=0.05)
    assert set(sketch(residues[:500])) <= set(sketch(residues))


def test_sketches_that_do_not_fit_the_proteins_are_refused(proteins):
    with pytest.raises(ValueError, match="2 training proteins have 3 sketches"):
        TrainingProteins(["a", "b"], ["A", "B"], sketch_arrays(proteins[:3]))


def words_of(hashes):
    """Words that a reader of a head set finds by hashing every possible word."""
    codes = np.array([ord(letter) & 31 for letter in LETTERS], np.uint32)
    every = np.zeros(1, np.uint32)
    for _ in range(WORD_LENGTH):
        every = ((every[:, None] << np.uint32(5)) | codes).ravel()
    found = np.flatnonzero(np.isin(relatives._mixed(every), hashes))
    places = 20 ** np.arange(WORD_LENGTH)[::-1]
    return ["".join(LETTERS[i] for i in row) for row in (found[:, None] // places) % 20]


def joined(words, overlap):
    """Join words as long as exactly one begins with the last letters of another, and exactly one ends so."""
    pieces = list(words)
    while True:
        joins = {}
        for left, right in itertools.permutations(pieces, 2):
            if left[-overlap:] == right[:overlap]:
                joins.setdefault(left, []).append(right)
        ends = [right for rights in joins.values() for right in rights]
        clear = [(a, b[0]) for a, b in joins.items() if len(b) == 1 and ends.count(b[0]) == 1]
        if not clear:
            return pieces
        left, right = clear[0]
        pieces.remove(left)
        pieces.remove(right)
        pieces.append(left + right[overlap:])


def test_no_sequence_can_be_put_together_from_its_sketch():
    """The words can be guessed, since there are only 3.2 million; their order cannot."""
    for seed in range(3):
        residues = random_protein(400, seed)
        words = words_of(sketch(residues))
        assert words
        assert all(word in residues for word in words), "the reader has guessed them right"
        for overlap in (4, 3):
            pieces = joined(words, overlap)
            assert max(map(len, pieces)) <= 20, "5 % of the protein at most"


def read_fasta(path):
    with gzip.open(path, "rt") as lines:
        records = lines.read().split(">")[1:]
    return ["".join(record.split("\n")[1:]) for record in records]


@pytest.mark.slow
def test_real_relatives_are_recognised_and_few_others(shared_data):
    """Pairs of NESdb's proteins with each other and with yeast's and E. coli's, aligned in full."""
    csv.field_size_limit(10**7)
    with (shared_data / "nesdb/nesdb_truth.tsv").open() as lines:
        known = sorted(
            {row["sequence"] for row in csv.DictReader(lines, delimiter="\t") if len(row["sequence"]) < 1500}
        )
    proteomes = ("UP000002311_559292", "UP000000625_83333")
    others = [s for name in proteomes for s in read_fasta(shared_data / f"proteomes/{name}.fasta.gz")[:1200:20]]
    sequences = [*known, *(residues for residues in others if len(residues) < 1000)]
    identity = {(pair.first, pair.second): pair.identity for pair in homologous_pairs(sequences)}
    sketches = [sketch(residues) for residues in sequences]
    marked = set()
    for i, j in itertools.combinations(range(len(sequences)), 2):
        shared = np.array([len(np.intersect1d(sketches[i], sketches[j], assume_unique=True))])
        surprising = relatives.surprise(np.maximum(shared, 1), len(sketches[i]), np.array([len(sketches[j])]))
        if shared[0] and surprising[0] >= relatives.LEAST_SURPRISE:
            marked.add((i, j))
    close = {pair for pair, value in identity.items() if value >= 0.5}
    unlinked = len(sequences) * (len(sequences) - 1) / 2 - len(identity)
    assert len(close) >= 20
    assert len(close & marked) >= 0.95 * len(close)
    assert len(marked - identity.keys()) <= 0.01 * unlinked
    assert len(marked - identity.keys()) <= 0.0005 * unlinked, "measured on many more pairs: 0.00007"
