"""What is true of every answer: its headers, its id, its form; and of refusals and failures."""

import re
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from litestar import Litestar, get
from litestar.testing import RequestFactory

from entrepot.app import Entrepot
from entrepot.kernel import Refused
from entrepot.kernel.errors import Kind
from entrepot.web import create_app
from entrepot.web.errors import STATUS, refused
from tests.web.conftest import answering, opened, visited
from tests.web.routes import operations
from tests.web.visitors import PAGE, Visitor

ALWAYS = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "strict-origin-when-cross-origin",
    "x-frame-options": "DENY",
    "cross-origin-opener-policy": "same-origin",
}


def test_every_route_answers_with_security_headers_and_an_id(app: Litestar, nobody: Visitor) -> None:
    for operation in operations(app):
        for accept in ("application/json", "text/html"):
            answer = nobody.client.request(operation.method, operation.path(), headers={"accept": accept})
            assert {name: answer.headers.get(name) for name in ALWAYS} == ALWAYS, operation
            policy = answer.headers["content-security-policy"]
            assert "default-src 'self'" in policy, operation
            assert "frame-ancestors 'none'" in policy, operation
            assert "form-action 'self'" in policy, operation
            assert "unsafe" not in policy, operation
            assert re.fullmatch(r"[0-9a-f]{16}", answer.headers["x-request-id"]), operation
            assert answer.status_code < 500, (operation, answer.text)


def test_inline_parts_of_a_page_carry_the_nonce_of_its_policy(nobody: Visitor) -> None:
    first, second = nobody.get("/", headers=PAGE), nobody.get("/", headers=PAGE)
    nonces = [re.search(r"'nonce-([^']+)'", each.headers["content-security-policy"]) for each in (first, second)]
    assert nonces[0] is not None
    assert nonces[1] is not None
    assert nonces[0][1] != nonces[1][1]
    for script in re.findall(r"<script(?![^>]*\bsrc=)[^>]*>", first.text):
        assert f'nonce="{nonces[0][1]}"' in script
    assert not re.search(r'\son[a-z]+="|style="', first.text)


def test_what_is_not_there_is_a_problem_for_programs_and_a_page_for_people(nobody: Visitor) -> None:
    problem = nobody.get("/api/no/such/thing")
    assert (problem.status_code, problem.headers["content-type"]) == (404, "application/problem+json")
    assert problem.json()["request_id"] == problem.headers["x-request-id"]
    page = nobody.get("/no/such/thing", headers=PAGE)
    assert page.status_code == 404
    assert page.headers["content-type"].startswith("text/html")
    assert page.headers["x-request-id"] in page.text


def test_another_method_is_told_which_ones_there_are(nobody: Visitor) -> None:
    answer = nobody.client.delete("/api/search")
    assert answer.status_code == 405
    assert "GET" in answer.headers["allow"]


def test_head_is_get_without_a_body(nobody: Visitor) -> None:
    head, whole = nobody.client.head("/api/cart"), nobody.get("/api/cart")
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == str(len(whole.content))


def test_each_kind_of_refusal_has_a_status() -> None:
    assert set(STATUS) == set(Kind)


@pytest.fixture
def broken(entrepot: Entrepot) -> Iterator[Visitor]:
    """An application with a handler that fails."""

    @get("/api/broken")
    async def fail() -> None:
        raise RuntimeError("the password is hunter2")

    app = create_app(entrepot)
    app.register(fail)
    with visited(app) as make:
        yield make()


def test_an_unforeseen_failure_is_logged_by_its_id_and_tells_nothing(
    broken: Visitor, capsys: pytest.CaptureFixture[str]
) -> None:
    answer = broken.get("/api/broken")
    assert answer.status_code == 500
    assert "hunter2" not in answer.text
    out = capsys.readouterr()
    assert answer.json()["request_id"] in out.out + out.err


def test_a_wait_that_may_help_is_told() -> None:
    request = RequestFactory().get("/api/x")
    request.scope["state"] = {}
    refusal = Refused("Not now", retry_after_s=7)
    assert refused(request, refusal).headers["Retry-After"] == "7"


def test_on_https_cookies_are_the_hosts_own_and_browsers_are_told_to_stay(tmp_path: Path) -> None:
    address = "https://shop.example"
    with ExitStack() as stack:
        entrepot = stack.enter_context(opened(tmp_path, ENTREPOT_SERVE__PUBLIC_URL=address))
        app = stack.enter_context(answering(entrepot))
        visitor = stack.enter_context(visited(app, address))()
        answer = visitor.post("/api/accounts", {"email": "a@b.example", "password": "long enough 7", "name": "A"})
        assert answer.status_code == 201
        cookie = next(each for each in answer.headers.get_list("set-cookie") if "entrepot=" in each)
        assert cookie.startswith("__Host-entrepot=")
        assert {"Secure", "HttpOnly", "SameSite=Lax", "Path=/"} <= set(cookie.split("; "))
        assert "max-age" in answer.headers["strict-transport-security"]
        assert visitor.get("/api/session").json()["person"]["name"] == "A"


def test_without_https_browsers_are_not_told_to_insist_on_it(nobody: Visitor) -> None:
    assert "strict-transport-security" not in nobody.get("/healthz").headers


def test_only_the_hosts_that_are_set_are_answered(tmp_path: Path) -> None:
    with ExitStack() as stack:
        entrepot = stack.enter_context(opened(tmp_path, ENTREPOT_SERVE__ALLOWED_HOSTS='["shop.example"]'))
        visitor = stack.enter_context(visited(stack.enter_context(answering(entrepot))))()
        assert visitor.get("/healthz").status_code == 200
        assert visitor.get("/healthz", headers={"host": "evil.example"}).status_code == 421
        two = [("host", "shop.example"), ("host", "evil.example")]
        assert visitor.client.get("/healthz", headers=two).status_code == 421


def test_measures_are_for_this_machine_alone(nobody: Visitor) -> None:
    told = nobody.get("/metrics").text
    assert all(name in told for name in ("entrepot_request_seconds", "entrepot_tasks_due", "entrepot_events_unplaced"))
    assert nobody.get("/metrics", headers={"x-forwarded-for": "203.0.113.9"}).status_code == 404


def test_it_is_alive_ready_and_says_what_robots_may_read(nobody: Visitor) -> None:
    assert nobody.get("/healthz").json() == {"status": "ok"}
    assert nobody.get("/readyz").json() == {"status": "ready"}
    assert "Disallow: /checkout" in nobody.get("/robots.txt").text


def test_a_static_file_is_kept_for_ever_under_the_address_of_its_content(nobody: Visitor) -> None:
    page = nobody.get("/", headers=PAGE).text
    found = re.search(r'href="(/static/entrepot\.css\?v=\w+)"', page)
    assert found
    answer = nobody.get(found[1])
    assert "immutable" in answer.headers["cache-control"]
    assert nobody.get(found[1], headers={"if-none-match": answer.headers["etag"]}).status_code == 304
    assert "immutable" not in nobody.get("/static/entrepot.css").headers["cache-control"]
    assert nobody.get("/static/..%2ftexts%2fen.json").status_code == 404


@pytest.mark.parametrize(
    ("accepted", "packed"),
    [("gzip, deflate, br", True), ("br;q=1, GZIP ; q=0.5", True), ("gzip;q=0, *", False), ("gzip;q=0.0", False),
     ("", False), ("x-gzip", False)],
)  # fmt: skip
def test_our_files_go_out_packed_to_whoever_takes_it(nobody: Visitor, accepted: str, packed: bool) -> None:
    answer = nobody.get("/static/entrepot.css", headers={"accept-encoding": accepted})
    assert (answer.headers.get("content-encoding") == "gzip") is packed
    assert answer.headers["vary"] == "Accept-Encoding"
    assert answer.text.startswith("/* Entrepot's look")
    length = int(answer.headers["content-length"])
    assert length < len(answer.content) // 3 if packed else length == len(answer.content)
    known = {"accept-encoding": accepted, "if-none-match": answer.headers["etag"]}
    assert nobody.get("/static/entrepot.css", headers=known).status_code == 304
