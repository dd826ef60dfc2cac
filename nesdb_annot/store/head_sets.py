"""Head sets: the trained artefacts, as bytes whose inside is the methods' business."""

from __future__ import annotations

from datetime import datetime

from ..records import NES, LanguageModelIdentity
from .configurations import ensure_language_model
from .engine import Store
from .queries import execute


def save_head_set(
    store: Store,
    payload: bytes,
    *,
    name: str,
    language_model: LanguageModelIdentity,
    references_digest: str,
    digest: str,
    run_id: int,
    motif: str = NES,
) -> None:
    """Store a head set, from now on the one in use for its language model and segmentation; again does no harm."""
    with store.transaction() as connection:
        execute(
            connection,
            "save_head_set",
            digest=digest,
            motif=motif,
            name=name,
            payload=payload,
            run_id=run_id,
            language_model_id=ensure_language_model(connection, language_model),
            references_digest=references_digest,
        )


def head_sets_of(store: Store, language_model_digest: str, motif: str = NES) -> list[str]:
    """Digests of the head sets for a language model, the one saved last first; see `load_payload`."""
    wanted = {"language_model_digest": language_model_digest, "motif": motif}
    with store.transaction() as connection:
        return list(execute(connection, "head_sets_of", **wanted).scalars())


def load_payload(store: Store, digest: str) -> bytes | None:
    """The head set of that digest; None if it is not stored."""
    with store.transaction() as connection:
        found = execute(connection, "load_payload", digest=digest).scalar()
    return None if found is None else bytes(found)


def saved_at(store: Store, digest: str) -> datetime | None:
    """When a head set was saved last; None if it is not stored."""
    with store.transaction() as connection:
        moment: datetime | None = execute(connection, "saved_at", digest=digest).scalar()
        return moment
