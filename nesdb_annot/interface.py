"""The Python interface: `nesdb_annot.connect` opens the database, and a `Database` ingests, scores and answers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from os import PathLike, fspath
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from .errors import ConfigurationError
from .installation import install_command
from .settings import Settings, load_settings

if TYPE_CHECKING:
    from .store.engine import Store
    from .workflow.score import ScoreSummary


def connect(**settings: object) -> Database:
    """Open the database of the settings; the embedded server is started if no other is named.

    Args:
        settings: fields of `Settings` that override environment and nesannot.toml, such as `database_url` or `offline`.

    Raises:
        ConfigurationError: if a setting is unknown or wrong, or code and schema do not fit.
        DatabaseUnreachableError: if there is no connection.
    """
    from .store.engine import open_store

    loaded = settings_with(settings)
    return Database(loaded, open_store(loaded))


def settings_with(given: Mapping[str, object]) -> Settings:
    """Return the settings in force, with `given` fields instead of those of environment and nesannot.toml."""
    plain = {name: Path(fspath(value)) if isinstance(value, PathLike) else value for name, value in given.items()}
    return load_settings(plain).settings


class Database:
    """An open database; use it in a ``with`` block, or call `close`.

    Attributes:
        settings: in force for all methods.
    """

    def __init__(self, settings: Settings, store: Store) -> None:
        self.settings = settings
        self._store = store

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections; the embedded server keeps running."""
        self._store.close()

    def ingest(
        self,
        path: str | PathLike[str],
        *,
        name: str | None = None,
        release: str | None = None,
        released: str | None = None,
    ) -> tuple[str, ...]:
        """Ingest a FASTA file and return what was stored and refused, one sentence each.

        Args:
            path: of the file, plain or compressed.
            name: of the proteome; not needed if the file name holds a UPID.
            release: name of the release.
            released: its date, ``YYYY-MM-DD``.

        Raises:
            InputError: if the file is not FASTA.
            UsageError: if neither `name` nor a UPID in the file name is there.
        """
        from .workflow.ingest import ingest_proteome
        from .workflow.proteome_source import proteome_source

        source = proteome_source(fspath(path), upid=None, name=name, release=release, released=released)
        result = ingest_proteome(self._store, source)
        return (*result.rejects.lines(), *result.sentences)

    def score(self, name: str, *, release: str | None = None) -> ScoreSummary:
        """Score the sequences of a proteome that have no scores, and rank it.

        Raises:
            InputError: if there is no such proteome or release.
            ConfigurationError: if there are no weights or no head set for the language model.
        """
        from .workflow.score import score_proteome

        return score_proteome(self._store, self.settings, name, release=release)

    def rank(
        self, name: str, *, top: int | None = None, point: str | None = None, release: str | None = None
    ) -> list[dict[str, Any]]:
        """Return the candidates of a proteome, best first, each keyed by the columns of the view `candidate`.

        Args:
            name: of the proteome.
            top: number of candidates; None for all.
            point: only candidates over this operating point.
            release: None for the one that the view `candidate` shows.

        Raises:
            UsageError: if there is no such proteome.
            InputError: if the proteome or the release is not ranked yet.
        """
        from .workflow.rank import Listing, rank_proteome

        ranking = rank_proteome(self._store, self.settings, name, release=release, listing=Listing(top, point))
        return [dict(row) for row in ranking.rows]

    def candidates(
        self, name: str, *, top: int | None = None, point: str | None = None, release: str | None = None
    ) -> Any:  # noqa: ANN401  # pandas is optional and has no types here
        """Return what `rank` returns, as a pandas DataFrame.

        Raises:
            ConfigurationError: if pandas is not installed.
        """
        rows = self.rank(name, top=top, point=point, release=release)
        return dataframe_of([tuple(row.values()) for row in rows], list(rows[0]) if rows else [])

    def sql(self, text: str, *, timeout_s: float = 30.0) -> Any:  # noqa: ANN401
        """Return the answer of one read-only statement on the views, as a pandas DataFrame.

        Args:
            text: one statement; views need no schema.
            timeout_s: seconds that it may take.

        Raises:
            ConfigurationError: if pandas is not installed.
            InputError: if the statement is wrong, writes, or takes too long.
        """
        from .store.analyst import run_sql

        table = run_sql(self._store, text, timeout_s=timeout_s)
        return dataframe_of(table.rows, table.columns)


def dataframe_of(rows: Iterable[tuple[object, ...]], columns: Sequence[str]) -> Any:  # noqa: ANN401
    """Return rows as a pandas DataFrame.

    Raises:
        ConfigurationError: if pandas is not installed.
    """
    try:
        import pandas
    except ImportError as error:
        raise ConfigurationError(
            "a DataFrame needs pandas, which is not installed", remedy=install_command("pandas")
        ) from error
    return pandas.DataFrame(list(rows), columns=list(columns))
