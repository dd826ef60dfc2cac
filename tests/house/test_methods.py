"""The methods that are shown, stored and written are those that score."""

from nesdb_annot.formats import columns
from nesdb_annot.methods import scoring
from nesdb_annot.scoring_methods import COMBINED, METHOD_NAMES


def test_every_face_knows_the_methods_that_score():
    with_combined = (*METHOD_NAMES, COMBINED)
    assert scoring.METHODS == METHOD_NAMES
    assert tuple(name for name in columns.NAMES if name in with_combined) == with_combined
