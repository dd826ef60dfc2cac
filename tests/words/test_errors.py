"""Each error says what, where, why and what to try, and maps to a documented exit code."""

import pytest

from nesdb_annot import errors
from nesdb_annot.errors import disk_error


def all_errors():
    return [errors.NesannotError, *errors.NesannotError.__subclasses__()]


@pytest.mark.parametrize("kind", all_errors())
def test_exit_code_is_documented(kind):
    assert kind.exit_code in errors.EXIT_CODES


def test_codes_differ_between_those_who_must_act():
    codes = [kind.exit_code for kind in errors.NesannotError.__subclasses__()]
    assert len(codes) == len(set(codes))


def test_message_holds_every_fact_on_its_own_line():
    error = errors.InputError("bad record", where="a.fasta:7", why="letter 'J'", remedy="replace J by X")
    lines = ["bad record", "  where: a.fasta:7", "  why: letter 'J'", "  try: replace J by X"]
    assert str(error).splitlines() == lines


def test_facts_that_are_not_known_are_left_out():
    assert str(errors.InputError("bad record")) == "bad record"


def test_a_chain_of_causes_that_is_a_circle_ends():
    first, second = ValueError("first"), ValueError("second")
    first.__cause__, second.__cause__ = second, first
    assert disk_error(first) is None
