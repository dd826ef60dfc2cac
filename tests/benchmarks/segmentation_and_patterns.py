"""Residues per second of patterns, topology, segmentation and consensus, on one core; run by hand, not a test.

python tests/benchmarks/segmentation_and_patterns.py [dimension]
"""

import random
import re
import sys
import time

import numpy as np
import ruptures

from nesdb_annot.methods.consensus import Consensus, consensus_cores
from nesdb_annot.methods.patterns import PATTERNS, find_hits
from nesdb_annot.methods.pooling import pool
from nesdb_annot.methods.protocol import ProteinContext
from nesdb_annot.methods.topology import topology
from nesdb_annot.segmentation.bounded import Bounded, change_points
from nesdb_annot.segmentation.lattice import Lattice
from nesdb_annot.segmentation.zps import ZeroShot

# Frequencies of the twenty residues in Swiss-Prot, per cent.
FREQUENCIES = {
    "A": 8.25, "R": 5.53, "N": 4.06, "D": 5.46, "C": 1.38, "Q": 3.93, "E": 6.72, "G": 7.07, "H": 2.27, "I": 5.91,
    "L": 9.65, "K": 5.80, "M": 2.41, "F": 3.86, "P": 4.74, "S": 6.65, "T": 5.36, "W": 1.10, "Y": 2.92, "V": 6.86,
}  # fmt: skip


def proteins(number, seed=0):
    """Random proteins of human lengths (log-normal, median 415)."""
    draw = random.Random(seed)
    letters, weights = list(FREQUENCIES), list(FREQUENCIES.values())
    lengths = [min(max(int(draw.lognormvariate(6.03, 0.75)), 30), 5000) for _ in range(number)]
    return ["".join(draw.choices(letters, weights, k=length)) for length in lengths]


def rate(run, residues, repeats=3):
    """Best residues per second of some runs."""
    run()
    best = 0.0
    for _ in range(repeats):
        begin = time.perf_counter()
        run()
        best = max(best, residues / (time.perf_counter() - begin))
    return best


def once(run, residues):
    """Residues per second of one run, for what takes seconds."""
    begin = time.perf_counter()
    run()
    return residues / (time.perf_counter() - begin)


def pattern_rates(sequences):
    """Matcher per protein and on one long sequence, and regular expressions with look-ahead."""
    expressions = [re.compile(f"(?=({pattern.regex}))") for pattern in PATTERNS]
    whole = "".join(sequences)

    def by_re():
        for sequence in sequences:
            for expression in expressions:
                for match in expression.finditer(sequence):
                    match.start()

    return {
        "re": rate(by_re, len(whole), 1),
        "patterns, protein by protein": rate(lambda: [find_hits(sequence) for sequence in sequences], len(whole)),
        "patterns, one sequence": rate(lambda: find_hits(whole), len(whole)),
        "topology": rate(lambda: [topology(sequence) for sequence in sequences], len(whole)),
    }


def segmentation_rates(sequences, dimension):
    """Each segmentation, ruptures' KernelCPD, and the default segmentation with the consensus method."""
    draw = np.random.default_rng(0)
    embeddings = [draw.normal(size=(len(sequence), dimension)).astype(np.float32) for sequence in sequences]
    residues = sum(map(len, sequences))
    lattice = Lattice(consensus_cores)

    def each(segmenter):
        return lambda: [segmenter.spans(s, e) for s, e in zip(sequences, embeddings, strict=True)]

    def both():
        for sequence, embedding in zip(sequences, embeddings, strict=True):
            spans = lattice.spans(sequence, embedding)
            Consensus().score(ProteinContext("", sequence, embedding, spans, pool(embedding, spans)))

    wide = embeddings[0].astype(np.float64)
    kernel = ruptures.KernelCPD(kernel="linear", min_size=8, jump=1)
    unit = float(wide.var(axis=0).sum())
    return {
        "bounded": rate(each(Bounded()), residues),
        "bounded, ends": rate(lambda: change_points(embeddings[0], 8, 25, 1.25, relative=True), len(wide), 50),
        "KernelCPD, penalty of bounded": once(lambda: kernel.fit(wide).predict(pen=1.25 * unit), len(wide)),
        "lattice": rate(each(lattice), residues),
        "lattice + pooling + consensus": rate(both, residues),
        "zps": rate(each(ZeroShot()), residues, 1),
    }


if __name__ == "__main__":
    drawn = proteins(60)
    size = int(sys.argv[1]) if len(sys.argv) > 1 else 320
    rates = {**pattern_rates(proteins(2000)), **segmentation_rates(["".join(drawn)[:1022], *drawn], size)}
    for name, value in rates.items():
        print(f"{name:32s} {value:14,.0f} residues/s")
    print(f"patterns / re: {rates['patterns, protein by protein'] / rates['re']:.0f}x protein by protein, ", end="")
    print(f"{rates['patterns, one sequence'] / rates['re']:.0f}x on one sequence")
