"""Objects of a JSON file, one after another, however the file is wrapped, laid out and cut into chunks."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nesdb_annot.errors import InputError
from nesdb_annot.formats import json_stream
from nesdb_annot.formats.json_stream import json_objects

keys = st.text(max_size=5)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3),
    max_leaves=8,
)
objects = st.lists(st.dictionaries(keys, values, max_size=4), max_size=5)


def storable(value):
    try:
        return (
            "\0" not in (text := json.dumps(value, ensure_ascii=False))
            and "\\u0000" not in text
            and text.encode() != b""
        )
    except UnicodeEncodeError:
        return False


@given(
    objects.filter(storable),
    st.sampled_from([None, 1]),
    st.sampled_from(["results", "list", "lines"]),
    st.integers(1, 9),
)
@settings(max_examples=200, deadline=None)
def test_objects_are_read_back_whatever_the_size_of_a_chunk(tmp_path_factory, given_objects, indent, wrap, chunk):
    text = {
        "results": json.dumps({"results": given_objects}, indent=indent),
        "list": json.dumps(given_objects, indent=indent, ensure_ascii=False),
        "lines": "\n".join(json.dumps(value) for value in given_objects),
    }[wrap]
    path = tmp_path_factory.getbasetemp() / "objects.json"
    path.write_text(text, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(json_stream, "_CHUNK", 64 * chunk)
        assert list(json_objects(path)) == given_objects


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b'{"a": 1} x', "an object must begin where 'x' stands"),
        (b"[1]", "an object must begin where '1' stands"),
        (b'[{"a": 1}', "ends inside its list"),
        (b'{"results": [{"a": 1}, {"b"', "delimiter"),
        (b'{"a": "never closed', "Unterminated"),
        (b'{"a": 01}', ""),
        (b'{"a": "\n"}', "control character"),
        (b"hello", "an object must begin"),
        (b"[" * 10, "an object must begin"),
        (b'{"a":' * 100_000 + b"1", "brackets"),
    ],
)
def test_broken_json_says_where_and_why(tmp_path, content, why):
    path = tmp_path / "broken.json"
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"broken\.json is not valid JSON") as caught:
        list(json_objects(path))
    assert why.lower() in caught.value.why.lower()
    assert "character" in caught.value.where


def test_not_utf8(tmp_path):
    path = tmp_path / "x.json"
    path.write_bytes(b'{"a": "\xff"}')
    with pytest.raises(InputError, match="not UTF-8"):
        list(json_objects(path))


def test_good_objects_come_before_the_error(tmp_path):
    path = tmp_path / "x.json"
    path.write_text('[{"a": 1}, {"b": 2}, oops')
    stream = json_objects(path)
    assert [next(stream), next(stream)] == [{"a": 1}, {"b": 2}]
    with pytest.raises(InputError):
        next(stream)


def test_an_endless_object_is_not_waited_for(tmp_path, monkeypatch):
    monkeypatch.setattr(json_stream, "MAXIMUM_OBJECT", 10_000)
    monkeypatch.setattr(json_stream, "_CHUNK", 1000)
    path = tmp_path / "x.json"
    path.write_text('{"a": "' + "x" * 1_000_000)
    with pytest.raises(InputError, match="not valid JSON"):
        list(json_objects(path))


def test_an_object_larger_than_many_chunks(tmp_path, monkeypatch):
    monkeypatch.setattr(json_stream, "_CHUNK", 100)
    path = tmp_path / "x.json"
    path.write_text(json.dumps([{"a": "x" * 50_000}, {"b": "y"}]))
    assert [len(str(value)) for value in json_objects(path)] == [50_009, 10]


def test_empty_files(tmp_path):
    for content, count in (("", 0), ("  \n", 0), ("[]", 0), ("{}", 1)):
        path = tmp_path / "x.json"
        path.write_text(content)
        assert len(list(json_objects(path))) == count
