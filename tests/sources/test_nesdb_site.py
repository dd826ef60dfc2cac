"""The NESdb site: only on accepted terms, slowly, once, and as far as it goes."""

import json
import re
from dataclasses import replace

import pytest

from nesdb_annot.errors import CannotWriteError, ConfigurationError, InputError, TryLaterError
from nesdb_annot.formats.nesdb_page import read_nesdb_index, read_nesdb_page
from nesdb_annot.records import ReferenceEntry, Reject
from nesdb_annot.sources import nesdb_site
from nesdb_annot.sources.http import HttpClient
from nesdb_annot.sources.nesdb_site import TERMS, NesdbSite, SitePage

GOOD, DOUBT = ["7", "12", "30"], ["30", "41"]


def index(numbers):
    links = "".join(f'<a href="details.php?name={n}">Name {n}</a><br>' for n in numbers)
    return f"<html><body>{links}</body></html>".encode()


def details(number):
    sections = f"<h3>Sequence (FASTA)</h3><pre>&gt;sp|P0000{int(number) % 10}|A_B Name\nMKLVALALKLAGLDI</pre>"
    return f"<html><h2>Summary for Name {number} (NES ID: {number})</h2>{sections}</html>".encode()


@pytest.fixture
def site_server(server, reply):
    def answer(path, query):
        page = re.sub("^/LRNes/", "", path)
        if page in ("namesGood.php", "namesDoubt.php"):
            return reply(index(GOOD if page == "namesGood.php" else DOUBT))
        return reply(details(query["name"])) if page == "details.php" else reply(status=404)

    server.answer = answer
    return server


@pytest.fixture
def site(local_settings):
    http = HttpClient(local_settings.nesdb_url, offline=False, pause=0, sleep=lambda _: None)
    return NesdbSite(local_settings, accepted_terms=True, http=http)


def test_terms_must_be_accepted(local_settings, site_server):
    with pytest.raises(ConfigurationError, match="terms") as caught:
        NesdbSite(local_settings, accepted_terms=False)
    assert caught.value.why == TERMS
    assert "nonprofit" in TERMS
    assert "--accept-terms" in caught.value.remedy
    assert site_server.asked == []


def test_all_pages_of_both_lists(site, site_server):
    pages = list(site.pages(read_nesdb_index))
    assert [(page.entry_id, page.name, page.doubtful) for page in pages] == [
        ("7", "Name 7", False),
        ("12", "Name 12", False),
        ("30", "Name 30", True),
        ("41", "Name 41", True),
    ]
    assert site_server.paths()[:2] == ["/LRNes/namesGood.php", "/LRNes/namesDoubt.php"]
    assert [query["name"] for _, query in site_server.asked[2:]] == ["7", "12", "30", "41"]


def test_saved_pages_are_read_by_the_parser(site, site_server):
    for page in site.pages(read_nesdb_index):
        entry = [
            found for found in read_nesdb_page(page.path, doubtful=page.doubtful) if isinstance(found, ReferenceEntry)
        ]
        assert [(found.entry_id, found.doubtful) for found in entry] == [(page.entry_id, page.doubtful)]


def test_nothing_is_fetched_twice(site, site_server):
    first = list(site.pages(read_nesdb_index))
    site_server.asked.clear()
    assert list(site.pages(read_nesdb_index)) == first
    assert site_server.asked == []


def test_what_is_old_is_fetched_again(site, site_server):
    list(site.pages(read_nesdb_index))
    site_server.asked.clear()
    list(site.pages(read_nesdb_index, refresh_index=True, oldest_days=0))
    assert len(site_server.asked) == 6


def aged(settings, name, days):
    path = settings.cache_dir / "nesdb" / "seen.json"
    seen = json.loads(path.read_text())
    seen[name]["looked"] -= days * 86_400
    path.write_text(json.dumps(seen))


def test_pages_are_looked_at_again_when_their_time_has_come(local_settings, site, site_server):
    list(site.pages(read_nesdb_index))
    aged(local_settings, "details-12.html", 29)
    aged(local_settings, "details-30.html", 27)
    site_server.asked.clear()
    again = NesdbSite(local_settings, accepted_terms=True, http=site._http)
    assert len(list(again.pages(read_nesdb_index, oldest_days=28))) == 4
    assert [query["name"] for _, query in site_server.asked] == ["12"]
    site_server.asked.clear()
    list(NesdbSite(local_settings, accepted_terms=True, http=site._http).pages(read_nesdb_index, oldest_days=28))
    assert site_server.asked == [], "it was looked at just now"


@pytest.mark.parametrize(
    ("said", "asked"),
    [
        (("ETag", '"v1"'), ("If-None-Match", '"v1"')),
        (("Last-Modified", "Fri, 01 May 2026 10:00:00 GMT"), ("If-Modified-Since", "Fri, 01 May 2026 10:00:00 GMT")),
    ],
)
def test_what_is_not_modified_is_not_sent_again(local_settings, site, site_server, reply, said, asked):
    whole = site_server.answer

    def answer(path, query):
        if site_server.headers[-1].get(asked[0]) == asked[1] and query.get("name") != "41":
            return reply(status=304)
        plain = whole(path, query)
        return reply(plain.body, plain.status, {said[0]: said[1]})

    site_server.answer = answer
    first = {page.path: page.path.read_bytes() for page in site.pages(read_nesdb_index)}
    assert not any(asked[0] in headers for headers in site_server.headers), "nothing was known yet"
    site_server.headers.clear()
    again = NesdbSite(local_settings, accepted_terms=True, http=site._http)
    pages = again.pages(read_nesdb_index, refresh_index=True, oldest_days=0)
    assert {page.path: page.path.read_bytes() for page in pages} == first
    assert [headers.get(asked[0]) for headers in site_server.headers] == [asked[1]] * 6


def test_a_page_that_changed_takes_the_place_of_the_old_one(local_settings, site, site_server, reply):
    list(site.pages(read_nesdb_index))
    whole = site_server.answer
    site_server.answer = lambda path, query: (
        reply(details("12").replace(b"MKLVALALKLAGLDI", b"MKLVALALKLAGLDISS"))
        if query.get("name") == "12"
        else whole(path, query)
    )
    pages = {page.entry_id: page for page in site.pages(read_nesdb_index, oldest_days=0)}
    assert "LDISS" in pages["12"].path.read_text()


def test_a_damaged_memory_is_none(local_settings, site, site_server):
    list(site.pages(read_nesdb_index))
    (local_settings.cache_dir / "nesdb" / "seen.json").write_text('{"details-12.html": [')
    site_server.asked.clear()
    again = NesdbSite(local_settings, accepted_terms=True, http=site._http)
    assert len(list(again.pages(read_nesdb_index, oldest_days=28))) == 4
    assert site_server.asked == [], "the date of the file stands in"


def test_an_interrupted_crawl_goes_on(site, site_server, reply):
    whole = site_server.answer
    site_server.answer = lambda path, query: reply(status=503) if query.get("name") == "30" else whole(path, query)
    with pytest.raises(TryLaterError):
        list(site.pages(read_nesdb_index))
    site_server.answer = whole
    site_server.asked.clear()
    assert len(list(site.pages(read_nesdb_index))) == 4
    assert [query.get("name") for _, query in site_server.asked] == ["30", "41"]


@pytest.mark.parametrize(
    ("status", "body", "reason"), [(404, b"", "HTTP status 404"), (200, b"<html>oops</html>", "NES ID")]
)
def test_a_page_that_is_none_is_a_reject_and_is_not_kept(site, site_server, reply, status, body, reason):
    whole = site_server.answer
    site_server.answer = lambda path, query: reply(body, status) if query.get("name") == "12" else whole(path, query)
    pages = list(site.pages(read_nesdb_index))
    (refused,) = [page for page in pages if isinstance(page, Reject)]
    assert reason in refused.reason
    assert "Name 12" in refused.reason
    assert len([page for page in pages if isinstance(page, SitePage)]) == 3
    site_server.answer = whole
    assert not [page for page in site.pages(read_nesdb_index) if isinstance(page, Reject)]


def test_an_index_that_is_none_is_an_error_and_is_not_kept(site, site_server, reply):
    whole = site_server.answer
    site_server.answer = lambda path, query: reply(b"<html>maintenance</html>")
    with pytest.raises(InputError, match="no index page"):
        list(site.pages(read_nesdb_index))
    site_server.answer = whole
    assert len(list(site.pages(read_nesdb_index))) == 4


def test_a_site_that_is_gone(site, site_server, reply):
    site_server.answer = lambda path, query: reply(status=404)
    with pytest.raises(TryLaterError, match="is not there"):
        list(site.pages(read_nesdb_index))


def test_at_most_one_request_a_second(local_settings, monkeypatch):
    made = []
    monkeypatch.setattr(nesdb_site, "HttpClient", lambda *args, **options: made.append(options))
    NesdbSite(local_settings, accepted_terms=True)
    assert made == [{"offline": False, "pause": 1.0}]


def test_offline(local_settings, site_server):
    site = NesdbSite(replace(local_settings, offline=True), accepted_terms=True)
    with pytest.raises(ConfigurationError, match="not fetched"):
        list(site.pages(read_nesdb_index))
    assert site_server.asked == []


def test_latin1_pages_are_kept_as_utf8(site, site_server, reply):
    whole = site_server.answer

    def answer(path, query):
        if query.get("name") == "7":
            body = details("7").replace(b"Name 7", "Müller".encode("latin-1"))
            return reply(body, headers={"Content-Type": "text/html; charset=iso-8859-1"})
        return whole(path, query)

    site_server.answer = answer
    page = next(site.pages(read_nesdb_index))
    assert "Müller" in page.path.read_text(encoding="utf-8")


def test_progress_is_told(local_settings, site_server):
    told = []
    http = HttpClient(local_settings.nesdb_url, offline=False, pause=0)
    crawl = NesdbSite(local_settings, accepted_terms=True, told=lambda *numbers: told.append(numbers), http=http)
    list(crawl.pages(read_nesdb_index))
    assert told == [(1, 4), (2, 4), (3, 4), (4, 4)]


def test_a_cache_that_cannot_be_written(local_settings, site_server, tmp_path):
    (tmp_path / "file").write_text("x")
    settings = replace(local_settings, cache_dir=tmp_path / "file")
    crawl = NesdbSite(settings, accepted_terms=True)
    with pytest.raises(CannotWriteError, match="cannot be written") as caught:
        list(crawl.pages(read_nesdb_index))
    assert caught.value.exit_code == 73
