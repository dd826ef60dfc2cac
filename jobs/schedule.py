"""The periodic schedule: what the queue itself begins, at the times of a cron expression in the settings.

Every worker whose settings name a time may be the scheduler: the database lets each time be begun once.
"""

from __future__ import annotations

from procrastinate import App

from nesdb_annot.errors import ConfigurationError
from nesdb_annot.store.engine import Store
from nesdb_annot.store.queue import COMMANDS

REANNOTATE = "nesannot.reannotate"
"""Name of the periodic task."""


def add_schedule(app: App, expression: str, store: Store) -> None:
    """Begin a re-annotation at the times of a cron `expression` (minute hour day month weekday, UTC); none if empty.

    Raises:
        ConfigurationError: if it is no cron expression.
    """
    from croniter import croniter

    from nesdb_annot.workflow.queue import defer_command

    if not expression:
        return
    if not croniter.is_valid(expression):
        raise ConfigurationError(
            f"reannotate_schedule is {expression!r}",
            why="it is no cron expression",
            remedy="minute hour day month weekday, as in '15 2 * * 6'; empty for none",
        )

    def reannotate(timestamp: int) -> None:
        """Defer a re-annotation; `timestamp` is the time it was due, in seconds since 1970."""
        defer_command(store, "reannotate", {"due": timestamp})

    task = app.task(name=REANNOTATE, queue=COMMANDS, queueing_lock=REANNOTATE)(reannotate)
    app.periodic(cron=expression, periodic_id=REANNOTATE)(task)
