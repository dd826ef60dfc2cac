"""Weights of language models: a file of gigabytes, resumed after an interruption, with a receipt of size and digest."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

from ..errors import ConfigurationError, InputError
from ..files.atomic import write_atomically, write_errors_named
from ..files.digests import file_sha256
from ..files.receipt import RECEIPT_SUFFIX, FileReceipt
from ..settings import Settings
from .http import HttpClient
from .partial import PartialFile

Told = Callable[[int, int], None]
"""Called with the bytes that are here and the bytes in all (0 if the server does not say)."""


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
    """Fetches files below ``settings.weights_url``; redirects are followed.

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
        with (
            write_errors_named(target, "nesannot models fetch NAME --to DIRECTORY, or another data_dir"),
            HttpClient(self._base, offline=self._offline, redirects=True, pause=0, sleep=self._sleep) as http,
        ):
            partial = PartialFile(target)
            answer = http.download(file_name, partial, self._told)
            if answer.status not in (200, 206):
                why = f"HTTP status {answer.status}"
                raise ConfigurationError(f"{answer.url} does not exist", why=why, remedy="set NESANNOT_WEIGHTS_URL")
            return self._finished(f"{self._base}/{file_name}", partial, sha256)

    def _finished(self, address: str, partial: PartialFile, sha256: str | None) -> Path:
        """Check the file, write its receipt, give it its name."""
        target, receipt = partial.target, FileReceipt(partial.size, file_sha256(partial.path), address)
        if sha256 and receipt.sha256 != sha256:
            partial.discard()
            why = f"sha256 {receipt.sha256[:12]}, expected {sha256[:12]}"
            raise InputError(f"{address} is not the file that was expected", why=why, remedy="fetch it again")
        write_atomically(target.with_name(target.name + RECEIPT_SUFFIX), json.dumps(asdict(receipt)) + "\n")
        partial.finish()
        return target
