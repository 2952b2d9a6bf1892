"""Requests of real HTTP clients are effects, those that change something: against a server in this process."""

import http.server
import threading
import urllib.request

import pytest

from jobcheck.runtime import Job
from jobcheck.testing import assert_idempotent


class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        self.rfile.read(int(self.headers.get("content-length") or 0))
        self.send_response(200)
        self.send_header("content-length", "0")
        self.end_headers()

    do_GET = do_PUT = do_POST

    def log_message(self, *args): ...


@pytest.fixture(scope="module")
def url():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/orders"
    server.shutdown()
    server.server_close()


def by_urllib(method, url):
    urllib.request.urlopen(urllib.request.Request(url, method=method, data=None if method == "GET" else b"x")).read()


def by_requests(method, url):
    pytest.importorskip("requests").request(method, url)


def by_httpx(method, url):
    pytest.importorskip("httpx").request(method, url)


def by_httpx_client(method, url):
    with pytest.importorskip("httpx").Client() as client, client.stream(method, url) as response:
        response.read()


def by_urllib3(method, url):
    pytest.importorskip("urllib3").PoolManager().request(method, url)


@pytest.mark.parametrize("send", [by_urllib, by_requests, by_httpx, by_httpx_client, by_urllib3])
def test_requests_that_change_something(send, url):
    send("GET", url)

    class Sends(Job):
        def perform(self, method, url):
            send(method, url)

    with pytest.raises(AssertionError, match=r"POST .*orders"):
        assert_idempotent(Sends, "POST", url)
    with pytest.raises(ValueError, match="nothing that can be seen"):
        assert_idempotent(Sends, "GET", url)
    assert_idempotent(Sends, "PUT", url)
