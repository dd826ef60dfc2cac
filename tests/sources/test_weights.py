"""Weights over an unreliable line: resumed, checked, never half, and not at all when offline."""

import hashlib
import json
import socket
from dataclasses import replace

import pytest

from nesdb_annot.errors import CannotWriteError, ConfigurationError, InputError, TryLaterError
from nesdb_annot.files.receipt import RECEIPT_SUFFIX
from nesdb_annot.language.models import model_path
from nesdb_annot.settings import Settings
from nesdb_annot.sources.http import RETRIES
from nesdb_annot.sources.partial import version_of
from nesdb_annot.sources.weights import WeightsSource, read_receipt
from nesdb_annot.workflow.fetch_model import Megabytes, fetch_missing
from nesdb_annot.workflow.progress import Silent

ATTEMPTS = RETRIES + 1
CONTENT = bytes(range(256)) * 4000
DIGEST = hashlib.sha256(CONTENT).hexdigest()
NAME = "esm2_t6_8M_UR50D.pt"
VERSION = {"ETag": '"first"'}
OLD = {"Last-Modified": "Wed, 05 Aug 2026 10:00:00 GMT"}
NEW = {"Last-Modified": "Thu, 06 Aug 2026 10:00:00 GMT"}


class Mirror:
    """Serves a file with ranges as RFC 9110 wants it; `cuts` are the bytes to send before breaking off, by request."""

    def __init__(self, local, reply, content=CONTENT, cuts=(), ranges=True, version=VERSION, obeys_if_range=True):
        self.local, self.reply, self.content, self.cuts, self.ranges = local, reply, content, list(cuts), ranges
        self.version, self.obeys_if_range = version, obeys_if_range
        local.answer = self

    def __call__(self, path, query):
        asked, wanted = (self.local.headers[-1].get(name) for name in ("Range", "If-Range"))
        cut = self.cuts.pop(0) if self.cuts else None
        changed = self.obeys_if_range and wanted not in (None, *self.version.values())
        if not asked or not self.ranges or changed:
            return self.reply(self.content, headers=self.version, cut=cut)
        begin = int(asked.removeprefix("bytes=").rstrip("-"))
        whole = len(self.content)
        if begin >= whole:
            return self.reply(b"", 416, {"Content-Range": f"bytes */{whole}"})
        stated = {"Content-Range": f"bytes {begin}-{whole - 1}/{whole}", **self.version}
        return self.reply(self.content[begin:], 206, stated, cut=cut)

    def ranges_asked(self):
        return [headers.get("Range") for headers in self.local.headers]


@pytest.fixture
def reply(request):
    return type(request.getfixturevalue("server")).__init__.__globals__["Reply"]


@pytest.fixture
def source(server):
    return WeightsSource(Settings(weights_url=server.url), sleep=lambda _: None)


def leftovers(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_whole_fetch_leaves_the_file_and_its_receipt(server, reply, source, tmp_path):
    Mirror(server, reply)
    path = source.fetch(NAME, tmp_path / "weights")
    assert path.read_bytes() == CONTENT
    receipt = read_receipt(path)
    assert (receipt.size, receipt.sha256) == (len(CONTENT), DIGEST)
    assert receipt.address == f"{server.url}/{NAME}"
    assert leftovers(path.parent) == [NAME, NAME + RECEIPT_SUFFIX]


def test_what_is_here_is_not_asked_for_again_even_offline(server, reply, source, tmp_path):
    Mirror(server, reply)
    source.fetch(NAME, tmp_path)
    offline = WeightsSource(Settings(weights_url=server.url, offline=True))
    assert offline.fetch(NAME, tmp_path).read_bytes() == CONTENT
    assert len(server.asked) == 1


def test_a_broken_connection_is_continued_where_it_broke(server, reply, source, tmp_path):
    mirror = Mirror(server, reply, cuts=[400_000, 300_000])
    assert source.fetch(NAME, tmp_path).read_bytes() == CONTENT
    ranges = mirror.ranges_asked()
    assert ranges[0] is None
    assert len(ranges) == 3
    begins = [int(asked.removeprefix("bytes=").rstrip("-")) for asked in ranges[1:]]
    assert 0 < begins[0] <= 400_000 < begins[1] + 1


def test_an_interrupted_command_is_continued_by_the_next_one(server, reply, source, tmp_path):
    Mirror(server, reply, cuts=[200_000] + [0] * (ATTEMPTS - 1))
    with pytest.raises(TryLaterError, match="what was fetched is kept"):
        source.fetch(NAME, tmp_path)
    assert not (tmp_path / NAME).exists()
    part = tmp_path / f"{NAME}.part"
    assert 0 < part.stat().st_size <= 200_000
    mirror = Mirror(server, reply)
    had = part.stat().st_size
    assert source.fetch(NAME, tmp_path).read_bytes() == CONTENT
    assert mirror.ranges_asked()[-1] == f"bytes={had}-"


def left(folder, content, version='"first"'):
    """What a command that was interrupted leaves."""
    (folder / f"{NAME}.part").write_bytes(content)
    (folder / f"{NAME}.state.json").write_text(json.dumps({"version": version}))


def test_a_part_that_is_whole_needs_only_its_name(server, reply, source, tmp_path):
    left(tmp_path, CONTENT)
    mirror = Mirror(server, reply)
    assert source.fetch(NAME, tmp_path).read_bytes() == CONTENT
    assert mirror.ranges_asked() == [f"bytes={len(CONTENT)}-"]


def test_a_part_of_a_longer_file_is_thrown_away(server, reply, source, tmp_path):
    left(tmp_path, CONTENT + b"more")
    Mirror(server, reply)
    assert source.fetch(NAME, tmp_path).read_bytes() == CONTENT


@pytest.mark.parametrize("obeys", [True, False], ids=["by the server", "by its answer"])
@pytest.mark.parametrize(("old", "new"), [(VERSION, {"ETag": '"second"'}), (OLD, NEW)], ids=["ETag", "date"])
def test_a_file_that_changed_since_the_interruption_is_not_joined(server, reply, source, tmp_path, old, new, obeys):
    Mirror(server, reply, cuts=[200_000] + [0] * (ATTEMPTS - 1), version=old)
    with pytest.raises(TryLaterError):
        source.fetch(NAME, tmp_path)
    begun = (tmp_path / f"{NAME}.part").stat().st_size
    mirror = Mirror(server, reply, CONTENT[::-1], version=new, obeys_if_range=obeys)
    assert source.fetch(NAME, tmp_path).read_bytes() == CONTENT[::-1]
    asked = mirror.ranges_asked()[ATTEMPTS:]
    assert asked == ([f"bytes={begun}-"] if obeys else [f"bytes={begun}-", None])
    assert server.headers[ATTEMPTS]["If-Range"] == next(iter(old.values()))
    assert leftovers(tmp_path) == [NAME, NAME + RECEIPT_SUFFIX]


@pytest.mark.parametrize("version", [{}, {"ETag": 'W/"weak"', **OLD}], ids=["none", "weak"])
def test_a_file_without_a_version_to_name_is_begun_anew(server, reply, source, tmp_path, version):
    mirror = Mirror(server, reply, cuts=[200_000], version=version)
    assert source.fetch(NAME, tmp_path).read_bytes() == CONTENT
    assert mirror.ranges_asked() == [None, None]


def test_a_date_of_the_very_second_of_the_answer_names_no_version():
    assert version_of({"last-modified": OLD["Last-Modified"], "date": NEW["Last-Modified"]}) == OLD["Last-Modified"]
    assert version_of({"last-modified": OLD["Last-Modified"], "date": OLD["Last-Modified"]}) == ""


def test_a_part_that_begins_elsewhere_is_not_joined(server, reply, source, tmp_path):
    left(tmp_path, CONTENT[:1000])
    replies = [reply(CONTENT[5:], 206, {"Content-Range": f"bytes 5-{len(CONTENT) - 1}/{len(CONTENT)}"}), reply(CONTENT)]
    server.answer = lambda path, query: replies.pop(0)
    assert source.fetch(NAME, tmp_path).read_bytes() == CONTENT


def test_a_server_without_ranges_starts_over(server, reply, source, tmp_path):
    Mirror(server, reply, cuts=[500_000], ranges=False)
    assert source.fetch(NAME, tmp_path).read_bytes() == CONTENT


def test_a_wrong_digest_leaves_nothing(server, reply, source, tmp_path):
    Mirror(server, reply)
    with pytest.raises(InputError, match="not the file that was expected"):
        source.fetch(NAME, tmp_path, sha256="0" * 64)
    assert leftovers(tmp_path) == []


def test_the_right_digest_is_accepted(server, reply, source, tmp_path):
    Mirror(server, reply)
    assert source.fetch(NAME, tmp_path, sha256=DIGEST).is_file()


def test_a_file_that_changed_is_fetched_again(server, reply, source, tmp_path):
    Mirror(server, reply)
    path = source.fetch(NAME, tmp_path)
    path.write_bytes(b"damaged")
    assert source.fetch(NAME, tmp_path).read_bytes() == CONTENT


def test_a_damaged_receipt_is_named(server, reply, source, tmp_path):
    (tmp_path / (NAME + RECEIPT_SUFFIX)).write_text(json.dumps({"size": 1}))
    with pytest.raises(ConfigurationError, match="is damaged"):
        source.fetch(NAME, tmp_path)


@pytest.mark.parametrize("status", [403, 404, 410])
def test_an_address_that_does_not_exist_is_not_tried_again(status, server, reply, source, tmp_path):
    server.answer = lambda path, query: reply(b"no", status)
    with pytest.raises(ConfigurationError, match="NESANNOT_WEIGHTS_URL"):
        source.fetch(NAME, tmp_path)
    assert len(server.asked) == 1
    assert leftovers(tmp_path) == []


def test_a_busy_server_is_tried_again_and_then_given_up(server, reply, source, tmp_path):
    server.answer = lambda path, query: reply(b"busy", 503)
    with pytest.raises(TryLaterError, match="503"):
        source.fetch(NAME, tmp_path)
    assert len(server.asked) == ATTEMPTS


def test_offline_opens_no_socket(tmp_path, monkeypatch):
    def refuse(*_, **__):
        raise AssertionError("a socket was opened")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    source = WeightsSource(Settings(offline=True))
    with pytest.raises(ConfigurationError, match="offline"):
        source.fetch(NAME, tmp_path)


def test_a_proxy_of_the_environment_is_used(server, reply, tmp_path, monkeypatch):
    Mirror(server, reply)
    monkeypatch.setenv("http_proxy", server.url)
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    source = WeightsSource(Settings(weights_url="http://weights.invalid/models"), sleep=lambda _: None)
    assert source.fetch(NAME, tmp_path).read_bytes() == CONTENT


def test_a_folder_that_cannot_be_made(server, reply, source, tmp_path):
    Mirror(server, reply)
    (tmp_path / "file").write_text("")
    with pytest.raises(CannotWriteError, match="--to DIRECTORY"):
        source.fetch(NAME, tmp_path / "file" / "weights")


def test_progress_is_told(server, reply, tmp_path):
    Mirror(server, reply)
    told = []
    source = WeightsSource(Settings(weights_url=server.url), told=lambda have, total: told.append((have, total)))
    source.fetch(NAME, tmp_path)
    assert told[-1] == (len(CONTENT), len(CONTENT))
    assert told == sorted(told)


class Notes(Silent):
    """Keeps what it is told."""

    def __init__(self):
        self.notes = []

    def note(self, text):
        self.notes.append(text)


def test_weights_that_are_missing_are_fetched_once_for_an_official_name_and_for_nothing_else(server, reply, tmp_path):
    Mirror(server, reply)
    told = Notes()
    settings = Settings(weights_url=server.url, data_dir=tmp_path, model="esm2_t6_8M_UR50D")
    for other in ("bundled", "esm3", "a/b", str(tmp_path / "model.pt")):
        fetch_missing(replace(settings, model=other), told)
    fetch_missing(replace(settings, offline=True), told)
    assert (server.asked, told.notes, leftovers(tmp_path)) == ([], [], [])
    fetch_missing(settings, told)
    assert model_path(settings).read_bytes() == CONTENT
    assert told.notes[0].startswith("fetching the weights of esm2_t6_8M_UR50D, which are not here")
    assert told.notes[-1] == "1 of 1 MB"
    fetch_missing(settings, told)
    assert len(server.asked) == 1


@pytest.mark.parametrize(("total", "lines"), [(1_000_000_000, 11), (0, 11)])
def test_a_fetch_notes_ten_steps(total, lines):
    notes = []
    megabytes = Megabytes(notes.append)
    for have in range(0, 1_000_000_001, 1_000_000):
        megabytes(have, total)
    assert len(notes) == lines
    assert notes[-1].startswith("1,000 ")
