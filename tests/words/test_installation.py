"""Commands for optional packages and newer versions work for the installation that prints them."""

import importlib.util
import json
import shlex
import sys

import pytest

from nesdb_annot import installation
from nesdb_annot.installation import install_command, upgrade_command


def test_optional_package_is_named_with_version_and_python():
    words = shlex.split(install_command("matplotlib"))
    assert words == [sys.executable, "-m", "pip", "install", "matplotlib>=3.8"]


def test_no_command_asks_an_index_for_this_package():
    for package in ("matplotlib", "pyarrow", "pandas", "transformers"):
        assert "nesdb" not in install_command(package).removeprefix(sys.executable)


def test_environment_without_pip_is_served_by_uv(monkeypatch):
    real = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "pip" else real(name))
    assert install_command("pyarrow").startswith(f"uv pip install --python {sys.executable} ")


@pytest.mark.parametrize(
    ("source", "command"),
    [
        ({"url": "file:///src/my%20nes", "dir_info": {"editable": True}}, "git -C '/src/my nes' pull && "),
        ({"url": "https://host/nes.git", "vcs_info": {"vcs": "git"}}, "install --upgrade git+https://host/nes.git"),
        ({"url": "file:///tmp/x.whl", "archive_info": {}}, "install --upgrade NEWER.whl"),
        ({}, "install --upgrade NEWER.whl"),
    ],
)
def test_newer_version_comes_from_where_this_one_came_from(monkeypatch, source, command):
    monkeypatch.setattr(installation, "_metadata", lambda name: json.dumps(source))
    assert command in upgrade_command()
