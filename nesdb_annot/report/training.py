"""The loss curves of the networks of a head set, from its own report."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from .style import COLUMN, colour, new_panels, spoken

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from ..methods.headset import HeadSet


def curves_of(head_set: HeadSet) -> dict[str, list[list[float]]]:
    """Method -> members -> loss after each epoch, of those that have any."""
    stored: Any = head_set.report.get("loss_curves")
    if not isinstance(stored, Mapping):
        return {}
    return {str(name): [list(map(float, m)) for m in members] for name, members in stored.items() if any(members)}


def loss_curves(head_set: HeadSet) -> Figure:
    """Loss per epoch of each member of each ensemble; a dot where it is lowest, which is what was kept."""
    curves = curves_of(head_set)
    figure, axes = new_panels(COLUMN * 0.95 * len(curves), 2.2, 1, len(curves))
    for panel, (name, members) in zip(axes[0], curves.items(), strict=True):
        for losses in members:
            if losses:
                best = int(np.argmin(losses))
                panel.plot(np.arange(1, len(losses) + 1), losses, color=colour(name), lw=0.9)
                panel.plot(best + 1, losses[best], marker="o", ms=3.5, color=colour(name))
        panel.set(title=f"{spoken(name)}, {len(members)} networks", xlabel="epoch", ylabel="loss, nats")
        panel.xaxis.get_major_locator().set_params(integer=True)
    return figure
