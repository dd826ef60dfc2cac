"""Commands that change this installation: optional packages, and a newer version of the package itself."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import json
import re
import shlex
import sys
from collections.abc import Sequence
from urllib.parse import unquote, urlsplit

_DISTRIBUTION = "nesdb-annot"
_REQUIREMENT = re.compile(r"\s*([\w.-]+)[^;]*")


def install_command(*packages: str) -> str:
    """Return the command that installs `packages` for the Python that runs now, in the versions that are required.

    Args:
        packages: names of distributions that an extra of this package lists, such as ``matplotlib``.
    """
    return _pip(["install", *(_required(package) for package in packages)])


def upgrade_command() -> str:
    """Return the command that replaces this package by a newer version; where it came from decides."""
    source = json.loads(_metadata("direct_url.json") or "{}")
    url = str(source.get("url", ""))
    if source.get("vcs_info"):
        return _pip(["install", "--upgrade", f"{source['vcs_info'].get('vcs', 'git')}+{url}"])
    if source.get("dir_info") is not None and url.startswith("file://"):
        folder = unquote(urlsplit(url).path)
        editable = ["-e"] if source["dir_info"].get("editable") else []
        return f"git -C {shlex.quote(folder)} pull && {_pip(['install', *editable, folder])}"
    return _pip(["install", "--upgrade", "NEWER.whl"])


def _pip(words: Sequence[str]) -> str:
    """Return a call of pip for the Python that runs now; without pip in it, of uv."""
    if importlib.util.find_spec("pip"):
        program = [sys.executable, "-m", "pip", words[0]]
    else:
        program = ["uv", "pip", words[0], "--python", sys.executable]
    return " ".join(shlex.quote(word) for word in [*program, *words[1:]])


def _required(package: str) -> str:
    """Return the requirement of this package on `package`, with its version; the bare name if there is none."""
    try:
        requirements = importlib.metadata.requires(_DISTRIBUTION) or []
    except importlib.metadata.PackageNotFoundError:
        requirements = []
    matches = (_REQUIREMENT.match(text) for text in requirements)
    return next((match[0].strip() for match in matches if match and match[1].lower() == package), package)


def _metadata(name: str) -> str | None:
    try:
        return importlib.metadata.distribution(_DISTRIBUTION).read_text(name)
    except importlib.metadata.PackageNotFoundError:
        return None
