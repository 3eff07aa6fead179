"""A hub on loopback: repositories with commits, files in ranges, and the faults that real ones have."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote, urlsplit

COMMIT = "0123456789abcdef0123456789abcdef01234567"


class Hub:
    """What it has, what it was asked for, and what goes wrong.

    - `breaks_after`: it hangs up after so many bytes of an answer; `lies`: other bytes than it told
    - `no_ranges`: sends the whole file whatever is asked; `leads_to`: where files are said to be; `down`: answers 503
    """

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.licence = "mit"
        self.base: str | None = None
        self.fault = ""
        self.breaks_after = 0
        self.leads_to = ""
        self.asked: list[tuple[str, str, str]] = []
        """Path, Range and Authorization of each request."""
        self.piece_max = 1 << 30

    def listing(self) -> bytes:
        siblings = []
        for name, content in self.files.items():
            told = {"rfilename": name, "size": len(content)}
            if name.endswith(".json"):
                told["blobId"] = hashlib.sha1(f"blob {len(content)}\0".encode() + content).hexdigest()
            else:
                told["lfs"] = {"sha256": hashlib.sha256(content).hexdigest(), "size": len(content)}
            siblings.append(told)
        card = {"license": self.licence} | ({"base_model": self.base} if self.base else {})
        return json.dumps({"sha": COMMIT, "siblings": siblings, "cardData": card, "tags": []}).encode()


@contextmanager
def running_hub() -> Iterator[tuple[Hub, str]]:
    """A hub that listens, and its address."""
    hub = Hub()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(hub))
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield hub, f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _handler(hub: Hub) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = unquote(urlsplit(self.path).path)
            wanted = self.headers.get("Range", "")
            hub.asked.append((path, wanted, self.headers.get("Authorization", "")))
            if hub.fault == "down":
                self._send(503, b"")
            elif path.startswith("/api/models/"):
                known = path == "/api/models/maker/model/revision/main"
                self._send(200 if known else 404, hub.listing() if known else b"{}")
            elif hub.leads_to:
                self.send_response(302)
                self.send_header("Location", hub.leads_to)
                self.send_header("Content-Length", "0")
                self.end_headers()
            else:
                self._file(path.removeprefix(f"/maker/model/resolve/{COMMIT}/"), wanted)

        def _file(self, name: str, wanted: str) -> None:
            content = hub.files.get(name)
            if content is None:
                return self._send(404, b"")
            if hub.fault == "lies":
                content = bytes(len(content))
            if hub.fault == "no-ranges" or not wanted:
                return self._send(200, content)
            first, last = map(int, wanted.removeprefix("bytes=").split("-"))
            part = content[first : min(last + 1, first + hub.piece_max)]
            told = {"Content-Range": f"bytes {first}-{first + len(part) - 1}/{len(content)}"}
            return self._send(206, part, told)

        def _send(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            for name, value in (headers or {}).items():
                self.send_header(name, value)
            self.end_headers()
            if hub.breaks_after and len(body) > hub.breaks_after:
                self.wfile.write(body[: hub.breaks_after])
                self.close_connection = True
                return
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    return Handler
