"""The one client for addresses that strangers write: what it refuses, what it follows, what it bounds."""

import socket
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from entrepot.kernel import Invalid, TooLarge, Unavailable
from entrepot.kernel.fetching import Bounds, Fetcher, check_address, is_public
from tests.waiting import WAIT_S

PUBLIC = "93.184.216.34"


class Pages(BaseHTTPRequestHandler):
    """A server of odd answers."""

    seen: list = []  # noqa: RUF012 - the test reads what came

    def do_GET(self):
        Pages.seen.append((self.path, dict(self.headers)))
        getattr(self, "_" + self.path.strip("/").split("/")[0].split("?")[0].replace("-", "_"), self._missing)()

    def do_POST(self):
        self._answer(200, self.rfile.read(int(self.headers["Content-Length"])), {})

    def _answer(self, status, body=b"", headers=None):
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **(headers or {})}.items():
            if value is not None:
                self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def _missing(self):
        self._answer(404)

    def _file(self):
        self._answer(200, b"content", {"Content-Type": "image/png; x=1", "Set-Cookie": "a=b"})

    def _loop(self):
        self._answer(302, b"", {"Location": "/loop"})

    def _there(self):
        self._answer(302, b"", {"Location": self.path.partition("to=")[2]})

    def _nowhere(self):
        self._answer(302)

    def _large(self):
        self._answer(200, b"x" * 5000)

    def _endless(self):
        self.send_response(200)
        self.end_headers()
        for _ in range(5000):
            self.wfile.write(b"x" * 1000)

    def _liar(self):
        self._answer(200, b"short", {"Content-Length": "500"})

    def _drip(self):
        self.send_response(200)
        self.end_headers()
        try:
            for _ in range(8_000):
                self.wfile.write(b"x")
                self.wfile.flush()
                time.sleep(0.05)
        except OSError:
            pass

    def _packed(self):
        self._answer(200, b"\x1f\x8b", {"Content-Encoding": "gzip"})

    def _busy(self):
        self._answer(429, b"", {"Retry-After": "120"})

    def _broken(self):
        self._answer(500)

    def log_message(self, *_):
        pass


class Names:
    """A name server of our own, which may answer differently each time."""

    def __init__(self, **hosts):
        self.hosts, self.asked = hosts, []

    def __call__(self, host, port):
        self.asked.append(host)
        answers = self.hosts.get(host.replace(".", "_").replace("-", "_"), [[PUBLIC]])
        return answers.pop(0) if len(answers) > 1 else answers[0]


@pytest.fixture
def world():
    """A server that stands for the whole public internet; which addresses were connected to is written down."""
    server = HTTPServer(("127.0.0.1", 0), Pages)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    Pages.seen = []
    connected = []

    def connect(address, port, seconds):
        connected.append((address, port))
        return socket.create_connection(server.server_address, timeout=seconds)

    yield connect, connected
    server.shutdown()
    thread.join()
    server.server_close()


def fetcher(world, names=None, **more):
    return Fetcher(resolve=names or Names(), connect=world[0], pause_s=0, **more)


def test_a_file_is_fetched_from_the_very_address_that_was_checked(world):
    names = Names(shop_example=[[PUBLIC], ["127.0.0.1"]])

    found = fetcher(world, names).get("http://shop.example/file?a=b#part")

    assert (found.status, found.body, found.content_type) == (200, b"content", "image/png")
    assert world[1] == [(PUBLIC, 80)]
    assert names.asked == ["shop.example"]  # once: a second look-up could answer differently
    path, headers = Pages.seen[0]
    assert path == "/file?a=b"
    assert headers["Host"] == "shop.example"
    assert headers["Accept-Encoding"] == "identity"
    assert "Cookie" not in headers


def test_a_name_that_answers_differently_after_a_redirect_is_caught(world):
    names = Names(shop_example=[[PUBLIC], ["169.254.169.254"]])

    with pytest.raises(Invalid, match="not on the public internet"):
        fetcher(world, names).get("http://shop.example/there?to=http://shop.example/file")

    assert world[1] == [(PUBLIC, 80)]


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "127.8.8.8", "10.0.0.1", "172.16.5.4", "192.168.1.1", "169.254.169.254", "100.64.0.1",
     "100.100.100.200", "168.63.129.16", "0.0.0.0", "0.1.2.3", "224.0.0.1", "240.0.0.1", "255.255.255.255",
     "192.0.2.1", "198.18.0.1", "192.88.99.1", "::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "fd00:ec2::254",
     "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:a9fe:a9fe", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe",
     "64:ff9b:1::1", "64:ff9b::808:808", "2002:7f00:1::", "2001:0:1::1", "::7f00:1", "ff02::1", "fec0::1",
     "2001:db8::1", "no address", ""],
)  # fmt: skip
def test_what_is_not_public_is_refused_before_a_connection(world, address):
    assert not is_public(address)
    with pytest.raises(Invalid, match="not on the public internet"):
        fetcher(world, Names(shop_example=[[PUBLIC, address]])).get("http://shop.example/file")
    assert world[1] == []


@pytest.mark.parametrize("address", [PUBLIC, "8.8.8.8", "2606:4700:4700::1111", "::ffff:8.8.8.8"])
def test_what_is_public_is_asked(address):
    assert is_public(address)


@pytest.mark.parametrize(
    "url",
    ["ftp://shop.example/a", "file:///etc/passwd", "gopher://shop.example/", "data:text/plain,a", "//shop.example/a",
     "http://", "http:///a", "http://user:pass@shop.example/a", "http://shop.example:8080/a", "http://shop.example:22/",
     "https://shop.example:80/", "http://shop.example:443/", "http://shop.example\\@10.0.0.1/", "http://a b/",
     "http://shop.example/a\r\nX: y", "http://shop.example:99999/", "http://[::1", "javascript:alert(1)", "",
     "http://shop.example/" + "a" * 3000, "http://x@[::1]/"],
)  # fmt: skip
def test_an_address_that_may_not_be_asked_is_refused_by_its_form(world, url):
    with pytest.raises(Invalid):
        fetcher(world).get(url)
    assert world[1] == []


@pytest.mark.parametrize(
    "host", ["127.1", "0x7f.1", "2130706433", "0177.0.0.1", "[::1]", "[::ffff:127.0.0.1]", "localhost"]
)
def test_other_spellings_of_our_own_address_are_refused_by_the_system_s_own_look_up(host):
    client = Fetcher(connect=lambda *_: pytest.fail("connected"))

    with pytest.raises((Invalid, Unavailable)):
        client.get(f"http://{host}/")


def test_redirects_are_followed_and_bounded(world):
    client = fetcher(world)

    assert client.get("http://shop.example/there?to=/file").url == "http://shop.example/file"
    assert client.get("http://shop.example/there?to=//other.example/file").url == "http://other.example/file"
    for bad in ("loop", "nowhere", "there?to=ftp://shop.example/a", "there?to=http://shop.example:22/"):
        with pytest.raises(Invalid):
            client.get(f"http://shop.example/{bad}")


def test_size_is_bounded_whatever_the_answer_says(world):
    client = fetcher(world)
    for path in ("large", "endless"):
        with pytest.raises(TooLarge):
            client.get(f"http://shop.example/{path}", Bounds(bytes_max=4000))
    with pytest.raises(Unavailable):
        client.get("http://shop.example/liar")
    with pytest.raises(Invalid, match="packed"):
        client.get("http://shop.example/packed")


def test_time_is_bounded_although_bytes_keep_dripping(world):
    began = time.monotonic()

    with pytest.raises(Unavailable):  # without a length an end that was cut off looks like an end
        fetcher(world).get("http://shop.example/drip", Bounds(seconds_max=0.4))

    assert time.monotonic() - began < WAIT_S, "it would drip for twice as long"


def test_a_look_up_that_hangs_is_left_behind(world):
    held = threading.Event()

    def hang(host, port):
        held.wait(WAIT_S)
        return [PUBLIC]

    began = time.monotonic()
    with pytest.raises(Unavailable):
        fetcher(world, hang).get("http://shop.example/file", Bounds(seconds_max=0.2))
    held.set()
    assert time.monotonic() - began < WAIT_S / 2


def test_what_may_work_later_is_told_from_what_will_not(world):
    with pytest.raises(Unavailable):
        fetcher(world).get("http://shop.example/broken")
    with pytest.raises(Invalid, match="no such file"):
        fetcher(world).get("http://shop.example/nothing")
    with pytest.raises(Unavailable):
        fetcher(world, Names(shop_example=[[]])).get("http://shop.example/file")


def test_a_host_that_asks_for_peace_gets_it(world):
    client = fetcher(world)

    with pytest.raises(Unavailable) as refused:
        client.get("http://shop.example/busy")
    assert refused.value.retry_after_s == 120
    with pytest.raises(Unavailable, match="left alone"):
        client.get("http://shop.example/file")
    assert client.get("http://other.example/file").status == 200
    assert len(Pages.seen) == 2


def test_one_host_is_asked_with_a_pause_in_between(world):
    slept = []
    client = Fetcher(resolve=Names(), connect=world[0], pause_s=0.5, sleep=slept.append, monotonic=lambda: 0.0)

    for _ in range(2):
        client.get("http://shop.example/file")
    client.get("http://other.example/file")

    assert slept == [0.5]


def test_a_request_is_sent_once_and_its_answer_given_whatever_it_says(world):
    client = fetcher(world)

    assert client.send("POST", "http://shop.example/x", {"Content-Type": "text/plain"}, b"hello").body == b"hello"
    assert client.send("GET", "http://shop.example/there?to=/file", {}, b"").status == 302
    assert client.send("GET", "http://shop.example/broken", {}, b"").status == 500


def test_a_host_of_another_script_is_asked_by_its_wire_name(world):
    names = Names()

    fetcher(world, names).get("http://bücher.example/file")

    assert names.asked == ["xn--bcher-kva.example"]
    assert check_address("http://SHOP.Example./a b".replace(" ", "%20")).hostname == "shop.example"
