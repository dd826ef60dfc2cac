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
    """Store a head set, which from now on is the one in use for its language model. Saving it again does no harm."""
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


def load_head_set(store: Store, language_model_digest: str, motif: str = NES) -> tuple[str, bytes, str] | None:
    """Digest, payload and references' digest of the head set in use for a language model; None if there is none."""
    wanted = {"language_model_digest": language_model_digest, "motif": motif}
    with store.transaction() as connection:
        row = execute(connection, "load_head_set", **wanted).one_or_none()
    return None if row is None else (row.digest, bytes(row.payload), row.references_digest)


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
