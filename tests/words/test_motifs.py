"""Motifs are pure data: what the package does with a motif follows from its record."""

import dataclasses
import json

import pytest

from nesdb_annot.errors import ConfigurationError
from nesdb_annot.formats.bed import bed_lines
from nesdb_annot.formats.gff3 import gff3_lines
from nesdb_annot.motifs import MOTIFS, NES, Motif, motif_of
from nesdb_annot.records import ReferenceEntry
from nesdb_annot.segmentation.bounded import Bounded
from nesdb_annot.segmentation.lattice import Lattice

ROW = {"accession": "P1", "first_residue": 3, "last_residue": 12, "probability": 0.5}


@pytest.mark.parametrize("motif", MOTIFS.values(), ids=str)
def test_motif_is_plain_data(motif):
    assert motif_of(motif.key) is motif
    assert json.dumps(dataclasses.asdict(motif))
    assert motif.lengths[0] <= motif.lengths[1]
    assert motif.ontology[0].startswith("SO:")
    assert 0 < motif.classes <= len(motif.patterns)


def test_unknown_motif_is_refused_with_the_known_ones():
    with pytest.raises(ConfigurationError, match="no motif 'NLS'") as raised:
        motif_of("NLS")
    assert "NES" in raised.value.why


def test_candidates_have_the_lengths_of_the_motif():
    for segmenter in (Lattice(), Bounded()):
        assert (segmenter.minimum, segmenter.maximum) == NES.lengths == (8, 25)


def test_references_carry_the_key_of_the_motif():
    assert ReferenceEntry("user:x", "1", "P1", "M", ()).motif == NES.key


def test_files_name_the_motif_that_they_are_given():
    other: Motif = dataclasses.replace(NES, key="NLS", ontology=("SO:0001528", "nuclear_localization_signal"))
    (line,) = gff3_lines([ROW], motif=other)
    assert line.split("\t")[2] == "nuclear_localization_signal"
    assert "ID=NLS:P1:3-12;Name=NLS;Ontology_term=SO:0001528" in line
    (bed,) = bed_lines([ROW], other)
    assert bed.split("\t")[3] == "NLS"
    (line,) = gff3_lines([ROW])
    assert "ID=NES:P1:3-12;Name=NES;Ontology_term=SO:0001531" in line
