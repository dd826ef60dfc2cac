import csv
from itertools import combinations

import numpy as np
import pytest

from nesdb_annot.learning.folds import FoldMember, families, grouped_folds, near_identical
from nesdb_annot.learning.homology import homologous_pairs
from nesdb_annot.residues import sequence_digest

LETTERS = np.array(list("ACDEFGHIKLMNPQRSTVWY"))


def random_protein(seed, length):
    return "".join(np.random.default_rng(seed).choice(LETTERS, length))


def mutated(residues, share):
    random = np.random.default_rng(sum(map(ord, residues)))
    return "".join(random.choice(LETTERS) if random.random() < share else letter for letter in residues)


def member(residues, *peptides):
    return FoldMember(sequence_digest(residues), residues, peptides)


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ("SNELALKLAGLDI", "SNELALKLAGLDI", True),
        ("SNELALKLAGLDI", "GGGGSNELALKLAGLDI", True),
        ("ACDEFGHIKLMN", "ACDEFGHIWWWW", False),  # 8 of 12
        ("ACDEFGHIKLMN", "ACDEFGHIKWWW", True),  # 9 of 12
        ("ACDEFGHI", "ACDEFGHI", True),  # all of eight
        ("ACDEFGHI", "GGACDEFGHIKLMN", True),
        ("ACDEFGHI", "ACDEFGHK", False),
        ("ACDEFGH", "ACDEFGH", False),
        ("LQLPPLERLTLD", "SNELALKLAGLDI", False),
    ],
)
def test_near_identical(first, second, expected):
    assert near_identical(first, second) is expected
    assert near_identical(second, first) is expected


def test_peptides_join_strangers():
    a, b, c = (random_protein(seed, 120) for seed in (1, 2, 3))
    members = [member(a, "SNELALKLAGLDI"), member(b, "SNELALKLAGLEI"), member(c, "LQLPPLERLTLD")]
    assert families(members).tolist() == [0, 0, 2]


def test_no_family_is_divided_and_peptides_are_spread():
    parents = [random_protein(seed, 150) for seed in range(12)]
    members = [member(p, f"{p[:12]}") for p in parents] + [member(mutated(p, 0.4), p[20:32]) for p in parents]
    fold = grouped_folds(members, n=4, seed=1)
    assert np.array_equal(fold[:12], fold[12:])
    assert np.bincount(fold).tolist() == [6, 6, 6, 6]


def test_folds_depend_on_the_seed_only():
    members = [member(random_protein(seed, 90), random_protein(seed + 50, 14)) for seed in range(15)]
    assert np.array_equal(grouped_folds(members, n=3, seed=5), grouped_folds(members, n=3, seed=5))
    assert any(not np.array_equal(grouped_folds(members, 3, 5), grouped_folds(members, 3, s)) for s in (6, 7, 8))


def test_too_few_families():
    parent = random_protein(1, 150)
    members = [member(parent), member(mutated(parent, 0.2)), member(random_protein(2, 150))]
    with pytest.raises(ValueError, match="2 families cannot make 3 folds"):
        grouped_folds(members, n=3)


@pytest.mark.shared_data
def test_real_folds_keep_relatives_and_peptides_together(shared_data):
    rows: dict[str, list[dict[str, str]]] = {}
    with (shared_data / "nesdb" / "nesdb_truth.tsv").open(encoding="utf-8") as table:
        for row in csv.DictReader(table, delimiter="\t"):
            rows.setdefault(row["sequence"], []).append(row)
    members = [
        member(s, *(r["peptide"] for r in own if r["doubtful"] == "0" and len(r["peptide"]) <= 40))
        for s, own in rows.items()
    ]
    fold = grouped_folds(members, n=6, seed=17)
    assert len(members) == 278
    pairs = list(homologous_pairs([m.residues for m in members]))
    assert 50 < len(pairs) < 150  # loose gap penalties link nearly all of them
    assert all(fold[pair.first] == fold[pair.second] for pair in pairs)
    owned = [(f, peptide) for f, m in zip(fold, members, strict=True) for peptide in m.peptides]
    assert not [(a, b) for (f, a), (g, b) in combinations(owned, 2) if f != g and near_identical(a, b)]
    motifs = np.bincount(fold, [len(m.peptides) for m in members])
    assert motifs.max() - motifs.min() <= 4
