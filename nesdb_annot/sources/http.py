"""The one way to speak HTTP: timeouts, retries, resumed downloads, a pause, a size cap, one host, an offline switch."""

from __future__ import annotations

import email.utils
import logging
import random
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

import httpx

from .. import __version__
from ..errors import ConfigurationError, InputError, TryLaterError
from .partial import PartialFile, continues, range_headers, version_of

_LOG = logging.getLogger(__name__)  # without a handler of the caller a warning goes to stderr
RETRIES = 5
RETRIED = frozenset((429, *range(500, 600)))
MAXIMUM_ANSWER = 512 * 2**20
"""Bytes of one answer, decompressed; 500 entries of UniProt in JSON have some 30 MB."""

LONGEST_WAIT = 300.0
"""Seconds; a server that asks for more (Retry-After) is left alone, and the user told."""

AGAIN = "run the command again later"
"""What to do where a server does not do what it should."""

WHERE_SET = "nesannot info says which address is asked, and where it is set"
"""What to do where it may be another server that was meant."""

_TIMEOUT = httpx.Timeout(60.0, connect=15.0)
_MOVED = frozenset((301, 302, 307, 308))


@dataclass(frozen=True, slots=True)
class Answer:
    """A server's final answer: after retries, with a status that is not one of `RETRIED`."""

    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes

    def text(self) -> str:
        """The body as text: by the charset of its header, else UTF-8, else Latin-1 (which fits anything)."""
        kind = self.headers.get("content-type", "").lower()
        charset = kind.partition("charset=")[2].strip(" \"'") or "utf-8"
        try:
            return self.body.decode(charset)
        except (UnicodeDecodeError, LookupError):
            return self.body.decode("latin-1")


def retry_after(headers: Mapping[str, str], now: float) -> float | None:
    """Seconds that the server asks to wait, from ``Retry-After`` in seconds or as a date; None if it does not.

    Args:
        headers: of the answer.
        now: seconds since the epoch.
    """
    text = headers.get("retry-after", "").strip()
    if text.isdecimal():
        return float(text)
    try:
        return max(0.0, email.utils.parsedate_to_datetime(text).timestamp() - now)
    except (ValueError, TypeError):
        return None


class HttpClient:
    """Speaks to one host; a proxy is taken from the environment.

    Args:
        base_url: all requests must go to this scheme, host and port.
        redirects: follow redirects, also to other hosts; else an address that has moved is an error.
        offline: refuse before any socket is opened.
        pause: least seconds between two requests.
        sleep: waits; replaced in tests.
    """

    def __init__(
        self,
        base_url: str,
        *,
        offline: bool,
        redirects: bool = False,
        pause: float = 0.2,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        if urlsplit(base_url).scheme not in ("http", "https") or not urlsplit(base_url).netloc:
            raise ConfigurationError(f"{base_url!r} is no address of a server", remedy="https://...")
        self.base_url = base_url.rstrip("/")
        self._offline, self._redirects, self._pause, self._sleep = offline, redirects, pause, sleep
        self._last = float("-inf")
        self._client: httpx.Client | None = None

    def __enter__(self) -> Self:
        """Use as a context, so that the connection is closed."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the connection."""
        if self._client:
            self._client.close()
            self._client = None

    def get(
        self, address: str, parameters: Mapping[str, str] | None = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        """GET `address` (absolute, or a path below the base URL).

        Args:
            address: what is asked for.
            parameters: of the query.
            headers: of the request, such as ``If-None-Match``.

        Returns:
            Any answer but a retried or a redirecting one, so 303, 304, 400, 404 and 410 too: callers know what they
            mean.

        Raises:
            ConfigurationError: offline, another host, or an address that has moved.
            TryLaterError: if the server did not answer properly after `RETRIES` retries.
            InputError: if the answer is larger than `MAXIMUM_ANSWER`.
        """
        url = self._url(address)
        return self._retried(url, lambda: self._request(url, parameters, headers))

    def download(self, address: str, partial: PartialFile, on_progress: Callable[[int, int], None]) -> Answer:
        """Fetch a file into `partial`, and go on where an earlier fetch stopped.

        Args:
            address: as in `get`.
            partial: whole if the answer's status is 200 or 206, else untouched.
            on_progress: called with the bytes that came and the bytes in all (0 if the server does not say).

        Returns:
            The answer without its body.

        Raises:
            ConfigurationError: as in `get`.
            TryLaterError: as in `get`; what came stays in `partial`.
            OSError: if `partial` cannot be written.
        """
        url = self._url(address)
        return self._retried(url, lambda: self._continued(url, partial, on_progress))

    def _url(self, address: str) -> str:
        url = address if "://" in address else f"{self.base_url}/{address.lstrip('/')}"
        self._check(url)
        return url

    def _retried(self, url: str, ask: Callable[[], Answer]) -> Answer:
        """Ask until the server answers properly, at most `RETRIES` times more."""
        for attempt in range(RETRIES + 1):
            self._wait_turn()
            problem, asked = "", None
            try:
                answer = ask()
            except httpx.RequestError as error:
                problem = f"{type(error).__name__}: {error}"
            else:
                if answer.status not in RETRIED:
                    return self._unless_moved(answer)
                problem, asked = f"HTTP status {answer.status}", retry_after(answer.headers, time.time())
            if attempt < RETRIES:
                self._back_off(url, attempt, problem, asked)
        raise self._gave_up(url, problem, f"{RETRIES + 1} attempts were made")

    def _check(self, url: str) -> None:
        if self._offline:
            remedy = "leave out --offline and unset NESANNOT_OFFLINE, or give a file that was downloaded elsewhere"
            raise ConfigurationError(f"{url} is not fetched", why="offline is set", remedy=remedy)
        wanted, base = urlsplit(url), urlsplit(self.base_url)
        if (wanted.scheme, wanted.netloc) != (base.scheme, base.netloc):
            why = f"only {base.scheme}://{base.netloc} may be asked here"
            raise ConfigurationError(f"{url} is not fetched", why=why, remedy=WHERE_SET)

    def _wait_turn(self) -> None:
        wait = self._last + self._pause - time.monotonic()
        if wait > 0:
            self._sleep(wait)
        self._last = time.monotonic()

    @contextmanager
    def _stream(
        self, url: str, parameters: Mapping[str, str] | None, headers: Mapping[str, str] | None
    ) -> Iterator[httpx.Response]:
        if self._client is None:
            own = {"User-Agent": f"nesannot/{__version__} python-httpx/{httpx.__version__}"}
            self._client = httpx.Client(timeout=_TIMEOUT, headers=own, follow_redirects=self._redirects)
        with self._client.stream("GET", url, params=parameters, headers=headers) as response:
            yield response

    def _request(self, url: str, parameters: Mapping[str, str] | None, headers: Mapping[str, str] | None) -> Answer:
        with self._stream(url, parameters, headers) as response:
            chunks, size = [], 0
            for chunk in response.iter_bytes():
                size += len(chunk)
                if size > MAXIMUM_ANSWER:
                    told = f"the answer of {url} is larger than {MAXIMUM_ANSWER:,} bytes"
                    raise InputError(told, remedy=WHERE_SET)
                chunks.append(chunk)
            return Answer(str(response.url), response.status_code, response.headers, b"".join(chunks))

    def _continued(self, url: str, partial: PartialFile, on_progress: Callable[[int, int], None]) -> Answer:
        """Ask for what is missing and append it; an answer that does not fit is a transport error, to be retried."""
        with self._stream(url, None, range_headers(partial)) as response:
            answer = Answer(str(response.url), response.status_code, response.headers, b"")
            if answer.status == httpx.codes.REQUESTED_RANGE_NOT_SATISFIABLE:
                if answer.headers.get("content-range", "").rpartition("/")[2] == str(partial.size):
                    return replace(answer, status=200)  # all of it came before
                partial.discard()
                raise httpx.RemoteProtocolError("the server's file is shorter than what came")
            if answer.status == httpx.codes.PARTIAL_CONTENT and not continues(partial, answer.headers):
                partial.discard()
                raise httpx.RemoteProtocolError("the server sent a part of another file")
            if answer.status == httpx.codes.OK:  # the first time, another version, or a server without ranges
                partial.discard()
                partial.record({"version": version_of(answer.headers)})
            if answer.status in (httpx.codes.OK, httpx.codes.PARTIAL_CONTENT):
                _append(response, partial, on_progress)
            return answer

    def _unless_moved(self, answer: Answer) -> Answer:
        if answer.status in _MOVED:
            target = answer.headers.get("location", "?")
            raise ConfigurationError(f"{answer.url} has moved", why=f"to {target}", remedy="correct the address")
        return answer

    def _back_off(self, url: str, attempt: int, problem: str, asked: float | None) -> None:
        if asked is not None and asked > LONGEST_WAIT:
            raise self._gave_up(url, problem, f"the server asks to wait {asked:.0f} seconds")
        backed_off = min(60.0, 2.0**attempt) * random.uniform(0.5, 1.5)  # noqa: S311 - jitter, not secrecy
        wait = max(backed_off, asked or 0.0)
        message = "%s does not answer (%s); attempt %d of %d in %.0f s"
        _LOG.warning(message, urlsplit(url).netloc, problem, attempt + 2, RETRIES + 1, wait)
        self._sleep(wait)

    def _gave_up(self, url: str, problem: str, why: str) -> TryLaterError:
        remedy = f"{AGAIN}; what was fetched is kept"
        return TryLaterError(f"{url} does not answer", where=problem, why=why, remedy=remedy)


def _append(response: httpx.Response, partial: PartialFile, on_progress: Callable[[int, int], None]) -> None:
    came = partial.size
    total = came + int(response.headers.get("content-length", 0) or 0)
    with partial.path.open("ab") as out:
        for chunk in response.iter_bytes():
            out.write(chunk)
            came += len(chunk)
            on_progress(came, total)
    if "content-length" in response.headers and came != total:
        raise httpx.RemoteProtocolError("the connection ended early")
