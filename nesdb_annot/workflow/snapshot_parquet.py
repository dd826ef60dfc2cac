"""Rows of a view as a Parquet file, and back; the file says what each of its columns means."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

from ..errors import ConfigurationError, InputError
from ..installation import install_command

if TYPE_CHECKING:
    import pyarrow

    from ..store.snapshots import Shape

_ARROW = {
    "boolean": "bool_",
    "smallint": "int16",
    "integer": "int32",
    "bigint": "int64",
    "real": "float32",
    "double precision": "float64",
    "numeric": "float64",
    "date": "date32",
}


def write_parquet(path: Path, shape: Shape, batches: Iterable[list[tuple[object, ...]]]) -> int:
    """Write a view's rows and return how many; constant memory.

    Raises:
        ConfigurationError: if pyarrow is not installed.
    """
    arrow, parquet = _pyarrow()
    schema = _schema(arrow, shape)
    written = 0
    with parquet.ParquetWriter(path, schema, compression="zstd") as writer:
        for batch in batches:
            columns = zip(zip(*batch, strict=True), schema, strict=True)
            arrays = [arrow.array(values, field.type) for values, field in columns]
            writer.write_batch(arrow.record_batch(arrays, schema=schema))
            written += len(batch)
    return written


def read_parquet(path: Path, shape: Shape) -> Iterator[Sequence[object]]:
    """Rows of a file that `write_parquet` made.

    Raises:
        InputError: if it has other columns than `shape`, or is no Parquet file.
    """
    arrow, parquet = _pyarrow()
    try:
        file = parquet.ParquetFile(path)
    except arrow.ArrowInvalid as error:
        raise InputError(f"{path.name} is no Parquet file", why=str(error)) from error
    if file.schema_arrow.names != [column.column for column in shape.columns]:
        raise InputError(f"{path.name} has other columns than its manifest says", where=str(path))
    for batch in file.iter_batches(batch_size=10_000):
        yield from zip(*(column.to_pylist() for column in batch.columns), strict=True)


def _schema(arrow: ModuleType, shape: Shape) -> pyarrow.Schema:
    fields = [
        arrow.field(c.column, _type(arrow, c.type), metadata={"meaning": c.meaning, "postgres_type": c.type})
        for c in shape.columns
    ]
    return arrow.schema(fields, metadata={"view": shape.view, "meaning": shape.meaning})


def _type(arrow: ModuleType, postgres_type: str) -> pyarrow.DataType:
    if postgres_type.endswith("[]"):
        return arrow.list_(_type(arrow, postgres_type.removesuffix("[]")))
    if postgres_type == "timestamp with time zone":
        return arrow.timestamp("us", tz="UTC")
    return getattr(arrow, _ARROW.get(postgres_type, "string"))()


def _pyarrow() -> tuple[ModuleType, ModuleType]:
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError as error:
        raise ConfigurationError(
            "snapshots are Parquet files, and pyarrow is not installed", remedy=install_command("pyarrow")
        ) from error
    return pyarrow, pyarrow.parquet
