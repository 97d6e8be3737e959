"""Chromium without a window, driven over a pipe by its DevTools protocol, without a library."""

import base64
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
    *("--disable-extensions", "--disable-quic", "--hide-scrollbars", "--mute-audio"),
    *("--force-prefers-reduced-motion", "--remote-debugging-pipe"),
)
PATIENCE = 60
"""Seconds that the browser may take for one answer."""
START = """
import os, sys
read, write, program, *words = sys.argv[1:]
os.dup2(int(read), 3)
os.dup2(int(write), 4)
os.execv(program, [program, *words])
"""
"""The browser reads commands from descriptor 3 and answers on 4."""


def find() -> str | None:
    """The Chromium or Chrome of this machine."""
    return next(filter(None, map(shutil.which, NAMES)), None)


class Browser:
    """One page of a browser, with everything that it complained of.

    Attributes:
        complaints: errors, warnings, messages of the console, and failed requests, as text.
        requested: addresses that were asked for.
    """

    def __init__(self, read: int, write: int) -> None:
        self.complaints: list[str] = []
        self.requested: list[str] = []
        self._read, self._write, self._rest, self._number = read, write, b"", 0
        self._loaded = False
        self._session: str | None = None
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        attached = self.call("Target.attachToTarget", targetId=target, flatten=True)
        self._session = attached["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")

    def call(self, method: str, **params: Any) -> dict[str, Any]:
        """Send one command and wait for its answer."""
        self._number += 1
        message: dict[str, Any] = {"id": self._number, "method": method, "params": params}
        if self._session is not None:
            message["sessionId"] = self._session
        os.write(self._write, json.dumps(message).encode() + b"\0")
        while (answer := self._next()).get("id") != self._number:
            self._notice(answer)
        if "error" in answer:
            raise RuntimeError(f"{method}: {answer['error']}")
        return answer["result"]

    def open(self, address: str, width: int = 1280, height: int = 900) -> None:
        """Go to an address and wait until it and its images are loaded."""
        self.call(
            "Emulation.setDeviceMetricsOverride",
            **{"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False},
        )
        self._loaded = False
        begun = self.call("Page.navigate", url=address)
        while "loaderId" in begun and not self._loaded:  # it has none within the same page
            self._notice(self._next())

    def value(self, expression: str) -> Any:
        """The value of an expression in the page."""
        done = self.call(
            "Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True
        )
        if "exceptionDetails" in done:
            raise RuntimeError(f"{expression}: {done['exceptionDetails']}")
        return done["result"].get("value")

    def point(self, x: float, y: float) -> None:
        """Move the mouse to a place, in pixels of the window."""
        self.call("Input.dispatchMouseEvent", type="mouseMoved", x=x, y=y)

    def press(self, key: str) -> None:
        """Press and release a key that is not a letter."""
        codes = {"Tab": 9, "Escape": 27, "ArrowLeft": 37, "ArrowUp": 38, "ArrowRight": 39}
        code = codes.get(key, 40)
        for kind in ("keyDown", "keyUp"):
            self.call(
                "Input.dispatchKeyEvent", type=kind, key=key, code=key, windowsVirtualKeyCode=code
            )

    def shoot(self, path: Path, *, whole: bool = True) -> None:
        """Write a picture of the page, or of the window, as PNG."""
        options = {"format": "png", "captureBeyondViewport": whole}
        if whole:
            size = self.call("Page.getLayoutMetrics")["cssContentSize"]
            options["clip"] = {**size, "scale": 1}
        path.write_bytes(base64.b64decode(self.call("Page.captureScreenshot", **options)["data"]))

    def _next(self) -> dict[str, Any]:
        limit = time.monotonic() + PATIENCE
        while b"\0" not in self._rest:
            try:
                part = os.read(self._read, 1 << 16)
            except BlockingIOError:
                if time.monotonic() > limit:
                    raise TimeoutError("the browser does not answer") from None
                time.sleep(0.002)
                continue
            if not part:
                raise RuntimeError("the browser ended")
            self._rest += part
        message, _, self._rest = self._rest.partition(b"\0")
        return json.loads(message)

    def _notice(self, event: dict[str, Any]) -> None:
        method, params = event.get("method"), event.get("params", {})
        self._loaded |= method == "Page.loadEventFired"
        if method == "Network.requestWillBeSent":
            self.requested.append(params["request"]["url"])
        elif method == "Runtime.consoleAPICalled":
            self.complaints.append(f"console: {params['args']}")
        elif method == "Runtime.exceptionThrown":
            self.complaints.append(f"exception: {params['exceptionDetails']}")
        elif method == "Log.entryAdded":
            self.complaints.append(f"log: {params['entry']['text']}")
        elif method == "Network.loadingFailed":
            self.complaints.append(f"network: {params['errorText']}")


@contextmanager
def browser(program: str, profile: Path) -> Iterator[Browser]:
    """Start a browser with a fresh profile, and end it.

    Args:
        program: path of Chromium or Chrome.
        profile: an empty folder.
    """
    to_it, commands = os.pipe()
    answers, from_it = os.pipe()
    os.set_blocking(answers, False)
    words = [sys.executable, "-c", START, str(to_it), str(from_it), program]
    process = subprocess.Popen(
        [*words, *FLAGS, f"--user-data-dir={profile}"],
        pass_fds=(to_it, from_it),
        stderr=subprocess.DEVNULL,
    )
    os.close(to_it)
    os.close(from_it)
    try:
        yield Browser(answers, commands)
    finally:
        os.close(commands)
        os.close(answers)
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
