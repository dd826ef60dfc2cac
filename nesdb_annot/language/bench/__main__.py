"""The process that measures: a `Wanted` as JSON on standard input, a line of JSON for each shape on standard output."""

from __future__ import annotations

import json
import sys
from typing import Any

import torch

from ...errors import NesannotError
from .run import measured
from .wanted import Wanted


def main() -> int:
    """Measure shape after shape; what stops it is the last line, with the exit code of its kind."""
    read: dict[str, Any] = json.load(sys.stdin)
    stated: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in read.items()}
    torch.set_num_threads(1)
    try:
        wanted = Wanted(**stated)
        for shape in wanted.shapes:
            _say(measured(shape, wanted))
    except NesannotError as error:
        setting = getattr(error, "setting", "")
        _say({"what": error.what, "why": error.why, "remedy": error.remedy, "setting": setting})
        return error.exit_code
    return 0


def _say(fact: dict[str, object]) -> None:
    sys.stdout.write(json.dumps(fact) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
