"""`nesannot info`: what is installed and which settings are in force."""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, version

import typer

from .. import __version__
from .console import print_table
from .context import origins_of

PACKAGES = ("torch", "fair-esm", "ruptures", "faiss-cpu", "scikit-learn", "sqlalchemy", "alembic", "psycopg", "typer")


def _version_of(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "missing"


def info(ctx: typer.Context) -> None:
    """Show versions, settings and where each setting comes from."""
    print_table(("software", "version"), [("nesannot", __version__), ("python", platform.python_version())])
    print_table(("package", "version"), [(name, _version_of(name)) for name in PACKAGES])
    typer.echo("")
    print_table(("setting", "value", "from"), origins_of(ctx).rows())
