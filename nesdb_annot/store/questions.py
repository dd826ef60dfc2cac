"""Example questions: SQL on the documented views that answers what people ask first, each by its name."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from psycopg import sql

from ..errors import UsageError
from .queries import read_statements

_DEFAULT = re.compile(r"^-- :(\w+) = (.+)\n", re.MULTILINE)
_PARAMETER = re.compile(r"(?<![:\w]):([a-z]\w*)")


@dataclass(frozen=True, slots=True)
class Question:
    """A statement with parameters ``:name``, each of which has a default: an SQL expression."""

    name: str
    purpose: str
    text: str
    defaults: Mapping[str, str]


@cache
def questions() -> Mapping[str, Question]:
    """All example questions by name, in the order of their file."""
    read = read_statements("questions.sql").values()
    found = [
        Question(one.name, one.purpose, _DEFAULT.sub("", one.text + "\n").strip(), dict(_DEFAULT.findall(one.text)))
        for one in read
    ]
    return {question.name: question for question in found}


def find_question(name: str) -> Question:
    """The question of this name.

    Raises:
        UsageError: if there is none; lists those that there are.
    """
    if name not in questions():
        raise UsageError(f"no example {name!r}", remedy=f"list, or one of {', '.join(questions())}")
    return questions()[name]


def bound(question: Question, given: Mapping[str, str]) -> str:
    """The statement with each parameter replaced by the given value, quoted, or else by its default.

    Raises:
        UsageError: if a given name is no parameter of the question.
    """
    unknown = sorted(given.keys() - question.defaults.keys())
    if unknown:
        known = ", ".join(question.defaults)
        raise UsageError(f"{question.name} has no parameter {unknown[0]!r}", remedy=f"its parameters are {known}")

    def value(found: re.Match[str]) -> str:
        name = found[1]
        if name in given:
            return sql.Literal(given[name]).as_string(None).strip()
        return _PARAMETER.sub(value, question.defaults[name])

    return _PARAMETER.sub(value, question.text)
