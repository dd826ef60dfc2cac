"""The gate for engines whose exactness depends on the weights: compared with fair-esm on the model that was opened.

`reference_proteins.GATING`, 586 residues, is embedded by fair-esm in float32 and by the engine, and the cosines of all
residues must be what is asked of every engine on the bundled model. A cosine hardly sees the other dimensions where a
few are large in every residue, so the vectors must agree after the mean vector is taken from both as well.
What is refused is certain; what passes was seen on these residues only. Some seconds for 650 million parameters.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..errors import ConfigurationError
from .checkpoint import LoadedModel
from .engines.int8 import Int8Engine
from .engines.protocol import Engine
from .engines.stock import StockEngine
from .reference_proteins import GATING

LEAST, MEDIAN = 0.999, 0.9999
"""Cosine of every residue's vector with that of fair-esm in float32, and of half of them."""

LEAST_CENTRED, MEDIAN_CENTRED = 0.99, 0.999
"""The same after the mean vector of all residues was taken from both."""

Floats = NDArray[np.float32]


def needed(engine: Engine) -> bool:
    """Whether this engine must pass: whether its exactness depends on the weights."""
    return isinstance(engine, Int8Engine)


def cosines(known: Floats, found: Floats) -> Floats:
    """Cosine of each pair of rows, shape (residues,)."""
    with np.errstate(all="ignore"):
        agreement: Floats = (known * found).sum(1) / (np.linalg.norm(known, axis=1) * np.linalg.norm(found, axis=1))
    return agreement


def check(engine: Engine, loaded: LoadedModel, layer: int) -> None:
    """Compare the engine with fair-esm in float32, and refuse it if it is not exact enough for this model.

    Args:
        engine: of this model and layer.
        loaded: the model, on the CPU.
        layer: 0 to the number of layers.

    Raises:
        ConfigurationError: if cosines are too low, or no numbers.
    """
    known, found = (np.concatenate(one.run(GATING)) for one in (StockEngine(loaded.model, layer), engine))
    mean = known.mean(axis=0)
    plain, centred = cosines(known, found), cosines(known - mean, found - mean)
    for agreement, what, least, median in (
        (plain, "", LEAST, MEDIAN),
        (centred, " without the mean vector", LEAST_CENTRED, MEDIAN_CENTRED),
    ):
        lowest, middle = float(agreement.min()), float(np.median(agreement))
        if not (lowest >= least and middle >= median):  # also where they are no numbers
            why = (
                f"over {len(agreement)} residues the cosine to float32{what} is {lowest:.5f} at least and {middle:.5f} "
                f"in the median; {least} and {median} are needed"
            )
            subject = f"{engine.name} is not exact enough for {loaded.name}, layer {layer}"
            raise ConfigurationError(subject, why=why, remedy="--engine auto")
