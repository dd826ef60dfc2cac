"""The wheel carries everything: all packages, migrations, jobs, the bundled model, heads and sample."""

import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())


def test_every_package_is_listed():
    listed = set(PROJECT["tool"]["setuptools"]["packages"])
    inside = {".".join(path.parent.relative_to(ROOT).parts) for path in ROOT.glob("nesdb_annot/**/__init__.py")}
    mapped = {
        f"nesdb_annot.{'.'.join(path.parent.relative_to(ROOT).parts)}"
        for folder in ("migrations", "jobs")
        for path in ROOT.glob(f"{folder}/**/__init__.py")
    }
    assert listed == inside | mapped


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """Names of the files in the wheel, built without network and without touching the checkout."""
    directory = tmp_path_factory.mktemp("wheel")
    copy = directory / "source"
    tracked = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False).stdout
    if not tracked:
        pytest.skip("not a git checkout")
    for name in filter(None, tracked.split("\0")):
        if (ROOT / name).is_file() and not name.startswith("tests/"):
            target = copy / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes((ROOT / name).read_bytes())
    build = f"from setuptools import build_meta; print(build_meta.build_wheel({str(directory)!r}))"
    done = subprocess.run([sys.executable, "-c", build], cwd=copy, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    with zipfile.ZipFile(directory / done.stdout.split()[-1]) as archive:
        return archive.namelist()


@pytest.mark.parametrize(
    "name",
    [
        "py.typed",
        "language/bundled/model.safetensors",
        "language/bundled/model.json",
        "language/engines/kernel.c",
        "language/engines/kernel_int8.c",
        "methods/bundled/headset_nes.safetensors",
        "migrations/versions/0001_tables.sql",
        "migrations/versions/0001_views.sql",
        "migrations/env.py",
        "jobs/annotate.py",
        "jobs/nesannot.cron",
        "jobs/kubernetes.yaml",
        "jobs/nesannot-worker.service",
        "migrations/versions/0002_procrastinate.sql",
        "store/queries.sql",
        "workflow/sample/proteins.fasta",
        "workflow/sample/references.tsv",
        "workflow/sample/ATTRIBUTION.md",
    ],
)
def test_wheel_holds(wheel, name):
    assert f"nesdb_annot/{name}" in wheel


def test_nothing_else_lands_in_site_packages(wheel):
    assert {name.split("/")[0] for name in wheel} == {"nesdb_annot", f"nesdb_annot-{_version()}.dist-info"}


def _version():
    from nesdb_annot import __version__

    return __version__
