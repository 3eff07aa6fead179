"""The one way out to addresses that other people write: pictures of feeds, and what else strangers name.

An address written by a stranger may point at ourselves, at a neighbour in our network, or at a cloud's secrets. So:

1. only http and https, at their own ports, without a name and password in the address;
2. the host is resolved once, every address it has must be a public one, and the connection goes to that very address,
   so that a name which answers differently the second time gains nothing (DNS rebinding);
3. the same is checked again at every redirect, and from https nothing leads back to http;
4. size, time and the number of redirects are bounded, from the look-up to the last byte; nothing is unpacked;
5. no cookies, no proxy, no credentials, nothing that tells of us but our name;
6. one host is asked one thing at a time, with a pause in between, and left alone as long as it asks for.
"""

from __future__ import annotations

import http.client
import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Final, NamedTuple
from urllib.parse import SplitResult, quote, urljoin, urlsplit, urlunsplit

import msgspec

from .errors import Invalid, TooLarge, Unavailable

Resolve = Callable[[str, int], Sequence[str]]
"""The addresses of a host, as text."""
Connect = Callable[[str, int, float], socket.socket]
"""A connection to an address and port, within so many seconds."""

URL_LENGTH_MAX: Final = 2_000
PORTS: Final = {"http": 80, "https": 443}
REDIRECTS_MAX: Final = 4
RETRY_AFTER_MAX_S: Final = 3_600
HOSTS_REMEMBERED: Final = 10_000
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_CHUNK: Final = 65_536
_WHY: Final = {
    401: "wants a password for it", 403: "does not let us have it", 404: "has no such file", 410: "has removed it",
}  # fmt: skip

# What the tables of special addresses do not call private and must not be reached all the same: addresses of IPv6 that
# carry one of IPv4 inside, and the house addresses of two clouds.
_FORBIDDEN: Final = tuple(
    ipaddress.ip_network(each)
    for each in (
        "64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32", "::/96", "fec0::/10", "100.64.0.0/10",
        "192.88.99.0/24", "168.63.129.16/32", "192.0.0.0/24", "198.18.0.0/15", "240.0.0.0/4",
    )
)  # fmt: skip


class Bounds(msgspec.Struct, frozen=True):
    """How much and how long one fetch may take, redirects included."""

    bytes_max: int = 25 * 2**20
    seconds_max: float = 20.0


class Fetched(msgspec.Struct, frozen=True):
    """An answer: where it came from in the end, its status and headers (names in small letters), its bytes."""

    url: str
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def content_type(self) -> str:
        """Its type without parameters; empty when it says none."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()


class _Ask(NamedTuple):
    """A request, its address checked."""

    parts: SplitResult
    method: str
    headers: dict[str, str]
    body: bytes

    @property
    def host(self) -> str:
        return str(self.parts.hostname)

    @property
    def port(self) -> int:
        return PORTS[self.parts.scheme]

    @property
    def url(self) -> str:
        return urlunsplit(self.parts)

    @property
    def target(self) -> str:
        return urlunsplit(("", "", self.parts.path or "/", self.parts.query, ""))


class Fetcher:
    """Fetches what strangers name, as this module says. One for a process: it remembers whom it has asked when.

    `resolve`, `connect`, `monotonic` and `sleep` are the world; tests give their own.
    """

    def __init__(
        self,
        *,
        agent: str = "Entrepot",
        pause_s: float = 0.2,
        resolve: Resolve | None = None,
        connect: Connect | None = None,
        context: ssl.SSLContext | None = None,
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._agent, self._pause_s = agent, pause_s
        self._resolve, self._connect = resolve or _resolve, connect or _connect
        self._context = context or ssl.create_default_context()
        self._monotonic, self._sleep = monotonic, sleep
        self._lock = threading.Lock()
        self._hosts: dict[str, _Host] = {}

    def get(self, url: str, bounds: Bounds = Bounds(), accept: str = "*/*") -> Fetched:  # noqa: B008 - frozen
        """What lies at an address, after its redirects; only an answer of status 200.

        Invalid for an address that may not be asked, or that answers otherwise: asking again does not help. TooLarge
        above the bound. Unavailable, with `retry_after_s` where the host said when, for what may work later.
        """
        deadline = self._monotonic() + bounds.seconds_max
        for _ in range(REDIRECTS_MAX + 1):
            answer = self._once("GET", url, {"Accept": accept}, b"", bounds, deadline)
            if answer.status not in _REDIRECTS:
                return _only_good(answer)
            url = _next_address(url, answer.headers.get("location", ""))
        raise Invalid(f"{_shown(url)} leads on more than {REDIRECTS_MAX} times: give the address of the file itself")

    def send(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        body: bytes,
        bounds: Bounds = Bounds(),  # noqa: B008
    ) -> Fetched:
        """One request and its answer, whatever its status; redirects are not followed. Refused as `get` says."""
        return self._once(method, url, dict(headers), body, bounds, self._monotonic() + bounds.seconds_max)

    def _once(
        self, method: str, url: str, headers: dict[str, str], body: bytes, bounds: Bounds, deadline: float
    ) -> Fetched:
        ask = _Ask(check_address(url), method, headers, body)
        with self._turn(ask.host, deadline):
            address = self._public_address(ask.host, ask.port, deadline)
            return self._exchange(ask, address, bounds, deadline)

    def _public_address(self, host: str, port: int, deadline: float) -> str:
        """The address to connect to. A single address that is not public refuses all: it has no business there."""
        found = _within(self._left(deadline), lambda: self._resolve(host, port))
        if not found:
            raise Unavailable(f"{host} has no address: look whether the name is written right")
        for address in found:
            if not is_public(address):
                raise Invalid(f"{host} is not on the public internet: only public addresses are fetched")
        return found[0]

    def _exchange(self, ask: _Ask, address: str, bounds: Bounds, deadline: float) -> Fetched:
        host = ask.host
        try:
            sock = self._connect(address, ask.port, self._left(deadline))
        except OSError as error:
            raise _not_now(host, error) from None
        alarm = threading.Timer(self._left(deadline), _hang_up, (sock,))
        alarm.daemon = True
        alarm.start()  # a host that sends a byte a minute would outlive every time-out of a single read
        try:
            if ask.parts.scheme == "https":
                sock = self._context.wrap_socket(sock, server_hostname=host)
            answer = self._talk(sock, ask, bounds.bytes_max)
            self._left(deadline)  # what the alarm cut off is no whole file
            return answer
        except ssl.SSLCertVerificationError:
            raise Invalid(f"{host} cannot prove who it is: its certificate is not valid") from None
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise _not_now(host, error) from None
        finally:
            alarm.cancel()
            sock.close()

    def _talk(self, sock: socket.socket, ask: _Ask, bytes_max: int) -> Fetched:
        connection = http.client.HTTPConnection(ask.host, ask.port)
        connection.sock = sock
        ours = {"User-Agent": self._agent, "Accept-Encoding": "identity", "Connection": "close"}
        if ask.parts.netloc != ask.host:  # an address of IPv6 stands in brackets
            ours["Host"] = ask.parts.netloc
        connection.request(ask.method, ask.target, ask.body or None, {**ask.headers, **ours})
        answer = connection.getresponse()
        said = {name.lower(): value for name, value in answer.getheaders()}
        self._remember_wish(ask.host, answer.status, said)
        if answer.status in _REDIRECTS:
            return Fetched(ask.url, answer.status, said, b"")
        if said.get("content-encoding", "identity").lower() not in ("identity", ""):
            raise Invalid(f"{ask.host} sends a packed file although we asked for a plain one")
        return Fetched(ask.url, answer.status, said, _read(answer, said, bytes_max, ask.host))

    # --- manners

    def _turn(self, host: str, deadline: float) -> _Turn:
        with self._lock:
            if len(self._hosts) > HOSTS_REMEMBERED:
                now = self._monotonic()
                self._hosts = {name: each for name, each in self._hosts.items() if each.not_before > now}
            state = self._hosts.setdefault(host, _Host())
        return _Turn(self, host, state, deadline)

    def _remember_wish(self, host: str, status: int, headers: Mapping[str, str]) -> None:
        if status in (429, 503):
            wish = headers.get("retry-after", "")
            seconds = min(int(wish), RETRY_AFTER_MAX_S) if wish.isascii() and wish.isdecimal() else 60
            with self._lock:
                self._hosts.setdefault(host, _Host()).not_before = self._monotonic() + seconds

    def _left(self, deadline: float) -> float:
        left = deadline - self._monotonic()
        if left <= 0:
            raise Unavailable("The address takes too long to answer")
        return left


class _Host:
    """When a host may be asked again, and the lock of whoever asks it now."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.not_before = 0.0


class _Turn:
    """A turn at a host: waits for its pause, and refuses when it wants to be left alone for longer."""

    def __init__(self, fetcher: Fetcher, host: str, state: _Host, deadline: float) -> None:
        self._fetcher, self._host, self._state, self._deadline = fetcher, host, state, deadline

    def __enter__(self) -> None:
        fetcher = self._fetcher
        if not self._state.lock.acquire(timeout=fetcher._left(self._deadline)):
            raise Unavailable(f"{self._host} is being asked already", retry_after_s=5)
        wait = self._state.not_before - fetcher._monotonic()
        if wait > max(fetcher._pause_s, 1.0) or wait > self._deadline - fetcher._monotonic():
            self._state.lock.release()
            raise Unavailable(f"{self._host} asks to be left alone for a while", retry_after_s=int(wait) + 1)
        if wait > 0:
            fetcher._sleep(wait)

    def __exit__(self, *_: object) -> None:
        after = self._fetcher._monotonic() + self._fetcher._pause_s
        self._state.not_before = max(self._state.not_before, after)
        self._state.lock.release()


def check_address(url: str) -> SplitResult:
    """An address in its parts, its host in small letters; Invalid for one that may not be asked, wherever it leads."""
    if len(url) > URL_LENGTH_MAX or any(ord(sign) < 0x21 or sign in '\\"<>^`{|}' or ord(sign) == 0x7F for sign in url):
        raise Invalid("This is no address: it is too long, or has signs that no address has")
    try:
        parts = urlsplit(url)
        port = parts.port
        host = (parts.hostname or "").rstrip(".").encode("idna").decode("ascii").lower() if parts.hostname else ""
    except (ValueError, UnicodeError):
        raise Invalid(f"{_shown(url)} is no address that can be asked") from None
    if parts.scheme not in PORTS or not host:
        raise Invalid(f"{_shown(url)} is no web address: it begins with https:// and names a host")
    if "@" in parts.netloc:
        raise Invalid("An address must not hold a name or password: whoever reads it would have them")
    if port is not None and port != PORTS[parts.scheme]:
        raise Invalid(f"{_shown(url)} asks for port {port}: only the usual ports of http and https are asked")
    path = _ascii(parts.path)
    return SplitResult(parts.scheme, f"[{host}]" if ":" in host else host, path, _ascii(parts.query), "")


def is_public(address: str) -> bool:
    """Whether an address is one of the public internet: not ours, not a neighbour's, not a cloud's own."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(parsed, ipaddress.IPv6Address) and (inner := parsed.ipv4_mapped) is not None:
        parsed = inner
    if any(parsed.version == network.version and parsed in network for network in _FORBIDDEN):
        return False
    return parsed.is_global and not (parsed.is_multicast or parsed.is_reserved or parsed.is_unspecified)


def _ascii(text: str) -> str:
    return quote(text, safe="%/:=&?~#+!$,;'@()*[]")


def _next_address(url: str, location: str) -> str:
    if not location:
        raise Invalid(f"{_shown(url)} leads on without saying where to")
    following = urljoin(url, location).partition("#")[0]
    if url.startswith("https:") and following.startswith("http:"):
        raise Invalid(f"{_shown(url)} leads from https to http: what comes from there could be anybody's")
    return following


def _only_good(answer: Fetched) -> Fetched:
    host = urlsplit(answer.url).hostname
    if answer.status == 200:
        return answer
    if answer.status in (408, 425, 429) or answer.status >= 500:
        wish = answer.headers.get("retry-after", "")
        seconds = min(int(wish), RETRY_AFTER_MAX_S) if wish.isascii() and wish.isdecimal() else None
        raise Unavailable(f"{host} answers {answer.status}: it is tried again later", retry_after_s=seconds)
    why = _WHY.get(answer.status, f"answers {answer.status}")
    raise Invalid(f"{host} {why}: look at the address")


def _read(answer: http.client.HTTPResponse, said: Mapping[str, str], most: int, host: str) -> bytes:
    length = said.get("content-length", "")
    parts, size = [], 0
    is_too_large = length.isascii() and length.isdecimal() and int(length) > most
    while not is_too_large and (part := answer.read1(_CHUNK)):
        size += len(part)
        is_too_large = size > most
        parts.append(part)
    if is_too_large:
        raise TooLarge(f"{host} sends more than {most // 2**20} MiB: give the address of a smaller file")
    if length.isascii() and length.isdecimal() and size < int(length):
        raise http.client.IncompleteRead(b"")
    return b"".join(parts)


def _within(seconds: float, look_up: Callable[[], Sequence[str]]) -> Sequence[str]:
    """A look-up of names cannot be interrupted, so it runs beside and is left behind when it takes too long."""
    found: list[Sequence[str]] = []
    beside = threading.Thread(target=lambda: found.append(look_up()), daemon=True)
    beside.start()
    beside.join(seconds)
    return found[0] if found else ()


def _resolve(host: str, port: int) -> Sequence[str]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return ()
    return list(dict.fromkeys(str(each[4][0]) for each in found))


def _connect(address: str, port: int, seconds: float) -> socket.socket:
    return socket.create_connection((address, port), timeout=seconds)


def _hang_up(sock: socket.socket) -> None:
    try:
        sock.shutdown(socket.SHUT_RDWR)
    except OSError:
        return  # it has ended meanwhile


def _not_now(host: str, error: Exception) -> Unavailable:
    return Unavailable(f"{host} does not answer as it should ({type(error).__name__}): it is tried again later")


def _shown(url: str) -> str:
    """An address for a sentence: without what may be a secret in it."""
    try:
        parts = urlsplit(url.partition("?")[0])
    except ValueError:
        return url[:60]
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"[:120] if parts.netloc else url[:60]
