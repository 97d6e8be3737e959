"""One JSON request over HTTP, bounded in time and size."""

import functools
import http.client
import io
import json
import socket
import ssl
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

from superpos.arguments import ArgumentError, shown

MOST_BYTES = 2**20
"""Of an answer."""
PIECE = 2**16
TOO_MANY = 429
"""What a server answers, beside 5xx, where the same request may do later."""
LOCAL = {"localhost", "127.0.0.1", "::1"}

Post = Callable[[Any, Mapping[str, str]], Any]
"""(value, headers) -> the value that is answered."""


class RefusedError(Exception):
    """An answer that the same request would get again.

    Attributes:
        said: what the server says of it, of any length.
    """

    def __init__(self, what: str, said: str = "") -> None:
        """Keep what was refused, as part of a line."""
        super().__init__(what)
        self.said = said


class FailedError(RefusedError):
    """A failure that may pass.

    Attributes:
        wait: seconds that the server asks to wait; None where it asks for none.
        answered: whether the server said that it did nothing.
    """

    def __init__(
        self, what: str, said: str = "", *, wait: float | None = None, answered: bool = False
    ) -> None:
        """Keep what failed, as part of a line."""
        super().__init__(what, said)
        self.wait, self.answered = wait, answered


class _Until(io.RawIOBase):
    """What a socket receives until a time, however little at once."""

    def __init__(self, raw: io.RawIOBase, sock: socket.socket, end: float) -> None:
        """Keep what is read, the socket below it, and a time of `time.monotonic`."""
        self._raw, self._socket, self._end = raw, sock, end

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, buffer: Any) -> int | None:
        """Read, or raise TimeoutError."""
        left = self._end - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self._socket.settimeout(left)
        return self._raw.readinto(buffer)

    def close(self) -> None:
        """Close what is read as well."""
        self._raw.close()
        super().close()


class _Response(http.client.HTTPResponse):
    """An answer whose headers and body are read until a time."""

    def __init__(self, sock: socket.socket, *args: Any, end: float, **keywords: Any) -> None:
        """Bound the time of what is read."""
        super().__init__(sock, *args, **keywords)
        self.fp: Any = io.BufferedReader(_Until(self.fp.detach(), sock, end))


class _Connection(http.client.HTTPConnection):
    """One whose answer is bounded in time as a whole, not at each read."""

    def __init__(self, *args: Any, **keywords: Any) -> None:
        """Start the time, which is the time-out of each part of a request as well."""
        super().__init__(*args, **keywords)
        end = time.monotonic() + (self.timeout or 0.0)
        self.response_class: Any = functools.partial(_Response, end=end)


class _SecureConnection(_Connection, http.client.HTTPSConnection):
    """The same with TLS."""


class _Http(urllib.request.HTTPHandler):
    """Opens such a connection."""

    def http_open(self, req: urllib.request.Request) -> http.client.HTTPResponse:
        """The answer."""
        return self.do_open(_Connection, req)


class _Https(urllib.request.HTTPSHandler):
    """The same with TLS."""

    def https_open(self, req: urllib.request.Request) -> http.client.HTTPResponse:
        """The answer."""
        return self.do_open(_SecureConnection, req)


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """Follows no redirection, which might carry a key elsewhere."""

    def redirect_request(self, *args: Any, **keywords: Any) -> None:
        """Nowhere to go."""


def checked_url(name: str, url: str) -> str:
    """A URL without a slash at its end.

    Raises:
        ArgumentError: it is neither https nor of this machine, or holds more than host and path.
    """
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        host, parts = None, urlsplit("")
    safe = parts.scheme == "https" or (parts.scheme == "http" and host in LOCAL)
    plain = not (parts.username or parts.password or parts.query or parts.fragment)
    if not (host and safe and plain) or any(c <= " " for c in url):
        where = url.rpartition("@")[2]  # not what may be a password
        raise ArgumentError(
            f"{name}={shown(where)}: expected https://<host>/<path>, or http of localhost"
        )
    return url.rstrip("/")


def poster(url: str, timeout: float) -> Post:
    """A function that posts JSON to one address and reads what is answered.

    Args:
        url: as `checked_url` gives it.
        timeout: seconds from the start of a request to the end of its answer, > 0; connecting
            has as many for each address of a host, and for TLS.

    Returns:
        A Post. It raises RefusedError, or FailedError where the same may do later.
    """
    local = [urllib.request.ProxyHandler({})] if urlsplit(url).hostname in LOCAL else []
    opener = urllib.request.build_opener(_Http, _Https, _NoRedirect, *local)

    def post(value: Any, headers: Mapping[str, str]) -> Any:
        given = {"Content-Type": "application/json", **headers}
        request = urllib.request.Request(url, json.dumps(value).encode(), given)
        try:
            with opener.open(request, timeout=timeout) as response:
                body = _read(response)
        except urllib.error.HTTPError as error:
            with error:
                raise _said(error) from None
        except (OSError, http.client.HTTPException) as error:
            raise _unanswered(error, timeout) from None
        try:
            return json.loads(body)
        except ValueError:
            raise FailedError("answered what is no JSON:", _text(body)) from None

    return post


def _read(response: Any) -> bytes:
    """The body of an answer.

    Raises:
        RefusedError: it is too large.
        TimeoutError: it takes too long.
    """
    body = b""
    while piece := response.read1(PIECE):
        body += piece
        if len(body) > MOST_BYTES:
            raise RefusedError(f"answered more than {MOST_BYTES} bytes")
    return body


def _said(error: urllib.error.HTTPError) -> Exception:
    """What an answer with an error means."""
    try:
        body = _text(_read(error))
    except (OSError, http.client.HTTPException, RefusedError):
        body = ""
    what = f"answered {error.code}"
    if error.code == TOO_MANY or error.code >= 500:
        wait = _wait(error.headers.get("Retry-After"))
        return FailedError(what, body, wait=wait, answered=True)
    return RefusedError(what, body)


def _unanswered(error: Exception, timeout: float) -> Exception:
    """What a failure below HTTP means."""
    reason = getattr(error, "reason", error)
    if isinstance(reason, ssl.SSLCertVerificationError):
        return RefusedError(f"has no valid certificate: {reason.verify_message}")
    if isinstance(reason, TimeoutError):
        return FailedError(f"did not answer within {timeout:g} s")
    return FailedError(f"cannot be reached: {shown(str(reason))}")


def _wait(header: str | None) -> float | None:
    """Seconds that a header asks to wait, by a number or by a date."""
    if header is None:
        return None
    try:
        seconds = float(header)
    except ValueError:
        try:
            seconds = (parsedate_to_datetime(header) - datetime.now(UTC)).total_seconds()
        except (ValueError, TypeError):
            return None
    return max(seconds, 0.0) if seconds < float("inf") else None


def _text(body: bytes) -> str:
    return body.decode(errors="replace")
