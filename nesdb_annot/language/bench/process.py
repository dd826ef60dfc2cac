"""Starts the process that measures: one thread, and the malloc settings of the workers, for stock fair-esm, too."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import asdict
from importlib.metadata import version

from ...errors import ConfigurationError, InternalError
from ...processes.environment import MALLOC_VARIABLES, single_threaded
from .. import processor
from .wanted import Wanted


def machine() -> dict[str, object]:
    """What the figures hold for: processor, its bfloat16, malloc settings, versions."""
    environment = dict(os.environ)
    single_threaded(environment)
    return {
        "processor": processor.model_name(),
        "bfloat16": processor.has_bfloat16(),
        "tiles": processor.has_tiles(),
        "malloc": {name: environment[name] for name in MALLOC_VARIABLES},
        "versions": {name: version(name) for name in ("fair-esm", "torch", "numpy")},
    }


def measurements(wanted: Wanted) -> Iterator[dict[str, object]]:
    """What `run.measured` returns for each shape, as soon as it is there.

    Raises:
        ConfigurationError: if an engine or device that was asked for is not here.
        InternalError: if the process failed otherwise.
    """
    environment = dict(os.environ)
    single_threaded(environment)
    command = [sys.executable, "-m", __package__]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, env=environment) as child:
        if not (child.stdin and child.stdout):
            raise InternalError("the measuring process has no pipes")
        try:
            json.dump(asdict(wanted), child.stdin)
            child.stdin.close()
            for line in child.stdout:
                fact = json.loads(line)
                if "what" in fact:
                    raise ConfigurationError(**fact)
                yield fact
        finally:
            child.terminate()
    if child.returncode > 0:
        raise InternalError("the measuring process failed", why=f"exit code {child.returncode}")
