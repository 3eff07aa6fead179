"""Delivery through the pages: set up in both consoles, planned, driven, collected, tracked."""

import re
from collections.abc import Callable

import msgspec
import pytest
from httpx import Response

from entrepot import deliver, identity
from entrepot.app import Entrepot
from entrepot.deliver import FLEET, webhook_secret
from entrepot.deliver.carriers import sign
from entrepot.identity import Address
from entrepot.kernel import to_rfc3339
from entrepot.kernel.testing import NOON
from tests.orders.market import Market
from tests.waiting import eventually
from tests.web.visitors import Visitor

HOME = Address(name="Alice Fern", line1="1 Harbour Street", city="Hamburg", postal_code="20457", country="DE")


def send(visitor: Visitor, path: str, fields: dict[str, str]) -> Response:
    """Press the button of a form."""
    return visitor.form(path, **fields)


@pytest.mark.parametrize("who", ["bruno", "dana"])
def test_both_consoles_set_up_their_deliveries(request: pytest.FixtureRequest, who: str) -> None:
    visitor: Visitor = request.getfixturevalue(who)
    prefix, page = ("/merchant", "/merchant/delivery") if who == "bruno" else ("/operator/delivery",) * 2
    send(visitor, f"{prefix}/zones", {"name": "Islands", "places": "DE:25992-25999, DE:18565"})
    html = visitor.get(page).text
    zone_id = re.search(r'name="zone-(zon_[^"]+)"', html)
    assert zone_id is not None
    sheet = {
        "name": "Parcel & co", "price": "1 kg: 4.90, 5 kg: 7.90", "days_min": "1", "days_max": "3",
        "countries": "DE, AT", "free_over": "99",
        f"zone-{zone_id[1]}": "5 kg: 14.90", f"zone-days-{zone_id[1]}": "3-6", "divisor": "5000",
        "bulky": "9", "bulky_cm": "120", "remote": "5", "remote_places": "DE:2*", "goes_to": "door",
    }  # fmt: skip
    assert send(visitor, f"{prefix}/sheets", sheet).status_code == 303
    html = visitor.get(page).text
    assert "Parcel &amp; co" in html
    newest = re.findall(r"sheet=(rat_\w+)#", html[html.index("Parcel &amp; co") :])[0]
    form = visitor.get(f"{page}?sheet={newest}").text
    for value in ("1 kg: 4.90, 5 kg: 7.90", "DE, AT", "5 kg: 14.90", "3-6", "5000", "120", "DE:2*"):
        assert f'value="{value}"' in form
    assert send(visitor, f"{prefix}/sheets", {**sheet, "id": newest, "name": "Renamed"}).status_code == 303
    csv = visitor.get(f"{page}/sheets.csv")
    assert csv.text.count("Renamed") == 3
    send(visitor, f"{prefix}/boxes", {"name": "Carton", "length": "30", "width": "20.5", "height": "20", "load": "10"})
    send(visitor, f"{prefix}/handling", {"cut_off": "14:00", "days": "1", "timezone": "Europe/Berlin", "mon": "1"})
    html = visitor.get(page).text
    assert "30 × 20.5 × 20 cm" in html
    assert 'value="14:00"' in html
    assert html.count(" checked") == 1
    assert send(visitor, f"{prefix}/sheets/{newest}/delete", {}).status_code == 303
    assert send(visitor, f"{prefix}/zones/{zone_id[1]}/delete", {}).status_code == 303
    send(visitor, f"{prefix}/handling", {"days": "0", "timezone": "UTC", **dict.fromkeys(("mon", "tue", "wed"), "1")})
    html = visitor.get(page).text
    for box_id in re.findall(r"boxes/(box_\w+)/delete", html):
        send(visitor, f"{prefix}/boxes/{box_id}/delete", {})
    assert "Carton" not in visitor.get(page).text


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("sheets", {"name": "X", "price": "dear", "days_min": "1", "days_max": "3", "countries": "*"}),
        ("sheets", {"name": "X", "price": "", "days_min": "1", "days_max": "3"}),
        ("sheets", {"name": "X", "price": "4", "days_min": "9", "days_max": "3"}),
        ("zones", {"name": "X", "places": "Germany"}),
        ("boxes", {"name": "X", "length": "-1", "width": "1", "height": "1", "load": "1"}),
        ("handling", {"cut_off": "25:00", "mon": "1"}),
        ("handling", {"timezone": "Mars/Olympus", "mon": "1"}),
    ],
)
def test_what_cannot_be_is_said_beside_the_form(bruno: Visitor, path: str, fields: dict[str, str]) -> None:
    response = send(bruno, f"/merchant/{path}", fields)
    assert response.status_code == 400
    assert 'role="alert"' in response.text


def test_the_operator_enters_holidays_and_coordinates(dana: Visitor) -> None:
    page = "/operator/delivery"
    assert send(dana, f"{page}/holidays", {"holidays": "DE: 2026-04-03, 12-25\nFR: 07-14"}).status_code == 303
    assert "DE: 12-25, 2026-04-03" in dana.get(page).text
    assert send(dana, f"{page}/holidays", {"holidays": "DE: tomorrow"}).status_code == 400
    assert send(dana, f"{page}/holidays", {"holidays": "nonsense"}).status_code == 400
    where = {"country": "DE", "city": "Hamburg", "latitude": "53.55", "longitude": "9.99"}
    assert send(dana, f"{page}/coordinates", where).status_code == 303
    assert send(dana, f"{page}/coordinates", {**where, "latitude": "91"}).status_code == 400


def depot_and_van(entrepot: Entrepot, market: Market) -> deliver.Van:
    def command(tx):  # type: ignore[no-untyped-def]
        dana = identity.Scope.system()
        known = deliver.Known("DE", "", "Hamburg", deliver.Point(53_550_000, 9_990_000))
        deliver.save_coordinates(tx, dana, [known])
        place = deliver.add_location(tx, dana, "Depot", HOME)
        return deliver.save_van(tx, dana, deliver.Van("", "", "Van 1", "Dora", place.id))

    return entrepot.database.write_now(command)


def test_a_day_is_planned_shown_on_a_map_and_driven_on_a_phone(
    dana: Visitor, nobody: Visitor, entrepot: Entrepot, market: Market
) -> None:
    depot_and_van(entrepot, market)
    booking = deliver.Booking("sor_1", "org_1", FLEET, None, None, HOME)
    parcel = entrepot.database.write_now(lambda tx: deliver.book(tx, booking))
    day = deliver.today(NOON, "UTC")
    planned = send(dana, "/operator/fleet/plans", {"day": day, "seconds": "1"})
    assert planned.status_code == 303
    address = planned.headers["location"]
    html = eventually(lambda: "data-refresh" not in (text := dana.get(address).text) and text) or ""
    assert 'class="plot map"' in html
    assert parcel.id in html
    link = re.search(r'href="[^"]*(/driver/[^"]+)"', dana.get("/operator/fleet").text)
    assert link is not None
    phone = nobody.get(link[1]).text
    assert "Van 1" in phone
    assert send(nobody, f"{link[1]}/start", {}).status_code == 303
    assert "1 Harbour Street" in nobody.get(link[1]).text
    refused = send(nobody, f"{link[1]}/stops", {"parcel_id": parcel.id, "outcome": "failed"})
    assert refused.status_code == 400
    assert send(nobody, f"{link[1]}/stops", {"parcel_id": parcel.id, "outcome": "delivered"}).status_code == 303
    found = entrepot.database.read_now(lambda s: deliver.find_parcel(s, parcel.id))
    assert found is not None
    assert found.state == "delivered"
    assert nobody.get(link[1][:-1] + "x").status_code == 404


def test_a_point_is_opened_and_its_counter_takes_in_and_hands_out(
    dana: Visitor, nobody: Visitor, entrepot: Entrepot
) -> None:
    fields = {name: getattr(HOME, name) for name in HOME.__struct_fields__}
    point = {
        **fields,
        "point_name": "Kiosk",
        "capacity": "3",
        "kept_days": "7",
        "is_open": "1",
        "hours_mon": "09:00-18:00",
    }
    assert send(dana, "/operator/points", {**point, "hours_mon": "nine"}).status_code == 400
    assert send(dana, "/operator/points", point).status_code == 303
    link = re.search(r'href="[^"]*(/pickup/[^"]+)"', dana.get("/operator/points").text)
    assert link is not None
    [saved] = entrepot.database.read_now(lambda s: deliver.list_points(s, identity.Scope.system()))
    terms = deliver.SheetTerms(goes_to="pickup_point")
    draft = deliver.RateSheetDraft("Collect", "flat", ("DE",), "EUR", ((0, 100),), terms=terms)

    def book(tx):  # type: ignore[no-untyped-def]
        sheet = deliver.save_rate_sheet(tx, identity.Scope.system(), draft)
        request = deliver.QuoteRequest("usr_1", "org_1", None, 100, "EUR", "DE", city="Hamburg")
        quote = next(each for each in deliver.quote(tx, [request]) if each.sheet_id == sheet.id)
        deliver.delete_rate_sheet(tx, identity.Scope.system(), sheet.id)
        return deliver.book(tx, deliver.Booking("sor_2", "org_1", "post", "POST-9", quote.id, HOME))

    parcel = entrepot.database.write_now(book)
    assert parcel.pickup_point_id == saved.id
    assert "POST-9" in nobody.get(link[1]).text
    assert send(nobody, link[1], {"act": "out", "number": "POST-9", "code": "000000"}).status_code in (400, 409)
    assert send(nobody, link[1], {"act": "in", "number": "POST-9"}).status_code == 303
    key = entrepot.secret_key
    public = nobody.get(f"/track/{identity.sign(key, 'track', parcel.id)}").text
    buyers = nobody.get(f"/track/{identity.sign(key, 'collect', parcel.id)}").text
    code = re.search(r'class="code-large">(\d{3}) (\d{3})<', buyers)
    assert code is not None
    assert "code-large" not in public
    assert "Kiosk" in public
    wrong = "000000" if code[1] + code[2] != "000000" else "111111"
    assert send(nobody, link[1], {"act": "out", "number": "POST-9", "code": wrong}).status_code == 400
    assert send(nobody, link[1], {"act": "out", "number": "POST-9", "code": f"{code[1]} {code[2]}"}).status_code == 303
    assert "Arrived" in nobody.get(f"/track/{identity.sign(key, 'track', parcel.id)}").text
    send(dana, f"/operator/points/{saved.id}/link", {})
    assert nobody.get(link[1]).status_code == 404


def test_a_tracking_link_shows_no_name_and_no_address(nobody: Visitor, entrepot: Entrepot) -> None:
    booking = deliver.Booking("sor_3", "org_1", "post", "POST <b>", None, HOME)
    parcel = entrepot.database.write_now(lambda tx: deliver.book(tx, booking))
    token = identity.sign(entrepot.secret_key, "track", parcel.id)
    html = nobody.get(f"/track/{token}").text
    assert "POST &lt;b&gt;" in html
    assert not {"Alice", "Harbour", "20457"} & set(re.findall(r"\w+", html.replace("Harbour Market", "")))
    twin = nobody.get(f"/api/track/{token}")
    assert twin.json()["tracking_no"] == "POST <b>"
    assert "Alice" not in twin.text
    for wrong in (parcel.id, token[:-2], identity.sign(entrepot.secret_key, "driver", parcel.id)):
        assert nobody.get(f"/track/{wrong}").status_code == 404
        assert nobody.get(f"/api/track/{wrong}").status_code == 404


def test_a_label_is_its_senders_and_carries_the_number_as_bars(
    bruno: Visitor, bea: Visitor, dana: Visitor, entrepot: Entrepot, market: Market
) -> None:
    booking = deliver.Booking("sor_4", str(market.cast.bruno.organisation), "post", "POST-4", None, HOME)
    parcel = entrepot.database.write_now(lambda tx: deliver.book(tx, booking))
    for visitor in (bruno, dana):
        html = visitor.get(f"/parcels/{parcel.id}/label").text
        assert "1 Harbour Street" in html
        assert html.count('class="ink"') == len(deliver.code128("POST-4"))
    assert bea.get(f"/parcels/{parcel.id}/label").status_code == 404


def test_a_carrier_speaks_signed_and_nobody_else(nobody: Visitor, entrepot: Entrepot) -> None:
    booking = deliver.Booking("sor_5", "org_1", deliver.SANDBOX, "SBX-5", None, HOME)
    parcel = entrepot.database.write_now(lambda tx: deliver.book(tx, booking))
    at = to_rfc3339(NOON)
    body = msgspec.json.encode({"tracking_no": "SBX-5", "code": "failed", "at": at, "source_id": "hook"})
    path = "/api/carriers/sandbox/webhook"
    headers = sign(webhook_secret(entrepot.secret_key, "sandbox"), "msg_1", NOON, body)
    other = sign(webhook_secret(entrepot.secret_key, "post"), "msg_1", NOON, body)
    kind = {"content-type": "application/json"}
    assert nobody.client.request("POST", path, content=body, headers=kind | other).status_code == 401
    assert nobody.client.request("POST", path, content=body, headers=kind).status_code == 401
    for _ in range(2):
        assert nobody.client.request("POST", path, content=body, headers=kind | headers).status_code == 200
    assert nobody.client.request("POST", "/api/carriers/none/webhook", content=body, headers=kind).status_code == 404
    found = entrepot.database.read_now(lambda s: deliver.find_parcel(s, parcel.id))
    assert found is not None
    assert found.attempts == 1


def test_the_api_has_what_the_pages_have(bruno: Visitor, dana: Visitor, visit: Callable[[], Visitor]) -> None:
    zone = bruno.post("/api/merchant/zones", {"name": "North", "places": ["DE:2*"]}).json()
    changed = {"name": "North", "places": ["DE:2*", "DE:3*"]}
    assert bruno.put(f"/api/merchant/zones/{zone['id']}", changed).json()["places"] == changed["places"]
    assert zone["id"] in {each["id"] for each in bruno.get("/api/merchant/zones").json()["zones"]}
    assert zone["id"] not in {each["id"] for each in dana.get("/api/merchant/zones").json()["zones"]}
    assert dana.change("DELETE", f"/api/merchant/zones/{zone['id']}").status_code == 404
    assert bruno.change("DELETE", f"/api/merchant/zones/{zone['id']}").json() == {"done": True}
    assert bruno.get("/api/merchant/coverage").json()["target_percent"] == 90
    assert bruno.get("/api/operator/vans").status_code == 403
    assert dana.get("/api/operator/plans").status_code == 200
