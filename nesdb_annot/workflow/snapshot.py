"""Snapshots: the documented views as Parquet files with a manifest, to be shared, cited, and restored anywhere.

A snapshot is complete or it is not there: files are written aside and renamed when the manifest, which holds the digest
of each, is done. A restored one is a schema of read-only tables with the names, columns and comments of the views, so
that the same SQL works on it; it is no full restore, which pg_dump does better.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .. import __version__
from ..errors import CannotWriteError, InputError
from ..files.digests import file_sha256
from ..installation import upgrade_command

if TYPE_CHECKING:
    from ..store.engine import Store
    from ..store.snapshots import Moment, Shape

FORMAT = "nesannot.snapshot/1"
MANIFEST = "manifest.json"
LICENCE = "CC-BY-4.0"
CITATION = (
    "nesdb_annot: ranked candidates of nuclear export signals",
    "The UniProt Consortium: UniProt, the Universal Protein Knowledgebase (proteins and annotations, CC BY 4.0)",
    "Lin et al., Science 379:1123 (2023): ESM-2",
)
FROM_NESDB = {
    "reference_nes": "source NOT IN ('nesdb', 'nesdb_site')",
    "nearest_reference": "(source IN ('nesdb', 'nesdb_site')) IS NOT TRUE",
    "evaluation_candidate": "false",
    "sequence": "sha256 IN (SELECT sequence_sha256 FROM nes.release_membership)",
}
"""What a snapshot leaves out unless told otherwise: NESdb states no licence that would allow to pass it on."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A snapshot: where it is, its day, and the rows of each view."""

    directory: Path
    day: str
    rows: Mapping[str, int]


def dump(store: Store, directory: Path | None = None, *, licence: str = LICENCE, with_nesdb: bool = False) -> Snapshot:
    """Write a snapshot of all views, as of one moment.

    Args:
        directory: a new one; None for ``nesannot-snapshot-DATE`` here.
        licence: under which it is shared, an SPDX identifier or a sentence.
        with_nesdb: keep what was taken from NESdb; such a snapshot is for yourself.

    Raises:
        CannotWriteError: if the directory stands there already, or cannot be written.
    """
    from ..store.snapshots import one_moment

    with one_moment(store) as moment:
        target = directory or Path(f"nesannot-snapshot-{moment.day}")
        if target.exists():
            raise CannotWriteError(f"{target} stands there already", remedy="another directory")
        draft = target.with_name(f"{target.name}.partial-{os.getpid()}")
        try:
            draft.mkdir(parents=True)
            left_out = {} if with_nesdb else FROM_NESDB
            views = [_dump_view(moment, shape, draft, left_out.get(shape.view)) for shape in moment.shapes]
            _write_manifest(draft, _facts(store, moment, licence, with_nesdb) | {"views": views})
            draft.rename(target)
        except OSError as error:
            raise CannotWriteError(f"{target} cannot be written", why=error.strerror or str(error)) from error
        finally:
            shutil.rmtree(draft, ignore_errors=True)
        return Snapshot(target, moment.day, {view["name"]: view["rows"] for view in views})


def restore(store: Store, directory: Path, schema: str | None = None) -> tuple[str, Snapshot]:
    """Check a snapshot, and make a schema of read-only tables of it, in one transaction.

    Args:
        schema: its name; None for ``snapshot_YYYY_MM_DD``.

    Returns:
        The name of the schema, and what is in it.

    Raises:
        InputError: if a file is missing or is not the one that the manifest was written for; nothing is restored.
        UsageError: if there is a schema of this name.
    """
    from ..store.snapshots import restore_tables

    manifest = read_manifest(directory)
    name = schema or f"snapshot_{manifest['day'].replace('-', '_')}"
    shapes = [_shape_of(view) for view in manifest["views"]]
    for view in manifest["views"]:
        _check(directory, view)
    comment = f"Snapshot of {manifest['day']}, licence {manifest['licence']}; read-only"
    written = restore_tables(store, name, comment, ((shape, _rows(directory, shape)) for shape in shapes))
    return name, Snapshot(directory, manifest["day"], written)


def read_manifest(directory: Path) -> dict[str, Any]:
    """The manifest of a snapshot.

    Raises:
        InputError: if there is none, or it is not one of ours.
    """
    path = directory / MANIFEST
    try:
        manifest: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        fits = manifest["format"] == FORMAT and re.fullmatch(r"\d{4}-\d\d-\d\d", manifest["day"])
        names = [view["name"] for view in manifest["views"]]
    except OSError as error:
        raise InputError(f"{directory} is no snapshot", why=f"{MANIFEST}: {error.strerror}") from error
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(f"{path} is no manifest of a snapshot", why=str(error)) from error
    if not fits or not all(re.fullmatch(r"[a-z][a-z0-9_]*", name) for name in names):
        raise InputError(f"{path} is not of the form {FORMAT}", remedy=upgrade_command())
    return manifest


def _dump_view(moment: Moment, shape: Shape, draft: Path, condition: str | None) -> dict[str, Any]:
    """Write one view; what the manifest says of it."""
    from .snapshot_parquet import write_parquet

    path = draft / f"{shape.view}.parquet"
    rows = write_parquet(path, shape, moment.rows(shape, condition or "true"))
    columns = [{"name": c.column, "type": c.type, "meaning": c.meaning} for c in shape.columns]
    facts = {"file": path.name, "rows": rows, "bytes": path.stat().st_size, "sha256": file_sha256(path)}
    kept = {"rows_kept": condition} if condition else {}
    return {"name": shape.view, "meaning": shape.meaning, **facts, **kept, "columns": columns}


def _facts(store: Store, moment: Moment, licence: str, with_nesdb: bool) -> dict[str, Any]:
    from ..store.migrate import HEAD
    from ..store.runs import git_commit, software

    without = "what was taken from NESdb, which states no licence to pass it on"
    return {
        "format": FORMAT,
        "title": f"Candidate nuclear export signals, snapshot of {moment.day}",
        "day": moment.day,
        "licence": licence,
        "citation": list(CITATION),
        "left_out": "" if with_nesdb else without,
        "coordinates": "1-based, both ends included",
        "schema": HEAD,
        "software": {**software(), "postgres": str(store.server_version)},
        "version": __version__,
        "git": git_commit(),
    }


def _write_manifest(draft: Path, manifest: Mapping[str, object]) -> None:
    """Last of all, and on the disk before the snapshot gets its name."""
    with (draft / MANIFEST).open("w", encoding="utf-8") as file:
        json.dump(manifest, file, indent=1, ensure_ascii=False)
        file.write("\n")
        file.flush()
        os.fsync(file.fileno())


def _shape_of(view: Mapping[str, Any]) -> Shape:
    from ..store.snapshots import Shape
    from ..store.views import ViewColumn

    name = view["name"]
    columns = tuple(ViewColumn(name, c["name"], c["type"], c["meaning"]) for c in view["columns"])
    return Shape(name, view["meaning"], columns)


def _check(directory: Path, view: Mapping[str, Any]) -> None:
    path = directory / f"{view['name']}.parquet"
    if not path.is_file():
        raise InputError(f"{path.name} is missing from the snapshot", where=str(directory))
    found = file_sha256(path)
    if found != view["sha256"]:
        raise InputError(
            f"{path.name} is not the file that the manifest was written for",
            where=str(path),
            why=f"its SHA-256 is {found}, not {view['sha256']}",
            remedy="fetch the snapshot again; nothing was restored",
        )


def _rows(directory: Path, shape: Shape) -> Iterator[Any]:
    from .snapshot_parquet import read_parquet

    return read_parquet(directory / f"{shape.view}.parquet", shape)
