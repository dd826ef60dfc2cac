"""A small server on the loopback interface that answers what a test tells it to, and a UniProt made of it."""

import json
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest

from nesdb_annot.settings import Settings


@dataclass
class Reply:
    body: bytes = b""
    status: int = 200
    headers: dict = field(default_factory=dict)
    cut: int | None = None  # announce the whole body and send so many bytes


@dataclass
class LocalServer:
    """`answer(path, query)` decides; `asked` records."""

    url: str = ""
    asked: list = field(default_factory=list)
    headers: list = field(default_factory=list)
    answer: object = None

    def paths(self):
        return [path for path, _ in self.asked]


@pytest.fixture
def server():
    local = LocalServer()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = 2**16  # headers and body in one packet: no waiting for an acknowledgement

        def do_GET(self):
            parts = urlsplit(self.path)
            query = {name: values[0] for name, values in parse_qs(parts.query).items()}
            local.asked.append((parts.path, query))
            local.headers.append(dict(self.headers))
            reply = local.answer(parts.path, query)
            self.send_response(reply.status)
            for name, value in reply.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(reply.body)))
            self.end_headers()
            if reply.cut is None:
                self.wfile.write(reply.body)
            else:
                self.wfile.write(reply.body[: reply.cut])
                self.wfile.flush()
                self.close_connection = True
                self.connection.close()

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as httpd:
        httpd.daemon_threads = True
        thread = threading.Thread(target=httpd.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        local.url = f"http://127.0.0.1:{httpd.server_address[1]}"
        yield local
        httpd.shutdown()
        thread.join()


@pytest.fixture
def local_settings(server, tmp_path):
    """Settings whose every address is the local server's."""
    return Settings(
        data_dir=tmp_path / "data",
        cache_dir=tmp_path / "cache",
        uniprot_url=server.url,
        nesdb_url=f"{server.url}/LRNes",
        workers=1,
    )


@dataclass
class FakeUniprot:
    """Entries by accession in FASTA, served page by page as the REST API does."""

    server: LocalServer
    entries: dict = field(default_factory=dict)
    inactive: dict = field(default_factory=dict)
    release: str = "2026_02"
    date: str = "10-June-2026"
    page_size: int = 3
    before_page: object = None  # called with the number of the page; may return a Reply instead

    def headers(self, total=None):
        stated = {"X-UniProt-Release": self.release, "X-UniProt-Release-Date": self.date}
        return stated | ({} if total is None else {"X-Total-Results": str(total)})

    def fasta(self, accession):
        return f">sp|{accession}|N{accession}_TEST Protein OS=Test OX=1 PE=1 SV=1\n{self.entries[accession]}\n".encode()

    def body(self, accessions, kind):
        if kind == "fasta":
            return b"".join(self.fasta(a) for a in accessions)
        if kind == "tsv":
            return "".join(["Entry\tSequence\n", *(f"{a}\t{self.entries[a]}\n" for a in accessions)]).encode()
        return json.dumps({"results": [self.json(a) for a in accessions]}).encode()

    def json(self, accession):
        sequence = {"value": self.entries[accession]}
        return {"entryType": "UniProtKB reviewed (Swiss-Prot)", "primaryAccession": accession, "sequence": sequence}

    def search(self, query):
        number = int(query.get("cursor", 0))
        instead = self.before_page and self.before_page(number)
        if instead:
            return instead
        accessions = sorted(self.entries)
        shown = accessions[number * self.page_size : (number + 1) * self.page_size]
        headers = self.headers(len(accessions))
        if (number + 1) * self.page_size < len(accessions):
            following = f"{self.server.url}/uniprotkb/search?cursor={number + 1}&format={query['format']}&size=500"
            headers["Link"] = f'<{following}>; rel="next"'
        return Reply(self.body(shown, query["format"]), headers=headers)

    def __call__(self, path, query):
        if path == "/uniprotkb/search":
            return self.search(query)
        if path == "/uniprotkb/accessions":
            found = [a for a in query["accessions"].split(",") if a in self.entries]
            return Reply(self.body(found, query["format"]), headers=self.headers())
        accession = path.rpartition("/")[2]
        if accession in self.inactive:
            return self.inactive[accession]
        if accession in self.entries:
            kind = query["format"]
            body = self.fasta(accession) if kind == "fasta" else json.dumps(self.json(accession)).encode()
            return Reply(body, headers=self.headers())
        return Reply(b'{"messages": ["Resource not found"]}', 404, self.headers())


@pytest.fixture
def uniprot(server):
    fake = FakeUniprot(server, {f"P0000{n}": "MKLVA" * (n + 1) for n in range(8)})
    server.answer = fake
    return fake


@pytest.fixture
def reply():
    return Reply
