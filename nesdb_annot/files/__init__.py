"""Files: atomic writing, errors of the disk in words, digests."""
