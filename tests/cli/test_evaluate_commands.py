"""`evaluate segmentation` and `evaluate plots` as a user calls them on a database with nothing in it."""

import subprocess
import sys


def test_figures_of_nothing_say_what_to_type(nesannot, home):
    done = nesannot("evaluate", "plots", "--to", f"{home['HOME']}/figures")
    assert done.returncode == 65
    assert "nothing" in done.stderr or "no scores and no evaluation" in done.stderr
    assert "try: nesannot evaluate" in done.stderr


def test_segmentations_need_functional_ranges(nesannot):
    done = nesannot("evaluate", "segmentation", "--quiet")
    assert done.returncode == 65
    assert "no functional range" in done.stderr


def test_boundaries_that_are_not_there(nesannot):
    done = nesannot("evaluate", "segmentation", "--boundaries", "missing.tsv")
    assert done.returncode == 65
    assert "cannot read missing.tsv" in done.stderr


def test_without_matplotlib_the_command_says_what_to_install(home):
    code = (
        "import sys; sys.modules['matplotlib'] = None\n"
        "from nesdb_annot.cli.main import main; main(['evaluate', 'plots', '--to', 'figures'])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], env=home, cwd=home["HOME"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 78
    assert f"{sys.executable} -m pip install 'matplotlib>=" in done.stderr
