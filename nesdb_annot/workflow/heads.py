"""Which head set scores with which language model, and the configuration in the database that stands for both."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from importlib.resources import files
from shlex import quote
from typing import TYPE_CHECKING

from ..errors import ConfigurationError
from ..records import Json, LanguageModelIdentity
from ..settings import PREFIX, Settings
from .candidates import candidate_segmenter
from .reference_sites import references_digest, training_entries

if TYPE_CHECKING:
    from ..language.model_embedder import ModelEmbedder
    from ..methods.headset import HeadSet
    from ..store.engine import Store

BUNDLED = "bundled/headset_nes.safetensors"
"""The head set for the bundled language model, within ``nesdb_annot.methods``."""


@dataclass(frozen=True)
class Heads:
    """Everything that scoring needs besides the sequences. The language model is opened when it is asked for.

    Attributes:
        settings: name the language model, its device and its engine.
        payload: the head set as bytes, for worker processes.
        configuration_id: key in the database of language model x segmentation x methods x head set.
        selector_digest: of all that decides which candidates are stored.
        notes: what the user should know before scoring.
        stated: facts for the run's record.
    """

    settings: Settings

    head_set: HeadSet
    payload: bytes
    configuration_id: int
    selector_digest: str
    notes: tuple[str, ...]
    stated: Mapping[str, Json]

    @cached_property
    def _opened(self) -> tuple[str, ModelEmbedder | None]:
        from ..language.embedder import open_embedder

        embedder = open_embedder(self.settings)
        if embedder.identity.digest != self.head_set.language_model.digest:
            why = f"its weights are not those of {self.head_set.language_model.name}"
            raise ConfigurationError(f"{self.settings.model} is another model than its name says", why=why)
        return embedder.chosen, embedder if embedder.portable else None

    @property
    def chosen(self) -> str:
        """Which model runs on which device with which engine, and why, for people.

        Raises:
            ConfigurationError: if device or engine do not exist here, or do not embed as they should.
        """
        return self._opened[0]

    @property
    def portable(self) -> ModelEmbedder | None:
        """The embedder, to be sent to worker processes; None if each must open its own."""
        return self._opened[1]


def heads_for(store: Store, settings: Settings, head_set_digest: str = "", *, create: bool = True) -> Heads:
    """The newest head set for the settings' language model and segmentation, and the configuration that it makes.

    Args:
        head_set_digest: of the one to use instead of the newest.
        create: False to write nothing; the key of a configuration that is not stored is then 0.

    Raises:
        ConfigurationError: if there are no weights, or no head set for the language model and the segmentation.
    """
    from ..language.identity import model_identity
    from ..methods.headset import HeadSet

    identity = model_identity(settings)
    notes: tuple[str, ...] = ()
    if head_set_digest:
        payload = _exactly(store, head_set_digest)
    else:
        payload, notes = _payload(store, identity, settings)
    return heads_of(store, settings, HeadSet.from_bytes(payload), payload, notes=notes, create=create)


def heads_of(
    store: Store,
    settings: Settings,
    head_set: HeadSet,
    payload: bytes,
    *,
    notes: tuple[str, ...] = (),
    create: bool = True,
) -> Heads:
    """A head set with the configuration that it makes; it need not be stored.

    Args:
        store: where the configuration is looked up.
        settings: name the language model.
        head_set: whose methods score.
        payload: the same as bytes.
        notes: for the user, before those about the references.
        create: see `heads_for`.

    Raises:
        ConfigurationError: if the head set is for another language model or segmentation.
    """
    from ..language.identity import model_identity
    from ..methods.scoring import build_methods
    from ..segmentation.factory import variant_of
    from ..store.configurations import configuration_digest, ensure_configuration, find_configuration

    identity = model_identity(settings)
    notes = (*notes, *_notes(store, head_set, settings))
    segmenter = candidate_segmenter(settings)
    head_set.check_fits(identity, segmenter.identity, training_command(settings))
    methods = build_methods(head_set)
    parts = (head_set.motif, identity, segmenter.identity, methods.identities, head_set.digest)
    if create:
        configuration_id = ensure_configuration(store, *parts, selector_digest=methods.selector_digest)
    else:
        digest = configuration_digest(*parts, selector_digest=methods.selector_digest)
        configuration_id = find_configuration(store, digest) or 0
    stated: dict[str, Json] = {
        "language_model": dict(asdict(identity)),
        "segmentation": variant_of(segmenter.identity),
        "head_set": head_set.digest,
        "configuration": configuration_id,
    }
    return Heads(settings, head_set, payload, configuration_id, methods.selector_digest, notes, stated)


def check_device(settings: Settings) -> None:
    """Refuse a device that does not exist here, also where nothing is left to compute on it.

    Raises:
        ConfigurationError: if the device is named and does not exist.
    """
    if settings.device not in ("auto", "cpu"):
        from ..language.engines.choice import found_device

        found_device(settings.device)


def bundled_head_set() -> bytes:
    """The head set that comes with the package."""
    return (files("nesdb_annot.methods") / BUNDLED).read_bytes()


def _exactly(store: Store, digest: str) -> bytes:
    """The head set of that digest, from the database or from the package."""
    from ..methods.headset import HeadSet
    from ..store.head_sets import load_payload

    stored = load_payload(store, digest)
    if stored:
        return stored
    payload = bundled_head_set()
    if HeadSet.from_bytes(payload).digest == digest:
        return payload
    raise ConfigurationError(
        f"head set {digest[:12]} is not known here",
        why="it is neither in the database nor the one that this version brings along",
        remedy="install the version that deferred the run, or score again",
    )


def head_set_of(store: Store, configuration_id: int) -> HeadSet:
    """The head set of a stored configuration.

    Raises:
        ConfigurationError: if it is neither in the database nor the bundled one.
    """
    from ..methods.headset import HeadSet
    from ..store.vectors import head_set_digest

    return HeadSet.from_bytes(_exactly(store, head_set_digest(store, configuration_id)))


def _payload(
    store: Store, language_model: LanguageModelIdentity, settings: Settings
) -> tuple[bytes, tuple[str, ...]]:
    """The newest head set trained in this database for both, else the bundled one if it is for both; with notes.

    Head sets that another version of nesannot has made are passed over, with a note.
    """
    from ..methods.headset import HeadSet, is_of_this_format
    from ..segmentation.factory import variant_of
    from ..store.head_sets import head_sets_of, load_payload

    wanted, notes = settings.segmentation, tuple[str, ...]()
    for digest in head_sets_of(store, language_model.digest):
        payload = load_payload(store, digest)
        if payload and not is_of_this_format(payload):
            fit = f"`{training_command(settings)}` fits one to the references in this database"
            notes = (f"head sets that another version of nesannot stored in this database are not used; {fit}",)
        elif payload and variant_of(HeadSet.from_bytes(payload).segmentation) == wanted:
            return payload, notes
    payload = bundled_head_set()
    bundled = HeadSet.from_bytes(payload)
    own = variant_of(bundled.segmentation)
    if (bundled.language_model.digest, own) == (language_model.digest, wanted):
        return payload, notes
    raise ConfigurationError(
        f"no head set was trained for {language_model.name}, layer {language_model.layer}, segmentation {wanted}",
        why=f"the bundled one is for {bundled.language_model.name} and {own}",
        remedy=training_command(settings),
    )


def training_command(settings: Settings) -> str:
    """What to type for heads of the settings' language model and segmentation, naming what is not the default.

    The segmentation has no option; as a variable it is right whether it was set for one command, for all, or in a file.

    Example:
        >>> training_command(Settings(segmentation="zps10", layer=5))
        'NESANNOT_SEGMENTATION=zps10 nesannot train --layer 5'
    """
    default = Settings(data_dir=settings.data_dir, cache_dir=settings.cache_dir)  # these have none without a home
    words = [] if settings.segmentation == default.segmentation else [f"{PREFIX}SEGMENTATION={settings.segmentation}"]
    words += ["nesannot train"]
    words += [] if settings.model == default.model else ["--model", quote(settings.model)]
    words += [] if settings.layer == default.layer else ["--layer", str(settings.layer)]
    return " ".join(words)


def _notes(store: Store, head_set: HeadSet, settings: Settings) -> tuple[str, ...]:
    """A note if the database's references are not those that all of the head set was fitted on."""
    entries = training_entries(store)
    if not entries:
        return ()
    return _unlike(head_set, references_digest(entries), training_command(settings))


def _unlike(head_set: HeadSet, references: str, command: str) -> tuple[str, ...]:
    """What to know about heads in a database of these references; nothing if every head knows them.

    `command` fits heads to them.
    """
    from ..methods.scoring import POOLED

    fitted = head_set.references_digest == references
    known = [name for name in POOLED if head_set.references_of(name) == references]
    if fitted and len(known) == len(POOLED):
        return ()
    if fitted or not known:
        told = "the references in this database are not those that the heads were fitted on"
        return (f"{told}; `{command}` fits new ones",)
    told = f"the references in this database are known to {' and '.join(known)}"
    return (f"{told}, the other heads were fitted on others; `{command}` fits those, too",)
