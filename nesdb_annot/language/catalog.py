"""The official ESM-2 models (Lin et al. 2023, Science 379:1123), by their fair-esm names."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class OfficialModel:
    """One official checkpoint.

    Attributes:
        name: of fair-esm.
        layers, width, heads: shape.
        parameters: as the name states them.
        file_name: address relative to ``settings.weights_url``.
        licence: of the weights.
    """

    name: str
    layers: int
    width: int
    heads: int
    parameters: int
    licence: str = "MIT"

    @property
    def file_name(self) -> str:
        """Address relative to ``settings.weights_url``, and name on disk."""
        return f"{self.name}.pt"


OFFICIAL_MODELS: dict[str, OfficialModel] = {
    model.name: model
    for model in (
        OfficialModel("esm2_t6_8M_UR50D", 6, 320, 20, 8_000_000),
        OfficialModel("esm2_t12_35M_UR50D", 12, 480, 20, 35_000_000),
        OfficialModel("esm2_t30_150M_UR50D", 30, 640, 20, 150_000_000),
        OfficialModel("esm2_t33_650M_UR50D", 33, 1280, 20, 650_000_000),
        OfficialModel("esm2_t36_3B_UR50D", 36, 2560, 40, 3_000_000_000),
        OfficialModel("esm2_t48_15B_UR50D", 48, 5120, 40, 15_000_000_000),
    )
}

BUNDLED = "bundled"
"""Name under which settings ask for the model that ships with this package."""
