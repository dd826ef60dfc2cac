"""What a process of its own can import for the tests of deferred commands."""

import os

from nesdb_annot.errors import ConfigurationError


def refusing(_settings):
    def perform(_command):
        raise ConfigurationError("never fits")

    return perform


def dying(_settings):
    return lambda _: os._exit(9)


def idle(_settings):
    return lambda _: None
