"""`nesannot --help` starts without the heavy libraries, so that it answers at once."""

import subprocess
import sys

import pytest

HEAVY = ("torch", "sklearn", "ruptures", "numba", "faiss", "openvino", "sqlalchemy", "psycopg", "numpy", "httpx")

PROBE = """
import sys
from nesdb_annot.cli.main import app
try:
    app({words}, standalone_mode=False)
finally:
    print("loaded:", *[name for name in {heavy} if name in sys.modules])
"""


CALLS = ["--help", "--version", "ingest --help", "score --help", "db --help", "models --help"]


@pytest.mark.parametrize("call", CALLS)
def test_help_imports_nothing_heavy(call):
    code = PROBE.format(words=call.split(), heavy=HEAVY)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout.splitlines()[-1] == "loaded:", done.stdout + done.stderr
