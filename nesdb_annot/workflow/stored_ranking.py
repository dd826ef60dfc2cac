"""Which stored ranking a command reads, and the heads that scored it. Reads views only."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..errors import ConfigurationError, InputError
from ..settings import Settings
from .heads import bundled_head_set, heads_for

if TYPE_CHECKING:
    from ..methods.headset import HeadSet
    from ..store.engine import Store
    from ..store.rankings import StoredRanking


def stored_ranking(
    store: Store, settings: Settings, proteome: str, release: str | None = None, *, as_set: bool = False
) -> StoredRanking:
    """The ranking of a proteome that the views show, or the best one of a release or of the settings' model.

    Raises:
        UsageError: if there is no such proteome.
        InputError: if there is no such ranking; says what to type for it.
    """
    from ..store.proteome_list import check_name
    from ..store.rankings import rankings_of

    name = check_name(store, proteome)
    rankings = rankings_of(store, name)
    of_release = [one for one in rankings if release is None or one.release == release]
    if not of_release:
        what = f"{name} is not ranked" if release is None else f"release {release} of {name} is not ranked"
        there = ", ".join(sorted({one.release for one in rankings}))
        option = "" if release is None else f" --release {release}"
        why = f"ranked releases: {there}" if there else "no ranking of this proteome is stored"
        raise InputError(what, why=why, remedy=f"nesannot score {name}{option}")
    default = Settings()
    if not as_set and (settings.model, settings.layer, settings.segmentation) == (
        default.model,
        default.layer,
        default.segmentation,
    ):
        return of_release[0]
    return _of_model(settings, of_release)


def _of_model(settings: Settings, rankings: Sequence[StoredRanking]) -> StoredRanking:
    from ..language.identity import model_identity
    from ..segmentation.factory import variant_of

    model = model_identity(settings)
    wanted = (model.name, model.layer, model.weights_sha256, settings.segmentation)
    for one in rankings:
        if wanted == (one.language_model, one.layer, one.weights_sha256, variant_of(one.segmentation_identity)):
            return one
    first = rankings[0]
    what = f"{first.proteome} is not ranked under {model.name} layer {model.layer}, {settings.segmentation}"
    why = f"it is ranked under {', '.join(sorted({f'{one.language_model} layer {one.layer}' for one in rankings}))}"
    raise InputError(what, why=why, remedy=f"nesannot score {first.proteome} --model {settings.model}")


def head_set_of(store: Store, ranking: StoredRanking) -> HeadSet | None:
    """The heads that scored a ranking; None if they are neither in the database nor those of this version.

    Heads that another version of nesannot has made cannot be read: their rankings stay, without what only heads know.
    """
    from ..methods.headset import HeadSet, is_of_this_format
    from ..store.head_sets import load_payload

    payload = load_payload(store, ranking.head_set_digest)
    if payload and not is_of_this_format(payload):
        return None
    head_set = HeadSet.from_bytes(payload or bundled_head_set())
    return head_set if payload or head_set.digest == ranking.head_set_digest else None


def notes_on(store: Store, settings: Settings, ranking: StoredRanking) -> tuple[str, ...]:
    """What is to be known of the heads; nothing for a role that cannot see which ones `score` would take."""
    try:
        heads = heads_for(store, settings, create=False)
    except ConfigurationError:  # no weights here, or a role that reads views only: listing needs neither
        return ()
    if heads.configuration_id == ranking.configuration_id:
        return heads.notes
    update = f"`nesannot score {ranking.proteome}` scores with those of now"
    return (*heads.notes, f"this ranking was made with other heads or another model than the present ones; {update}")
