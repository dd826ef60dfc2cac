"""The rules of the house, checked on every module: floors, lint, types, sizes, and no path of any one machine."""

import ast
import re
import subprocess
import sys
from pathlib import Path
from statistics import median

import pytest

from nesdb_annot import errors

ROOT = Path(__file__).parents[2]
SOURCES = sorted([*ROOT.glob("nesdb_annot/**/*.py"), *ROOT.glob("jobs/*.py"), *ROOT.glob("migrations/**/*.py")])
OURS = [path for path in SOURCES if "migrations" not in path.parts]
TOP_LEVEL = {
    *("pyproject.toml", "nesdb_annot", "migrations", "jobs"),
    *("tests", "docker-compose.yml", "README.md", "LICENSE"),
}

UNSAFE = re.compile(r"pickle\.loads?\(|Unpickler|joblib|import dill|weights_only=False|allow_pickle=True")


def functions():
    for path in OURS:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield f"{path.relative_to(ROOT)}:{node.lineno} {node.name}", node


def run(*command):
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_floors_hold():
    done = run(str(Path(sys.executable).parent / "lint-imports"), "--no-cache")
    assert done.returncode == 0, done.stdout


def test_lint_is_clean():
    done = run(sys.executable, "-m", "ruff", "check", "--no-cache", ".")
    assert done.returncode == 0, done.stdout


def test_types_are_strict(tmp_path):
    done = run(sys.executable, "-m", "mypy", "--cache-dir", str(tmp_path))
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("path", OURS, ids=lambda p: str(p.relative_to(ROOT)))
def test_files_are_small(path):
    assert path.read_text().count("\n") <= 300


def test_functions_are_small():
    lengths = {name: node.end_lineno - node.lineno + 1 for name, node in functions()}
    ordered = sorted(lengths.values())
    assert max(ordered) <= 60, [name for name, length in lengths.items() if length > 60]
    assert ordered[int(0.95 * len(ordered))] <= 40
    assert median(ordered) <= 12


def test_public_functions_are_documented():
    public = [(name, node) for name, node in functions() if not node.name.startswith("_")]
    bare = [name for name, node in public if ast.get_docstring(node) is None]
    assert len(bare) <= 0.1 * len(public), bare


def test_no_global_statement_and_no_pickle():
    for path in SOURCES:
        text = path.read_text()
        assert not [n for n in ast.walk(ast.parse(text)) if isinstance(n, ast.Global)], path
        assert not UNSAFE.search(text), path


def test_no_error_hides_its_cause():
    """``raise ... from None`` would leave nothing for ``--debug`` to show."""
    raised = [(p, n) for p in SOURCES for n in ast.walk(ast.parse(p.read_text())) if isinstance(n, ast.Raise)]
    causes = [(path.name, n.lineno, n.cause) for path, n in raised if n.cause is not None]
    assert causes
    assert [one for one in causes if isinstance(one[2], ast.Constant) and one[2].value is None] == []


def test_weights_are_loaded_in_one_place():
    using = [p.relative_to(ROOT).as_posix() for p in OURS if re.search(r"torch\.load\(", p.read_text())]
    assert using == ["nesdb_annot/language/checkpoint.py"]


def test_what_is_refused_comes_with_a_remedy():
    """Where files and answers of servers are read, an error says what to type next."""
    reading = [p for p in OURS if p.parent.name in ("formats", "sources") or p.name == "proteome_source.py"]
    calls = [(path, n) for path in reading for n in ast.walk(ast.parse(path.read_text())) if isinstance(n, ast.Call)]
    refusing = [(path, call) for path, call in calls if hasattr(errors, ast.unparse(call.func))]
    bare = [(path.name, call.lineno) for path, call in refusing if "remedy" not in [k.arg for k in call.keywords]]
    assert refusing
    assert bare == []


def test_top_level_is_what_was_agreed():
    tracked = run("git", "ls-files").stdout.split()
    if not tracked:
        pytest.skip("not a git checkout")
    assert {name.split("/")[0] for name in tracked if not name.startswith(".")} <= TOP_LEVEL


def test_nothing_speaks_of_one_machine():
    tracked = run("git", "ls-files", "-z", "*.py", "*.md", "*.toml", "*.yml", "*.sql", "jobs").stdout.split("\0")
    texts = {name: (ROOT / name).read_text() for name in tracked if name}
    private = re.compile(r"(?<![\w.~])/(?:root|home/(?!nesannot)\w+)/")
    assert [name for name, text in texts.items() if private.search(text) and name != "tests/house/test_rules.py"] == []
