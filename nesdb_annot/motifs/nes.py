"""The classical nuclear export signal (NES), which CRM1 (XPO1) binds.

Φ stands for a large hydrophobic residue: one of LIVMF (Fung 2015, 2017). Φ1 to Φ4 are numbered from the N-terminus in
both orientations; Φ0 lies before Φ1 and is optional.

Sources:
    Kosugi 2008 (Traffic 9:2053): classes 1a to 1d, 2 and 3. Fung 2015 (eLife 4:e10034): the reverse of the four
    classes 1, which bind in the opposite (minus) orientation. Fung 2017 (eLife 6:e23961): class 4. Güttler 2010
    (NSMB 17:1367): Φ0 of the PKI class, and the proline that docks at Φ1 in the Rev class. The gaps of classes 2, 3
    and 4 read the same in both directions, so these have no reverse. Weights 4, 3 and 2 and half of them for the
    reverse classes are those of the published pipeline; that of class 4, which it lacks, is set equal to class 3.
"""

from __future__ import annotations

from .motif import Motif, SpacingPattern, Verdicts


def _reverse(pattern: SpacingPattern) -> SpacingPattern:
    """Return the pattern of a peptide that lies in the groove the other way round."""
    name = pattern.name + "-R"
    return SpacingPattern(name, name, pattern.gaps[::-1], pattern.weight / 2, "minus")


_CLASS_1 = (
    SpacingPattern("1a", "1a", (3, 2, 1), 4.0),
    SpacingPattern("1b", "1b", (2, 2, 1), 3.0),
    SpacingPattern("1c", "1c", (3, 3, 1), 3.0),
    SpacingPattern("1d", "1d", (2, 3, 1), 3.0),
)

_PATTERNS: tuple[SpacingPattern, ...] = (
    *_CLASS_1,
    SpacingPattern("2", "2", (1, 2, 1), 3.0),
    SpacingPattern("3", "3", (2, 3, 2), 2.0),
    SpacingPattern("4", "4", (3, 2, 3), 2.0),
    *(_reverse(pattern) for pattern in _CLASS_1),
    SpacingPattern("PKI", "1a", (2, 3, 2, 1), 4.0, has_phi0=True),
    SpacingPattern("4-Phi0", "4", (2, 3, 2, 3), 2.0, has_phi0=True),
    SpacingPattern("Rev", "2", (1, 2, 1), 3.0, first_set="P"),
)

NES = Motif(
    key="NES",
    name="nuclear export signal",
    ontology=("SO:0001531", "nuclear_export_signal"),  # Sequence Ontology 2024-11-18
    broader_ontology=("SO:0001527", "peptide_localization_signal"),
    lengths=(8, 25),
    patterns=_PATTERNS,
    classes=11,
    verdicts=Verdicts("likely NES", "possible NES", "no likely NES"),
    cargo=True,
)
