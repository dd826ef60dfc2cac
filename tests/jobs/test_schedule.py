"""The schedule: a time is begun once, however many schedulers there are."""

import asyncio
import time

import pytest
from nesdb_annot.jobs.commands import COMMANDS
from nesdb_annot.jobs.schedule import REANNOTATE, add_schedule
from nesdb_annot.jobs.service import queue_app

from nesdb_annot.errors import ConfigurationError
from nesdb_annot.store.analyst import run_sql


async def tick(apps, at):
    """What each of these apps defers at this time."""
    from procrastinate.periodic import PeriodicDeferrer

    for app in apps:
        async with app.open_async():
            deferrer = PeriodicDeferrer(app.periodic_registry)
            await deferrer.defer_jobs(deferrer.get_previous_tasks(at=at))


def jobs(store):
    text = "select task_name, count(*) from queue.procrastinate_jobs group by 1"
    return {str(name): count for name, count in run_sql(store, text).rows}


def scheduled(settings, expression):
    from dataclasses import replace

    return replace(settings, reannotate_schedule=expression)


def test_two_schedulers_begin_a_time_once(settings, store):
    apps = [queue_app(scheduled(settings, "* * * * *"), store) for _ in range(2)]
    asyncio.run(tick(apps, time.time()))
    assert jobs(store) == {REANNOTATE: 1}
    asyncio.run(tick(apps[::-1], time.time() + 60))
    assert jobs(store) == {REANNOTATE: 1}, "one that still waits is not begun again"


def test_without_a_schedule_nothing_is_begun(settings, store):
    app = queue_app(scheduled(settings, ""), store)
    assert not app.periodic_registry.periodic_tasks
    assert "reannotate" in COMMANDS


def test_what_is_due_becomes_a_run_that_waits(settings, store):
    app = queue_app(scheduled(settings, "15 2 * * 6"), store)
    app.tasks[REANNOTATE](timestamp=1_700_000_000)
    rows = list(run_sql(store, "select kind, status from run_progress").rows)
    assert rows == [("reannotate", "queued")]
    assert jobs(store) == {"nesannot.run_command": 1}


@pytest.mark.parametrize("expression", ["nonsense", "61 * * * *", "* * *"])
def test_what_is_no_cron_expression_is_refused(settings, store, expression):
    with pytest.raises(ConfigurationError, match="reannotate_schedule"):
        queue_app(scheduled(settings, expression), store)


def test_expressions_are_read_in_utc(settings, store):
    from procrastinate import App
    from procrastinate.testing import InMemoryConnector

    app = App(connector=InMemoryConnector())
    add_schedule(app, "15 2 * * 6", store)
    (task,) = app.periodic_registry.periodic_tasks.values()
    due = task.croniter.get_next(ret_type=float, start_time=1_700_000_000)  # Tuesday 2023-11-14 22:13:20 UTC
    assert time.gmtime(due)[:5] == (2023, 11, 18, 2, 15)
