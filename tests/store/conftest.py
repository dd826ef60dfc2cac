"""Small records for the tests of the store."""

import math
import random
from dataclasses import replace
from datetime import date
from types import SimpleNamespace

import pytest

from nesdb_annot.records import (
    Annotation,
    AnnotationKind,
    LanguageModelIdentity,
    MethodIdentity,
    MethodScore,
    ProteinRecord,
    ReferenceEntry,
    ReferenceSite,
    Release,
    ScoredSegment,
    ScoredSequence,
    SegmentationIdentity,
    Sign,
    SiteKind,
    json_text,
)
from nesdb_annot.residues import ResidueSpan, sequence_digest
from nesdb_annot.store.annotations import replace_annotations
from nesdb_annot.store.configurations import ensure_configuration
from nesdb_annot.store.proteomes import ProteomeKey, ingest_release, proteome_of
from nesdb_annot.store.rankings import materialise
from nesdb_annot.store.references import ingest_entries
from nesdb_annot.store.runs import start_run
from nesdb_annot.store.scores import write_scored

METHODS = ("consensus", "similarity", "neural", "biochemical", "combined")
MODEL = LanguageModelIdentity("tiny", 6, 4, "a" * 64, "full length")


def residues(seed, length=60):
    return "".join(random.Random(seed).choices("ACDEFGHIKLMNPQRSTVWY", k=length))


def protein(accession, sequence, header=None, **facts):
    return ProteinRecord(accession, sequence, f"sp|{accession}|{header or accession}", **facts)


def day(number):
    return date(2020, 1, 1 + number)


def release(number):
    return Release(f"r{number}", day(number))


def configuration(store, *, methods=METHODS, head_set_digest="", version=1):
    identities = [MethodIdentity(name, version) for name in methods]
    return ensure_configuration(store, "NES", MODEL, SegmentationIdentity("lattice", 1), identities, head_set_digest)


SURE = 40.0
"""Log-odds of what is certain."""


def log_odds(probability):
    """Log-odds of a probability; those of never and always are finite."""
    if not 0 < probability < 1:
        return SURE if probability else -SURE
    return math.log(probability / (1 - probability))


def scored(digest, probabilities, *, first=1, methods=METHODS, evidence=None, cargo=SURE):
    """A sequence with candidates of these combined probabilities; by default it is a sure cargo."""
    segments, text = [], json_text(evidence or {})
    for number, probability in enumerate(probabilities):
        scores = tuple(
            MethodScore(
                name,
                raw=log_odds(probability) if name == "combined" else probability * 10,
                calibrated=probability,
                evidence=text if name == "consensus" else "",
            )
            for name in methods
        )
        begin = first + 10 * number
        parts = (log_odds(probability), 0.0)
        segments.append(ScoredSegment(ResidueSpan(begin, begin + 9), bytes(8), *parts, scores))
    return ScoredSequence(digest, tuple(segments), cargo if segments else None)


def in_parts(digest, parts):
    """A scored sequence whose candidates have these (probability in a cargo, probability of a cargo)."""
    [cargo] = {cargo for _, cargo in parts}
    whole = scored(digest, [own * cargo for own, _ in parts], cargo=math.log(cargo / (1 - cargo)))
    segments = [
        replace(segment, scores=(*segment.scores[:-1], replace(segment.scores[-1], raw=math.log(p / (1 - p)))))
        for segment, (p, _) in zip(whole.segments, parts, strict=True)
    ]
    return replace(whole, segments=tuple(segments))


def proteome(store, sequences, *, name="UPX", released=None):
    """Ingest proteins P0, P1, ... with these sequences; returns proteome, release id and run id."""
    run_id = start_run(store, "ingest", {})
    records = [protein(f"P{number}", sequence, reviewed=True) for number, sequence in enumerate(sequences)]
    ingest_release(store, ProteomeKey(name), released or release(0), records, run_id)
    found = proteome_of(store, name)
    return found, found.release_id, run_id


COMBINED = {  # accession: calibrated scores of METHODS for the segments 1-10 and 11-20
    "P0": [(0.9, 0.8, 0.7, 0.2, 0.95), (0.1, 0.1, 0.1, 0.1, 0.3)],
    "P1": [(0.6, 0.15, 0.9, 0.7, 0.9)],
    "P3": [(0.9, 0.1, 0.1, 0.1, 0.5)],
    "Q0": [(0.9, 0.9, 0.9, 0.9, 0.97), (0.2, 0.2, 0.2, 0.2, 0.2)],
}


def seed(store):
    """Two proteomes, one with two releases, ranked; annotations and a reference: a little of everything.

    UPA had P0, P1, P2 and has P0, P1 with another sequence, and P3; UPB has Q0, whose first twelve residues are those
    of P0, and Q1, which was not scored. UniProt places P1 in the nucleus; NESdb has a signal at 1-10 of P0.
    """
    residues_of = {name: residues(number) for number, name in enumerate(["P0", "P1", "P2", "P3", "Q1", "old P1"])}
    residues_of["Q0"] = residues_of["P0"][:12] + residues(99, 48)
    run_id = start_run(store, "ingest", {"source": "seed"})

    def take(name, number, sequences):
        records = [protein(accession, sequence, reviewed=True, gene=f"G{accession}", header="")
                   for accession, sequence in sequences.items()]  # fmt: skip
        ingest_release(store, ProteomeKey(name), release(number), records, run_id)

    take("UPA", 0, {"P0": residues_of["P0"], "P1": residues_of["old P1"], "P2": residues_of["P2"]})
    take("UPA", 9, {name: residues_of[name] for name in ("P0", "P1", "P3")})
    take("UPB", 0, {name: residues_of[name] for name in ("Q0", "Q1")})
    nucleus = Annotation("P1", AnnotationKind.LOCATION, "SL-0191", "Nucleus")
    cytoplasm = Annotation("P3", AnnotationKind.LOCATION, "SL-0086", "Cytoplasm")
    replace_annotations(store, [("P1", [nucleus]), ("P3", [cytoplasm])], run_id)
    site = ReferenceSite(SiteKind.PEPTIDE, ResidueSpan(1, 10), Sign.MOTIF)
    entry = ReferenceEntry("nesdb", "7", "P0", residues_of["P0"], (site,), gene="GP0", citations=("PMID:1",))
    ingest_entries(store, "nesdb", [entry], run_id)
    known = {"sequence": entry.digest, "span": [1, 10], "distance": 0.25}
    configuration_id = configuration(store)
    scored_sequences = [_scored_as(residues_of[name], rows, known, entry.digest) for name, rows in COMBINED.items()]
    write_scored(store, configuration_id, start_run(store, "score", {}, "cpu"), scored_sequences)
    for name in ("UPA", "UPB"):
        found = proteome_of(store, name)
        materialise(store, found.id, found.release_id, configuration_id, start_run(store, "rank", {}))
    return configuration_id


def _scored_as(sequence, rows, known, known_digest):
    digest = sequence_digest(sequence)
    evidence = {"similarity": {"nearest_motif": {**known, "same_protein": digest == known_digest}}}
    segments = [
        ScoredSegment(
            ResidueSpan(1 + 10 * number, 10 + 10 * number),
            bytes(8),
            log_odds(row[-1]),
            0.0,
            tuple(MethodScore(method, log_odds(value), value, json_text(evidence.get(method, {})))
                  for method, value in zip(METHODS, row, strict=True)),
        )
        for number, row in enumerate(rows)
    ]  # fmt: skip
    return ScoredSequence(digest, tuple(segments), SURE)


@pytest.fixture
def make():
    """Builders of small records and states."""
    return SimpleNamespace(
        residues=residues,
        protein=protein,
        day=day,
        release=release,
        configuration=configuration,
        scored=scored,
        in_parts=in_parts,
        proteome=proteome,
        MODEL=MODEL,
        METHODS=METHODS,
        seed=seed,
    )


@pytest.fixture(scope="module")
def seeded(module_store):
    """A store with a little of everything, for tests that only read it."""
    seed(module_store)
    return module_store
