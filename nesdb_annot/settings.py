"""Settings and where each value came from: flag > environment > nesannot.toml > default."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path

from .cores import usable_cores
from .errors import ConfigurationError

PREFIX = "NESANNOT_"
FILE_NAME = "nesannot.toml"
SEGMENTATIONS = ("lattice", "bounded", "bounded-cosine", "zps", "zps10")
"""Values of `Settings.segmentation`; what each stands for says `segmentation.factory.VARIANTS`."""
ENGINES = ("auto", "stock", "packed", "openvino", "compiled", "int8")
"""Values of `Settings.engine`; `auto` is never int8: how exact that is depends on the weights."""
_DEVICE = re.compile(r"auto|cpu|mps|cuda(:\d+)?")
_NO_SETTING = re.compile(r"NESANNOT_(DB_PASSWORD|ENV|TEST_.*|(.*_)?(SERVICE|PORT)(_.*)?)")
"""Variables of the compose file, of the Slurm file and of the tests, and those that Kubernetes sets for a service."""
_SECRET = frozenset({"database_url"})
_BOOLEANS = {"1": True, "true": True, "yes": True, "on": True, "0": False, "false": False, "no": False, "off": False}


def _user_directory(variable: str, fallback: str) -> Path:
    base = os.environ.get(variable)
    return (Path(base) if base else _home() / fallback) / "nesannot"


def _home() -> Path:
    """Return the home directory of the user.

    Raises:
        ConfigurationError: if neither ``HOME`` nor the list of users names one, as in many containers.
    """
    try:
        return Path.home()
    except RuntimeError as error:
        raise ConfigurationError(
            "there is no home directory for data and cache",
            why=f"HOME is not set, and user {os.getuid()} is not in the list of users (/etc/passwd)",
            remedy="export NESANNOT_DATA_DIR=/data/nesannot NESANNOT_CACHE_DIR=/data/nesannot-cache",
        ) from error


def _data_directory() -> Path:
    return _user_directory("XDG_DATA_HOME", ".local/share")


def _cache_directory() -> Path:
    return _user_directory("XDG_CACHE_HOME", ".cache")


def _cores() -> int:
    return usable_cores().cores


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings. Each can be given as ``NESANNOT_<NAME>`` or as a key of ``nesannot.toml``.

    Attributes:
        database_url: ``postgresql://...`` of a server; empty for the embedded one.
        data_dir: the embedded database, fetched weights.
        cache_dir: what can be made again (compiled code, downloaded pages).
        model: name of a language model, or path of a checkpoint.
        layer: its layer; -1 is the last one, or the one that the card of the model names (2 for the bundled one).
        device: ``auto``, ``cpu``, ``cuda``, ``cuda:N`` or ``mps``.
        engine: ``auto``, ``stock``, ``packed``, ``openvino``, ``compiled`` or ``int8``.
        workers: embedding processes on a CPU, one core each.
        segmentation: one of `SEGMENTATIONS`.
        cargo_prior: share of a proteome's proteins assumed to be cargoes of CRM1; enters every ranked probability.
        reannotate_schedule: when workers begin a re-annotation by themselves: a cron expression (UTC); empty for never.
        offline: refuse to open any socket but the database's.
        uniprot_url: address of UniProt's REST API, or a mirror's.
        nesdb_url: address of NESdb.
        weights_url: address that official weights are fetched from, or a mirror's.
    """

    database_url: str = ""
    data_dir: Path = field(default_factory=_data_directory)
    cache_dir: Path = field(default_factory=_cache_directory)
    model: str = "bundled"
    layer: int = -1
    device: str = "auto"
    engine: str = "auto"
    workers: int = field(default_factory=_cores)
    segmentation: str = "lattice"
    cargo_prior: float = 0.1
    reannotate_schedule: str = ""
    offline: bool = False
    uniprot_url: str = "https://rest.uniprot.org"
    nesdb_url: str = "http://prodata.swmed.edu/LRNes/IndexFiles"
    weights_url: str = "https://dl.fbaipublicfiles.com/fair-esm/models"

    def __post_init__(self) -> None:
        """Refuse values that no command could work with."""
        for name in _TYPES:
            _check(name, getattr(self, name))


def _check(name: str, value: object, origin: str = "") -> None:
    """Refuse a value that no command could work with, before anything is computed for it."""
    why, remedy = "", ""
    if name in _CHOICES:
        choices = _CHOICES[name]
        if value not in choices:
            why = _nearest(str(value), choices) or f"there is no {name} of that name"
            remedy = f"choose one of {', '.join(choices)}"
    elif name == "device" and not _DEVICE.fullmatch(str(value)):
        why, remedy = "devices are auto, cpu, cuda, cuda:N and mps", "--device auto"
    elif name == "cargo_prior" and not 0 < float(str(value)) <= 1:
        why, remedy = "a prior is above 0 and at most 1", "--cargo-prior 0.1"
    elif name == "workers" and int(str(value)) < 1:
        why, remedy = "at least one process is needed", "--workers 1"
    if why:
        raise ConfigurationError(f"{name} is {value!r}", where=origin, why=why, remedy=remedy, setting=name)


def _nearest(name: str, names: Iterable[str]) -> str:
    """A question that names the nearest of `names`; empty if none is near."""
    from difflib import get_close_matches

    near = get_close_matches(name, names, n=1)
    return f"did you mean {near[0]!r}?" if near else ""


@dataclass(frozen=True, slots=True)
class Origins:
    """Settings together with where each value came from (``default``, a file, a variable, ``flag``)."""

    settings: Settings
    origin: Mapping[str, str]

    def rows(self) -> list[tuple[str, str, str]]:
        """Name, value and origin of each setting; secrets are starred."""
        return [(name, shown(name, getattr(self.settings, name)), self.origin[name]) for name in _TYPES]


_TYPES = {f.name: f.type for f in fields(Settings)}
_CHOICES: Mapping[str, Sequence[str]] = {"segmentation": SEGMENTATIONS, "engine": ENGINES}


_PASSWORDS = re.compile(r"(?<=://)([^/@]*?):.*@|((?:ssl)?password=)[^&]*")


def shown(name: str, value: object) -> str:
    """The value as it may be printed: a database URL loses its passwords, wherever they stand.

    Example:
        >>> shown("database_url", "postgresql://ann:secret@db/nes?password=secret")
        'postgresql://ann:***@db/nes?password=***'
    """
    text = str(value)
    if name not in _SECRET:
        return text
    return _PASSWORDS.sub(lambda found: f"{found[1]}:***@" if found[1] is not None else f"{found[2]}***", text)


def _path(text: str) -> Path:
    path = Path(text)
    return _home() / path.relative_to("~") if path.parts[:1] == ("~",) else path.expanduser()


_CONVERTERS: Mapping[str, Callable[[str], object]] = {"int": int, "float": float, "Path": _path, "str": str}


def _converted(name: str, value: object, origin: str) -> object:
    kind = _TYPES[name]
    try:
        if kind == "bool":
            return value if isinstance(value, bool) else _BOOLEANS[str(value).lower()]
        return _CONVERTERS[str(kind)](str(value))
    except (KeyError, ValueError, TypeError) as error:
        why = f"it must be of type {kind}"
        raise ConfigurationError(f"{name} is {value!r}", where=origin, why=why, setting=name) from error


def _from_file(directory: Path) -> dict[str, tuple[object, str]]:
    path = directory / FILE_NAME
    if not path.is_file():
        return {}
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path} is not valid TOML", why=str(error)) from error
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be read", why=str(error.strerror), remedy=f"ls -l {path}") from error
    _refuse_unknown(table, _TYPES, str(path))
    return {name: (value, str(path)) for name, value in table.items()}


def _refuse_unknown(given: Iterable[str], names: Iterable[str], where: str) -> None:
    """Refuse a key of a file, or a variable, that is none of `names`."""
    unknown = sorted(set(given) - set(names))
    if unknown:
        remedy = f"remove it, or choose one of {', '.join(names)}"
        why = _nearest(unknown[0], names)
        raise ConfigurationError(f"unknown setting {unknown[0]!r}", where=where, why=why, remedy=remedy)


def _here() -> Path:
    """The current directory; where it was deleted, one without a file of settings."""
    try:
        return Path.cwd()
    except FileNotFoundError:
        return Path(os.devnull)


def _from_environment(environment: Mapping[str, str]) -> dict[str, tuple[object, str]]:
    named = {name: PREFIX + name.upper() for name in _TYPES}
    ours = (name for name in environment if name.startswith(PREFIX) and not _NO_SETTING.fullmatch(name))
    _refuse_unknown(ours, list(named.values()), "the environment")
    return {name: (environment[var], var) for name, var in named.items() if environment.get(var)}


def load_settings(
    flags: Mapping[str, object] | None = None,
    environment: Mapping[str, str] | None = None,
    directory: Path | None = None,
) -> Origins:
    """Settings from flags, environment and the ``nesannot.toml`` of `directory` (the current one by default).

    Args:
        flags: values given on the command line; None stands for "not given".

    Raises:
        ConfigurationError: for an unknown key or variable, or a value that no command could work with.
    """
    layers = {
        **_from_file(directory or _here()),
        **_from_environment(os.environ if environment is None else environment),
        **{name: (value, "flag") for name, value in (flags or {}).items() if value is not None},
    }
    values = {name: _converted(name, value, origin) for name, (value, origin) in layers.items()}
    default = {"workers": f"default ({usable_cores().origin})"}
    origin = {name: layers[name][1] if name in layers else default.get(name, "default") for name in _TYPES}
    for name, value in values.items():
        _check(name, value, origin[name])
    return Origins(Settings(**values), origin)  # type: ignore[arg-type]
