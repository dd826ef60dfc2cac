"""Hard negatives: candidates that look like signals, or like what is often taken for one, and are taught as none.

Every candidate that shares no residue with an annotated or doubtful signal is taught, so that hard ones need not be
drawn; here they are told apart, to be weighed (`examples`) and counted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ..methods.segment_context import SEGMENT_CONTEXT
from .truth import Truth, hits

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..residues import ResidueSpan

LOOKS = ("pattern", "membrane", "signal_peptide", "coiled_coil")
"""Columns of `segment_context` that make a hard negative."""
KINDS = (*LOOKS, "tested")
SHARE = 0.5
"""Of a candidate's residues that look so; a pattern matches or does not."""


def hard_kinds(context: NDArray[np.float64], spans: Sequence[ResidueSpan], truth: Truth) -> NDArray[np.bool_]:
    """Of which of `KINDS` each candidate would be as a negative, shape (n, len(KINDS)).

    Args:
        context: from `segment_context.segment_context`.
        spans: the candidates, n of them.
        truth: states what was tested and is no signal.
    """
    looks = context[:, [SEGMENT_CONTEXT.index(name) for name in LOOKS]] >= SHARE
    return np.column_stack([looks, hits(spans, truth.refuted).any(axis=1)])
