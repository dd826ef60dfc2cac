"""Annotate one proteome file from beginning to end: ingest, score, rank. What a scheduler runs.

``python -m nesdb_annot.jobs.annotate FILE [--release NAME --released DATE]`` does what ``nesannot ingest proteome``
and ``nesannot score`` do, one after the other. Run again, it computes what is missing only; a file that changed
replaces its earlier version under the same release.
"""

from __future__ import annotations

import argparse
import signal
import sys
import traceback
from collections.abc import Sequence
from typing import NoReturn

from nesdb_annot.errors import InputError, InternalError, NesannotError, TryLaterError, disk_error
from nesdb_annot.settings import Settings, load_settings
from nesdb_annot.workflow.progress import Progress, Silent

from .commands import Lines


def annotate(
    settings: Settings,
    source: str,
    *,
    upid: str | None = None,
    name: str | None = None,
    release: str | None = None,
    released: str | None = None,
    progress: Progress | None = None,
) -> int:
    """Ingest, score and rank `source`; returns the number of ranked candidates.

    Raises:
        IncompleteError: if sequences failed; the others are ranked.
        NesannotError: as the two workflows do.
    """
    from nesdb_annot.store.engine import open_store
    from nesdb_annot.workflow.ingest import ingest_proteome
    from nesdb_annot.workflow.proteome_source import proteome_source
    from nesdb_annot.workflow.score import score_proteome

    progress = progress or Silent()
    known = proteome_source(source, upid=upid, name=name, release=release, released=released)
    with open_store(settings) as store:
        done = ingest_proteome(store, known, replace=True)
        for line in (*done.rejects.lines(), *done.sentences):
            progress.note(line)
        summary = score_proteome(store, settings, known.key, release=known.release.name)
        for line in summary.sentences():
            progress.note(line)
        if summary.problem:
            raise summary.problem
        ranking = summary.ranking and summary.ranking.ranking
        return ranking.candidates if ranking else 0


def _on_sigterm(number: int, _frame: object) -> NoReturn:
    """End in good order: the run is marked as stopped, and the next one goes on from here."""
    sys.exit(128 + number)


def main(words: Sequence[str] | None = None) -> int:
    """Run as a program; returns the exit code (see `nesdb_annot.errors.EXIT_CODES`)."""
    signal.signal(signal.SIGTERM, _on_sigterm)
    parser = argparse.ArgumentParser(prog="python -m nesdb_annot.jobs.annotate", description=__doc__)
    parser.add_argument("source")
    for option in ("--upid", "--name", "--release", "--released"):
        parser.add_argument(option)
    stated = vars(parser.parse_args(words))
    try:
        count = annotate(load_settings().settings, stated.pop("source"), progress=Lines(), **stated)
    except NesannotError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    except OSError as error:  # a full or broken disk, a file that went away: not ours to mend
        sys.stderr.write(f"{error}\n")
        return (disk_error(error) or InputError).exit_code
    except MemoryError:
        sys.stderr.write("there was not enough memory\n")
        return TryLaterError.exit_code
    except KeyboardInterrupt:
        return 130
    except Exception:  # whatever else it is, it is ours to mend: 1 would tell the scheduler that a check said no
        traceback.print_exc()
        return InternalError.exit_code
    sys.stderr.write(f"{count:,} candidates ranked\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
