"""Everything that a scoring method is built from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import ConfigurationError
from ..records import Json, MethodIdentity


@dataclass(frozen=True, slots=True)
class Weights:
    """Part of a head set that belongs to one method; the `build` of a method's module makes the method from it.

    Attributes:
        identity: of the method.
        head_set_arrays: of all methods, ``method/name`` -> array.
        parameters: settings of the method and of its training.
        digests: of the training sequences, which the owners of reference vectors point at.
        pooling: of the stored vectors.
    """

    identity: MethodIdentity
    head_set_arrays: Mapping[str, NDArray[Any]]
    parameters: Mapping[str, Json]
    digests: Sequence[str]
    pooling: str

    @property
    def arrays(self) -> dict[str, NDArray[Any]]:
        """The method's arrays by their names, float16 as float32.

        Raises:
            ConfigurationError: if there are none.
        """
        prefix = f"{self.identity.name}/"
        arrays = {name.removeprefix(prefix): a for name, a in self.head_set_arrays.items() if name.startswith(prefix)}
        if not arrays:
            what = f"the head set holds no weights of method {self.identity.name!r}"
            raise ConfigurationError(what, remedy="nesannot train")
        return {name: a.astype(np.float32) if a.dtype == np.float16 else a for name, a in arrays.items()}
