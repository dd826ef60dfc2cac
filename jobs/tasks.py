"""The tasks: what a job in the queue calls. Each parses its arguments and calls `nesdb_annot.workflow`."""

from __future__ import annotations

from collections.abc import Mapping

from procrastinate import App, JobContext

from nesdb_annot.records import Json
from nesdb_annot.store.queue import COMMANDS, RUN_COMMAND, SCORE_UNIT, SCORING
from nesdb_annot.workflow.queue_commands import CommandRunner
from nesdb_annot.workflow.queue_scoring import UnitScorer
from nesdb_annot.workflow.queue_worker import Patience

SCORER, RUNNER = "scorer", "runner"
"""What tasks find in their context: a `UnitScorer` and a `CommandRunner`."""


def score_unit(context: JobContext, run_id: int, number: int) -> None:
    """Score one chunk of a deferred run."""
    scorer: UnitScorer = context.additional_context[SCORER]
    scorer.score(run_id, number, context.should_abort)


def run_command(context: JobContext, run_id: int, command: str, arguments: Mapping[str, Json]) -> None:
    """Run one deferred command."""
    runner: CommandRunner = context.additional_context[RUNNER]
    runner.run((run_id, command, arguments), context.job.attempts, context.should_abort)


def add_tasks(app: App) -> None:
    """Make all tasks known to `app` under the names that jobs carry."""
    app.task(name=SCORE_UNIT, queue=SCORING, pass_context=True, retry=Patience())(score_unit)
    app.task(name=RUN_COMMAND, queue=COMMANDS, pass_context=True, retry=Patience())(run_command)
