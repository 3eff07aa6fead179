"""Names that somebody gives, shown where others read them: a line of letters, whatever was sent."""

from tests.web.visitors import PAGE, Visitor


def test_a_feeds_name_is_a_name(bruno: Visitor) -> None:
    data, name = {"_csrf": bruno.refresh(), "dry_run": "1"}, "../a\\b\r\nset-cookie: x\u202etxt.jsonl"
    row = b'{"external_id":"x","title":"X","variants":[{"price_minor":1,"currency":"USD"}]}'
    sent = bruno.client.post("/merchant/imports", data=data, files={"feed": (name, row)}, headers=PAGE)
    job = sent.headers["location"].rpartition("/")[2]
    assert bruno.get(f"/api/merchant/imports/{job}").json()["name"] == "bset-cookie: xtxt.jsonl"
