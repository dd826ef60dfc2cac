"""Flag beats environment beats file beats default, and every value knows where it came from."""

from dataclasses import replace
from pathlib import Path

import pytest

from nesdb_annot.errors import ConfigurationError
from nesdb_annot.settings import SEGMENTATIONS, Settings, load_settings, shown


def load(tmp_path, toml="", environment=None, **flags):
    if toml:
        (tmp_path / "nesannot.toml").write_text(toml)
    return load_settings(flags, environment or {}, tmp_path)


def test_defaults_say_so(tmp_path):
    found = load(tmp_path)
    assert found.settings.model == "bundled"
    assert {value.partition(" ")[0] for value in found.origin.values()} == {"default"}


def test_precedence(tmp_path):
    toml = 'model = "from_file"\nlayer = 3\nworkers = 7\n'
    found = load(tmp_path, toml, {"NESANNOT_LAYER": "4", "NESANNOT_WORKERS": "5"}, workers=6)
    assert (found.settings.model, found.settings.layer, found.settings.workers) == ("from_file", 4, 6)
    assert found.origin["model"].endswith("nesannot.toml")
    assert (found.origin["layer"], found.origin["workers"]) == ("NESANNOT_LAYER", "flag")


def test_a_flag_that_was_not_given_changes_nothing(tmp_path):
    assert load(tmp_path, "", {}, model=None).origin["model"] == "default"


@pytest.mark.parametrize(("text", "value"), [("1", True), ("yes", True), ("off", False), ("FALSE", False)])
def test_booleans(tmp_path, text, value):
    assert load(tmp_path, "", {"NESANNOT_OFFLINE": text}).settings.offline is value


@pytest.mark.parametrize(
    ("toml", "said"),
    [
        ("modell = 'x'", "unknown setting 'modell'"),
        ("engine = 'stok'", "engine is 'stok'"),
        ("device = 'cuda:x'", "device is 'cuda:x'"),
        ("layer = 'three'", "layer is 'three'"),
        ("model = ", "not valid TOML"),
        ("cargo_prior = 0", "cargo_prior is 0"),
        ("workers = 0", "workers is 0"),
        ("offline = 'maybe'", "offline is 'maybe'"),
        ("segmentation = 'zps3'", "segmentation is 'zps3'"),
    ],
)
def test_bad_values_are_refused_by_name(tmp_path, toml, said):
    with pytest.raises(ConfigurationError, match=said) as caught:
        load(tmp_path, toml)
    assert caught.value.exit_code == 78


@pytest.mark.parametrize(("typed", "why"), [("zps100", "did you mean 'zps10'?"), ("wavelets", "there is no")])
def test_an_unknown_segmentation_is_refused_with_all_there_are(tmp_path, typed, why):
    with pytest.raises(ConfigurationError, match=f"segmentation is '{typed}'") as caught:
        load(tmp_path, "", {"NESANNOT_SEGMENTATION": typed})
    assert caught.value.where == "NESANNOT_SEGMENTATION"
    assert caught.value.why.startswith(why)
    assert all(name in caught.value.remedy for name in SEGMENTATIONS)
    with pytest.raises(ConfigurationError, match=typed):
        replace(Settings(), segmentation=typed)


@pytest.mark.parametrize("name", SEGMENTATIONS)
def test_every_segmentation_can_be_set(tmp_path, name):
    assert load(tmp_path, f"segmentation = '{name}'").settings.segmentation == name


def test_a_file_that_may_not_be_read_is_said(tmp_path, monkeypatch):
    def refused(*_, **__):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_text", refused)
    with pytest.raises(ConfigurationError, match="cannot be read") as caught:
        load(tmp_path, "model = 'bundled'")
    assert caught.value.why == "Permission denied"


def test_a_directory_that_was_deleted_holds_no_settings(tmp_path, monkeypatch):
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    assert load_settings(environment={}).settings == Settings()


def test_paths_are_paths(tmp_path):
    assert load(tmp_path, "", {"NESANNOT_DATA_DIR": "~/x"}).settings.data_dir == Path.home() / "x"


def test_unknown_key_or_variable_names_the_nearest_setting(tmp_path):
    with pytest.raises(ConfigurationError, match="unknown setting 'modell'") as of_file:
        load(tmp_path, "modell = 'x'")
    (tmp_path / "nesannot.toml").unlink()
    with pytest.raises(ConfigurationError, match="unknown setting 'NESANNOT_MODELL'") as of_variable:
        load(tmp_path, "", {"NESANNOT_MODELL": "x"})
    assert of_file.value.why == "did you mean 'model'?"
    assert of_variable.value.why == "did you mean 'NESANNOT_MODEL'?"


@pytest.mark.parametrize("name", ["NESANNOT_DB_PASSWORD", "NESANNOT_POSTGRES_PORT", "NESANNOT_DB_SERVICE_HOST"])
def test_variables_of_other_programs_are_no_settings(tmp_path, name):
    assert load(tmp_path, "", {name: "x"}).settings == Settings()


def test_a_password_is_never_shown():
    url = "postgresql://ann:p@ss:word@db.example/nes"
    assert shown("database_url", url) == "postgresql://ann:***@db.example/nes"
    assert shown("model", "a@b") == "a@b"


def test_rows_star_the_password(tmp_path):
    found = load(tmp_path, "", {"NESANNOT_DATABASE_URL": "postgresql://u:canary@h/d"})
    assert all("canary" not in str(row) for row in found.rows())
    assert len(found.rows()) == len(Settings.__dataclass_fields__)


def test_home_is_not_needed_where_both_directories_are_given(tmp_path, monkeypatch):
    def homeless():
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(Path, "home", homeless)
    for name in ("XDG_DATA_HOME", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    given = {"NESANNOT_DATA_DIR": str(tmp_path / "d"), "NESANNOT_CACHE_DIR": str(tmp_path / "c")}
    assert load_settings({}, given, tmp_path).settings.data_dir == tmp_path / "d"
    for environment in ({}, {"NESANNOT_DATA_DIR": str(tmp_path)}, {**given, "NESANNOT_CACHE_DIR": "~/c"}):
        with pytest.raises(ConfigurationError, match="no home directory") as raised:
            load_settings({}, environment, tmp_path)
        assert "NESANNOT_DATA_DIR" in raised.value.remedy
        assert raised.value.exit_code == 78
