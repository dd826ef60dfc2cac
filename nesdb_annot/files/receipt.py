"""Receipts of fetched files."""

from __future__ import annotations

from dataclasses import dataclass

RECEIPT_SUFFIX = ".receipt.json"
"""Added to the name of a fetched file to name the file of its `FileReceipt`."""


@dataclass(frozen=True, slots=True)
class FileReceipt:
    """Size in bytes, digest and address of a fetched file at the time of the download."""

    size: int
    sha256: str
    address: str
