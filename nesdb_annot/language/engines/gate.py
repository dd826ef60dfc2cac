"""The gate for engines whose exactness depends on the weights: compared with fair-esm on the model that was opened.

Reference proteins are embedded in float32 and by the engine, and the cosines of all their residues must be what every
engine reaches on the bundled model. They are a known protein, random ones in the composition of proteins, a stretch of
low complexity and a single residue: about 600 residues, some seconds in float32 with 650 million parameters.
A refusal is certain; that a model passes is shown for these residues only.
"""

from __future__ import annotations

from itertools import accumulate

import numpy as np
from numpy.typing import NDArray

from ...errors import ConfigurationError
from .protocol import Engine

LEAST_COSINE, MEDIAN_COSINE = 0.999, 0.9999
"""Of residues' vectors with those of fair-esm in float32: of every one, and of half of them."""

PKI_ALPHA = "MTDVETTYADFIASGRTGRRNAIHDILVSSASGNSNELALKLAGLDINKTEGEEDAQRSSTEQSGEAQGEAAKSES"
"""Of human (UniProt P61925), with the first NES that was found, LALKLAGLDI (Wen et al. 1995, Cell 82:463)."""

PERCENT = {
    "L": 9.7, "A": 8.3, "G": 7.1, "V": 6.9, "E": 6.7, "S": 6.6, "I": 5.9, "K": 5.8, "R": 5.5, "D": 5.5,
    "T": 5.4, "P": 4.7, "N": 4.1, "Q": 3.9, "F": 3.9, "Y": 2.9, "M": 2.4, "H": 2.3, "C": 1.4, "W": 1.1,
}  # fmt: skip
"""About what each residue's share of UniProtKB/Swiss-Prot is."""

RANDOM_LENGTHS = (60, 130, 260)


def random_protein(length: int, state: int) -> str:
    """Methionine and `length` - 1 residues in the composition `PERCENT`: the same on every machine.

    Args:
        length: in residues.
        state: of the generator of Park and Miller (1988, Commun. ACM 31:1192), 1 to 2**31 - 2.

    Example:
        >>> random_protein(12, 1)
        'MLAHSTTWGDGT'
    """
    letters, ends = list(PERCENT), list(accumulate(PERCENT.values()))
    drawn = ["M"]
    for _ in range(length - 1):
        state = state * 48_271 % (2**31 - 1)
        share = state / (2**31 - 1) * ends[-1]
        drawn.append(letters[next(n for n, end in enumerate(ends) if share < end)])
    return "".join(drawn)


def proteins() -> list[str]:
    """The reference proteins."""
    drawn = (random_protein(length, state) for state, length in enumerate(RANDOM_LENGTHS, 17))
    return [PKI_ALPHA, *drawn, "M" + "Q" * 24 + "PSGS" * 6 + "LLLAALLLIV", "W"]


def cosines(engine: Engine, reference: Engine) -> NDArray[np.float32]:
    """Cosine of each residue's vectors by both engines over all reference proteins, shape (residues,)."""
    known, found = (np.concatenate(each.run(proteins())) for each in (reference, engine))
    with np.errstate(all="ignore"):
        lengths = np.linalg.norm(known, axis=1) * np.linalg.norm(found, axis=1)
        agreement: NDArray[np.float32] = np.einsum("rd,rd->r", known, found) / lengths
    return agreement


def check(engine: Engine, reference: Engine, what: str) -> None:
    """Compare the engines, and refuse one that is not exact enough for this model.

    Args:
        engine: of the model.
        reference: fair-esm in float32 on the same model and layer.
        what: model and layer, for the message.

    Raises:
        ConfigurationError: if cosines are too low, or no numbers.
    """
    found = cosines(engine, reference)
    least, median = float(found.min()), float(np.median(found))
    if not (least >= LEAST_COSINE and median >= MEDIAN_COSINE):
        why = (
            f"over {len(found)} residues the cosine to float32 is {least:.5f} at least and {median:.5f} in the median; "
            f"{LEAST_COSINE} and {MEDIAN_COSINE} are needed"
        )
        raise ConfigurationError(f"{engine.name} is not exact enough for {what}", why=why, remedy="--engine auto")
