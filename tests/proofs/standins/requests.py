"""An HTTP client: the warehouse is down at first, and while an answer is awaited, others work."""

import sys


class RequestException(OSError):
    """Anything that goes wrong."""


class ConnectionError(RequestException):
    """No answer."""


class Timeout(RequestException):
    """A late answer."""


class HTTPError(RequestException):
    """An answer that says no."""


class Response:
    def __init__(self, status):
        self.status = status

    def raise_for_status(self):
        if self.status >= 400:
            raise HTTPError(f"{self.status}")

    def json(self):
        return {"url": "https://press.example/articles/1"}


_down = [503]


def post(url, json=None):
    getattr(sys.modules["jobs"], "meanwhile", lambda: None)()
    return Response(_down.pop() if "warehouse" in url and _down else 200)


put = post
