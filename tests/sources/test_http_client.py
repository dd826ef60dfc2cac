"""One host, polite, patient, bounded, and silent when offline."""

import email.utils
import gzip
import socket
import time

import pytest

from nesdb_annot.errors import ConfigurationError, InputError, TryLaterError
from nesdb_annot.sources import http
from nesdb_annot.sources.http import RETRIES, Answer, HttpClient, retry_after


@pytest.fixture
def slept():
    return []


@pytest.fixture
def client(server, slept):
    with HttpClient(server.url, offline=False, pause=0, sleep=slept.append) as client:
        yield client


def test_get(client, server, reply):
    server.answer = lambda path, query: reply(b"hello", headers={"X-Thing": "1"})
    answer = client.get("a/b", {"q": "x y"})
    assert (answer.status, answer.body, answer.headers["x-thing"]) == (200, b"hello", "1")
    assert server.asked == [("/a/b", {"q": "x y"})]
    assert server.headers[0]["User-Agent"].startswith("nesannot/")


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504, 522])
def test_busy_servers_are_asked_again(client, server, reply, slept, status):
    replies = [reply(status=status), reply(status=status), reply(b"at last")]
    server.answer = lambda path, query: replies.pop(0)
    assert client.get("x").body == b"at last"
    assert len(slept) == 2
    assert 0.5 <= slept[0] <= 1.5
    assert 1.0 <= slept[1] <= 3.0


def test_it_gives_up_after_five_retries(client, server, reply, slept):
    server.answer = lambda path, query: reply(status=503)
    with pytest.raises(TryLaterError, match="does not answer") as caught:
        client.get("x")
    assert "503" in caught.value.where
    assert caught.value.exit_code == 75
    assert len(server.asked) == RETRIES + 1
    assert len(slept) == RETRIES


def test_retry_after_is_honoured(client, server, reply, slept):
    replies = [reply(status=429, headers={"Retry-After": "17"}), reply(b"ok")]
    server.answer = lambda path, query: replies.pop(0)
    client.get("x")
    assert slept == [17.0]


def test_a_server_that_asks_for_too_long_is_left_alone(client, server, reply, slept):
    server.answer = lambda path, query: reply(status=429, headers={"Retry-After": "9999"})
    with pytest.raises(TryLaterError, match="does not answer") as caught:
        client.get("x")
    assert "9999 seconds" in caught.value.why
    assert len(server.asked) == 1
    assert slept == []


def test_retry_after_as_a_date():
    now = 1_800_000_000.0
    assert retry_after({"retry-after": email.utils.formatdate(now + 30, usegmt=True)}, now) == 30
    assert retry_after({"retry-after": email.utils.formatdate(now - 30, usegmt=True)}, now) == 0
    assert retry_after({"retry-after": "soon"}, now) is None
    assert retry_after({}, now) is None


def test_an_answer_that_breaks_off_is_asked_for_again(client, server, reply, slept):
    replies = [reply(b"x" * 1000, cut=10), reply(b"whole")]
    server.answer = lambda path, query: replies.pop(0)
    assert client.get("x").body == b"whole"
    assert len(slept) == 1


def test_nobody_listens(slept):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(TryLaterError) as caught:
        HttpClient(f"http://127.0.0.1:{port}", offline=False, pause=0, sleep=slept.append).get("x")
    assert "ConnectError" in caught.value.where
    assert len(slept) == RETRIES


@pytest.mark.parametrize("status", [303, 400, 404, 410])
def test_answers_that_mean_something_are_given_back_at_once(client, server, reply, status):
    server.answer = lambda path, query: reply(b"why", status, {"Location": "/elsewhere"})
    answer = client.get("x")
    assert (answer.status, answer.headers["location"]) == (status, "/elsewhere")
    assert len(server.asked) == 1


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_redirects_are_never_followed(client, server, reply, status):
    server.answer = lambda path, query: reply(status=status, headers={"Location": "http://127.0.0.1:1/trap"})
    with pytest.raises(ConfigurationError, match="has moved") as caught:
        client.get("x")
    assert "127.0.0.1:1/trap" in caught.value.why
    assert len(server.asked) == 1


def test_offline_opens_no_socket(monkeypatch, server):
    def refuse(*_, **__):
        raise AssertionError("a socket was opened")

    monkeypatch.setattr(socket, "socket", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    with pytest.raises(ConfigurationError, match="not fetched") as caught:
        HttpClient("https://rest.uniprot.org", offline=True).get("x")
    assert caught.value.exit_code == 78
    assert "offline" in caught.value.why


@pytest.mark.parametrize(
    "url", ["http://evil.example/x", "https://127.0.0.1/x", "ftp://127.0.0.1/x", "http://u@127.0.0.1/"]
)
def test_other_hosts_are_not_asked(client, server, url):
    with pytest.raises(ConfigurationError, match="not fetched"):
        client.get(url)
    assert server.asked == []


@pytest.mark.parametrize("url", ["", "rest.uniprot.org", "file:///etc/passwd", "https://"])
def test_base_address_must_be_one(url):
    with pytest.raises(ConfigurationError, match="no address"):
        HttpClient(url, offline=False)


@pytest.mark.parametrize("packed", [False, True])
def test_answers_are_bounded(client, server, reply, monkeypatch, packed):
    monkeypatch.setattr(http, "MAXIMUM_ANSWER", 10_000)
    body = b"x" * 1_000_000
    headers = {"Content-Encoding": "gzip"} if packed else {}
    server.answer = lambda path, query: reply(gzip.compress(body, mtime=0) if packed else body, headers=headers)
    with pytest.raises(InputError, match="larger than 10,000 bytes"):
        client.get("x")


def test_requests_keep_their_distance(server, reply):
    server.answer = lambda path, query: reply(b"x")
    with HttpClient(server.url, offline=False, pause=0.05) as client:
        begun = time.monotonic()
        for _ in range(4):
            client.get("x")
        assert time.monotonic() - begun >= 0.15


@pytest.mark.parametrize(
    ("kind", "body", "text"),
    [
        ("text/html; charset=iso-8859-1", b"\xe9", "é"),
        ("text/html", "α".encode(), "α"),
        ("text/html", b"\xe9", "é"),
        ("text/html; charset=nonsense", b"x", "x"),
    ],
)
def test_text_of_an_answer(kind, body, text):
    assert Answer("u", 200, {"content-type": kind}, body).text() == text
