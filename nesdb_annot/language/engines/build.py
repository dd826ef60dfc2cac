"""Compiles a kernel at its first use and keeps the library in the cache directory.

Nothing depends on it: without compiler, processor or place to write, whoever asks is told why and takes another engine.
"""

from __future__ import annotations

import ctypes
import hashlib
import os
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from ...files.atomic import atomic_file
from .. import processor

COMPILERS = ("cc", "gcc", "clang")
FLAGS = ("-O3", "-std=gnu11", "-shared", "-fPIC", "-mfma")
SECONDS_TO_COMPILE = 300

ROOM = 2**20
"""Bytes that a library may need."""


@dataclass(frozen=True, slots=True)
class Kernel:
    """One library.

    Attributes:
        sources: what it is made of; the first is compiled, and includes the others.
        needed: what the processor must have, in the words of /proc/cpuinfo.
    """

    sources: tuple[Path, ...]
    needed: tuple[str, ...]

    @property
    def flags(self) -> tuple[str, ...]:
        """What the compiler is told."""
        return (*FLAGS, *(f"-m{name.replace('_', '')}" for name in self.needed))


_KERNEL = Path(__file__).with_name("kernel.c")

BFLOAT16 = Kernel((_KERNEL,), ("avx512f", "avx512bw", "avx512vl", "avx512dq", "avx512_bf16"))
INT8 = Kernel((_KERNEL.with_name("kernel_int8.c"), _KERNEL), (*BFLOAT16.needed, "avx512_vnni"))


@dataclass(frozen=True, slots=True)
class Unavailable:
    """Why there is no compiled kernel, in a few words."""

    why: str


def open_library(cache_dir: Path, kernel: Kernel = BFLOAT16) -> ctypes.CDLL | Unavailable:
    """The kernel, compiled now or earlier.

    Args:
        cache_dir: of the settings; the library is kept below it, named by the digest of sources, flags and compiler.
        kernel: which one.
    """
    absent = [name for name in kernel.needed if name not in processor.flags()]
    if absent:
        return Unavailable(f"the processor lacks {absent[0]}")
    compiler = _compiler()
    if compiler is None:
        return Unavailable("there is no C compiler")
    texts = [source.read_text(encoding="utf-8") for source in kernel.sources]
    stated = "\0".join([*texts, compiler, *kernel.flags])
    name = f"{kernel.sources[0].stem}-{hashlib.sha256(stated.encode()).hexdigest()[:16]}.so"
    directory = cache_dir / "kernel"
    try:
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        library = _kept(compiler, kernel, directory / name)
        if isinstance(library, ctypes.CDLL) or _has_room(directory):
            return library
    except OSError:
        pass  # the directory only saves compiling again: where it is full or broken, the library goes elsewhere
    try:
        with tempfile.TemporaryDirectory(prefix="nesannot-") as passing:  # a loaded library outlives its file
            return _kept(compiler, kernel, Path(passing) / name)
    except OSError as error:
        return Unavailable(f"neither {directory} nor {tempfile.gettempdir()} can be used: {error.strerror}")


def _has_room(directory: Path) -> bool:
    """Whether a library fits into `directory`: a compiler does not say why it could not write."""
    free = os.statvfs(directory)
    return free.f_bavail * free.f_frsize >= ROOM


def _compiler() -> str | None:
    named = os.environ.get("CC", "")
    return next(filter(None, map(shutil.which, (named, *COMPILERS) if named else COMPILERS)), None)


def _kept(compiler: str, kernel: Kernel, path: Path) -> ctypes.CDLL | Unavailable:
    if not path.is_file():
        failure = _compiled(compiler, kernel, path)
        if failure:
            return failure
    try:
        return ctypes.CDLL(str(path))
    except OSError as error:
        return Unavailable(f"the kernel cannot be loaded: {error}")


def _compiled(compiler: str, kernel: Kernel, path: Path) -> Unavailable | None:
    """Compile into a temporary file, then rename: no other process ever sees half a library."""
    name = Path(compiler).name
    try:
        with atomic_file(path) as part:
            command = [compiler, *kernel.flags, "-o", str(part), str(kernel.sources[0])]
            subprocess.run(
                command, capture_output=True, text=True, errors="replace", check=True, timeout=SECONDS_TO_COMPILE
            )
    except subprocess.CalledProcessError as error:
        lines = [line for line in error.stderr.splitlines() if "error" in line]
        return Unavailable(
            f"{name} cannot compile the kernel: {lines[0] if lines else f'exit code {error.returncode}'}"
        )
    except subprocess.TimeoutExpired:
        return Unavailable(f"{name} did not end within {SECONDS_TO_COMPILE} s")
    return None
