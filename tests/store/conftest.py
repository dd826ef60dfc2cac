"""Small records for the tests of the store."""

import random
from datetime import date
from types import SimpleNamespace

import pytest

from nesdb_annot.records import (
    LanguageModelIdentity,
    MethodIdentity,
    MethodScore,
    ProteinRecord,
    Release,
    ScoredSegment,
    ScoredSequence,
    SegmentationIdentity,
)
from nesdb_annot.residues import ResidueSpan
from nesdb_annot.store.configurations import ensure_configuration
from nesdb_annot.store.proteomes import ProteomeKey, ingest_release, proteome_of
from nesdb_annot.store.runs import start_run

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


def scored(digest, probabilities, *, first=1, methods=METHODS, evidence=None):
    segments = []
    for number, probability in enumerate(probabilities):
        scores = tuple(
            MethodScore(
                name,
                raw=probability * 10,
                calibrated=probability,
                evidence=(evidence or {}) if name == "consensus" else {},
            )
            for name in methods
        )
        begin = first + 10 * number
        segments.append(ScoredSegment(ResidueSpan(begin, begin + 9), bytes(8), scores))
    return ScoredSequence(digest, tuple(segments))


def proteome(store, sequences, *, name="UPX", released=None):
    """Ingest proteins P0, P1, ... with these sequences; returns proteome, release id and run id."""
    run_id = start_run(store, "ingest", {})
    records = [protein(f"P{number}", sequence, reviewed=True) for number, sequence in enumerate(sequences)]
    ingest_release(store, ProteomeKey(name), released or release(0), records, run_id)
    found = proteome_of(store, name)
    return found, found.release_id, run_id


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
        proteome=proteome,
        MODEL=MODEL,
        METHODS=METHODS,
    )
