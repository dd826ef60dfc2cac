"""Configurations: what scores depend on besides the sequence, and the partitions that hold them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict

from sqlalchemy import Connection, text

from ..errors import InternalError
from ..records import LanguageModelIdentity, MethodIdentity, SegmentationIdentity, digest_of
from .engine import Store
from .queries import execute


def ensure_configuration(
    store: Store,
    motif: str,
    language_model: LanguageModelIdentity,
    segmentation: SegmentationIdentity,
    methods: Sequence[MethodIdentity],
    head_set_digest: str,
    *,
    selector_digest: str = "",
) -> int:
    """Number of this configuration, made known with its partitions if it is not.

    Args:
        store: where.
        motif: that is scored.
        language_model: whose embeddings are read.
        segmentation: that proposes candidates.
        methods: that score them.
        head_set_digest: of their weights.
        selector_digest: of all that decides which candidates are stored; configurations that share it are made from
            each other's stored segments.

    Raises:
        InternalError: if two methods have one name.
    """
    names = [method.name for method in methods]
    if len(set(names)) != len(names):
        raise InternalError(f"a configuration has two methods of one name: {sorted(names)}")
    parts = (motif, language_model, segmentation, methods, head_set_digest)
    digest = configuration_digest(*parts, selector_digest=selector_digest)
    with store.transaction() as connection:
        connection.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:digest, 0))"), {"digest": digest})
        found: int | None = execute(connection, "find_configuration", digest=digest).scalar()
        if found is not None:
            return found
        key: int = execute(
            connection,
            "add_configuration",
            digest=digest,
            motif=motif,
            head_set_digest=head_set_digest,
            selector_digest=selector_digest or None,
            language_model_id=ensure_language_model(connection, language_model),
            segmentation_id=_ensure_segmentation(connection, segmentation),
        ).scalar_one()
        for method in methods:
            method_id = _ensure_method(connection, motif, method)
            execute(connection, "add_configuration_method", configuration_id=key, method_id=method_id, name=method.name)
        execute(connection, "create_partitions", configuration_id=key)
        return key


def find_configuration(store: Store, digest: str) -> int | None:
    """Number of the configuration of this digest; None if it is not stored."""
    with store.transaction() as connection:
        key: int | None = execute(connection, "find_configuration", digest=digest).scalar()
        return key


def configuration_digest(
    motif: str,
    language_model: LanguageModelIdentity,
    segmentation: SegmentationIdentity,
    methods: Sequence[MethodIdentity],
    head_set_digest: str,
    *,
    selector_digest: str = "",
) -> str:
    """Digest of all that a score depends on besides the sequence; see `ensure_configuration`."""
    models = [language_model.digest, segmentation.digest, sorted(method.digest for method in methods)]
    return digest_of([motif, *models, head_set_digest, selector_digest])


def methods_of(connection: Connection, configuration_id: int) -> Mapping[str, int]:
    """Keys of a configuration's methods by name."""
    return {row.name: row.method_id for row in execute(connection, "methods_of", configuration_id=configuration_id)}


def partition(table: str, configuration_id: int) -> str:
    """Name of a table's partition for a configuration, without its schema.

    Example:
        >>> partition("segment", 3)
        'segment_c3'
    """
    return f"{table}_c{int(configuration_id)}"


def ensure_language_model(connection: Connection, model: LanguageModelIdentity) -> int:
    """Key of a language model, made known if it is not."""
    key: int = execute(connection, "ensure_language_model", digest=model.digest, **asdict(model)).scalar_one()
    return key


def _ensure_segmentation(connection: Connection, segmentation: SegmentationIdentity) -> int:
    key: int = execute(
        connection,
        "ensure_segmentation",
        digest=segmentation.digest,
        algorithm=segmentation.algorithm,
        version=segmentation.version,
        parameters=json.dumps(dict(segmentation.parameters)),
    ).scalar_one()
    return key


def _ensure_method(connection: Connection, motif: str, method: MethodIdentity) -> int:
    key: int = execute(
        connection,
        "ensure_method",
        motif=motif,
        digest=method.digest,
        name=method.name,
        version=method.version,
        parameters=json.dumps(dict(method.parameters)),
        training_digest=method.training_digest,
    ).scalar_one()
    return key
