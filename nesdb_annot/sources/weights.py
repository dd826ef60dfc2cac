"""Weights of language models: a file of gigabytes, resumed after an interruption, with a receipt of size and digest."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import httpx

from .. import __version__
from ..errors import CannotWriteError, ConfigurationError, InputError, TryLaterError
from ..files.atomic import write_atomically
from ..files.digests import file_sha256
from ..records import RECEIPT_SUFFIX, FileReceipt
from ..settings import Settings
from .part import Part, version_of

Told = Callable[[int, int], None]
"""Called with the bytes that are here and the bytes in all (0 if the server does not say)."""

ATTEMPTS = 5
_LOG = logging.getLogger(__name__)
_TIMEOUT = httpx.Timeout(60.0, connect=15.0)


def _nobody(_: int, __: int) -> None:
    """Nobody is told."""


def read_receipt(path: Path) -> FileReceipt | None:
    """The receipt of a fetched file, if there is one.

    Raises:
        ConfigurationError: if it is there and damaged.
    """
    receipt = path.with_name(path.name + RECEIPT_SUFFIX)
    if not receipt.is_file():
        return None
    try:
        return FileReceipt(**json.loads(receipt.read_text(encoding="utf-8")))
    except (ValueError, TypeError) as error:
        raise ConfigurationError(f"{receipt} is damaged", why=str(error), remedy=f"delete it and {path}") from error


class WeightsSource:
    """Fetches files below ``settings.weights_url``; a proxy is taken from the environment, as httpx does.

    Args:
        settings: address and offline switch.
        told: progress.
        sleep: waits between attempts; replaced in tests.
    """

    def __init__(
        self, settings: Settings, *, told: Told = _nobody, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._base, self._offline = settings.weights_url.rstrip("/"), settings.offline
        self._told, self._sleep = told, sleep

    def fetch(self, file_name: str, folder: Path, *, sha256: str | None = None) -> Path:
        """`folder` / `file_name`, fetched unless it is there and is what its receipt says.

        The part of an interrupted fetch stays under a temporary name and is continued by the next call, unless the
        server's file is another one by then.

        Args:
            sha256: digest that the file must have, if it is known.

        Raises:
            ConfigurationError: offline, or the address does not exist.
            TryLaterError: if the server or the connection fails; what came is kept.
            InputError: if what came has another digest or size; it is deleted.
            CannotWriteError: if the disk is full or may not be written.
        """
        target = folder / file_name
        receipt = read_receipt(target)
        if receipt and target.is_file() and file_sha256(target) == receipt.sha256 == (sha256 or receipt.sha256):
            return target
        address = f"{self._base}/{file_name}"
        if self._offline:
            remedy = "leave out --offline and unset NESANNOT_OFFLINE, or give the path of a checkpoint"
            raise ConfigurationError(f"{address} is not fetched", why="offline is set", remedy=remedy)
        try:
            folder.mkdir(parents=True, exist_ok=True)
            part = Part(target)
            self._fetch(address, part)
            return self._finished(address, part, target, sha256)
        except OSError as error:
            why = error.strerror or str(error)
            remedy = "nesannot models fetch NAME --to DIRECTORY, or another data_dir"
            raise CannotWriteError(f"{target} cannot be written", why=why, remedy=remedy) from error

    def _fetch(self, address: str, part: Part) -> None:
        """Try until the part is whole."""
        headers = {"User-Agent": f"nesannot/{__version__} python-httpx/{httpx.__version__}"}
        problem = ""
        with httpx.Client(timeout=_TIMEOUT, headers=headers, follow_redirects=True) as client:
            for attempt in range(ATTEMPTS):
                try:
                    if self._continued(client, address, part):
                        return
                    problem = "the connection ended early"
                except httpx.TransportError as error:
                    problem = f"{type(error).__name__}: {error}"
                if attempt + 1 < ATTEMPTS:
                    message = "%s was not fetched (%s); attempt %d of %d in %.0f s"
                    _LOG.warning(message, address, problem, attempt + 2, ATTEMPTS, 2.0**attempt)
                    self._sleep(2.0**attempt)
        remedy = "run the command again later; what came is kept"
        raise TryLaterError(f"{address} was not fetched", why=f"{problem}; {ATTEMPTS} attempts", remedy=remedy)

    def _continued(self, client: httpx.Client, address: str, part: Part) -> bool:
        """Ask for what is missing and append it; whether the part is then whole."""
        with client.stream("GET", address, headers=part.asking()) as answer:
            if answer.status_code == httpx.codes.REQUESTED_RANGE_NOT_SATISFIABLE:
                whole: bool = answer.headers.get("content-range", "").rpartition("/")[2] == str(part.size)
                if not whole:
                    part.discard()  # longer than the file: it is of another one
                return whole
            if answer.status_code in (httpx.codes.NOT_FOUND, httpx.codes.FORBIDDEN, httpx.codes.GONE):
                why = f"HTTP status {answer.status_code}"
                raise ConfigurationError(f"{address} does not exist", why=why, remedy="set NESANNOT_WEIGHTS_URL")
            if answer.status_code not in (httpx.codes.OK, httpx.codes.PARTIAL_CONTENT):
                raise httpx.TransportError(f"HTTP status {answer.status_code}")
            if answer.status_code == httpx.codes.OK:
                part.begin(version_of(answer.headers))  # the first time, another version, or a server without ranges
            elif not part.goes_on(answer.headers):
                part.discard()
                raise httpx.TransportError("the server sent a part of another file")
            return self._appended(answer, part)

    def _appended(self, answer: httpx.Response, part: Part) -> bool:
        have = part.size
        total = have + int(answer.headers.get("content-length", 0) or 0)
        with part.path.open("ab") as out:
            for chunk in answer.iter_bytes():
                out.write(chunk)
                have += len(chunk)
                self._told(have, total)
        return have == total if "content-length" in answer.headers else True

    def _finished(self, address: str, part: Part, target: Path, sha256: str | None) -> Path:
        """Check the part, write its receipt, give it its name."""
        receipt = FileReceipt(part.path.stat().st_size, file_sha256(part.path), address)
        if sha256 and receipt.sha256 != sha256:
            part.discard()
            why = f"sha256 {receipt.sha256[:12]}, expected {sha256[:12]}"
            raise InputError(f"{address} is not the file that was expected", why=why, remedy="fetch it again")
        write_atomically(target.with_name(target.name + RECEIPT_SUFFIX), json.dumps(asdict(receipt)) + "\n")
        part.finish(target)
        return target
