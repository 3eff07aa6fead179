"""Stripe as it is seen from outside: forms in, JSON out, idempotency keys, signed events."""

import hashlib
import hmac
import itertools
import json
from typing import Any
from urllib.parse import parse_qsl

import httpx

from entrepot.kernel import Clock
from tests.contracts.providers.faults import Line

Form = dict[str, str]


class StripeDouble:
    """One account. `events` are the bodies of the webhooks that it would send."""

    key = "sk_test_Zm9yIHRlc3Rz"
    secret = "whsec_c2lnbnMgZXZlbnRz"

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._numbers = itertools.count(1)
        self._answered: dict[str, tuple[str, int, dict[str, Any]]] = {}
        self.sessions: dict[str, dict[str, Any]] = {}
        self.intents: dict[str, dict[str, Any]] = {}
        self.refunds: dict[str, dict[str, Any]] = {}
        self.transfers: dict[str, dict[str, Any]] = {}
        self.events: list[bytes] = []
        self.declines = False
        self.accounts = {"acct_Bruno0001"}
        self.line = Line(self._answer)
        self.transport = httpx.MockTransport(self.line)

    # --- what happens outside of the API

    def pay(self, key: str) -> None:
        """The buyer pays on the page."""
        session = next(each for each in self.sessions.values() if each["client_reference_id"] == key)
        assert session["status"] == "open", "this page cannot be paid on any more"
        intent = self._new_intent(session["_beneath"], session["amount_total"], session["currency"])
        held = intent["capture_method"] == "manual"
        intent["status"] = "requires_capture" if held else "succeeded"
        intent["amount_received"] = 0 if held else intent["amount"]
        session |= {"status": "complete", "payment_status": "unpaid" if held else "paid", "url": None}
        session["payment_intent"] = intent["id"]
        self.tell("checkout.session.completed", session)
        self.tell("payment_intent.amount_capturable_updated" if held else "payment_intent.succeeded", intent)

    def dispute(self, key: str, status: str, name: str = "needs_response") -> None:
        """The buyer's bank takes a charge back."""
        intent = next(each for each in self.intents.values() if each["metadata"].get("entrepot_key") == key)
        self.tell(f"charge.dispute.{status}", {
            "id": f"dp_{intent['id'][3:]}", "object": "dispute", "amount": intent["amount"],
            "currency": intent["currency"], "status": name, "reason": "fraudulent", "payment_intent": intent["id"],
            "charge": "ch_x", "evidence_details": {"due_by": self._now_s() + 86_400, "has_evidence": False},
        })  # fmt: skip

    def tell(self, kind: str, thing: dict[str, Any]) -> None:
        """Write an event down."""
        event = {
            "id": self._name("evt"), "object": "event", "api_version": "2024-06-20", "created": self._now_s(),
            "type": kind, "livemode": False, "data": {"object": _shown(thing)},
        }  # fmt: skip
        self.events.append(json.dumps(event).encode())

    def signed(self, body: bytes, *, at_s: int | None = None, secret: str | None = None) -> dict[str, str]:
        """The headers that a webhook comes with."""
        at = str(self._now_s() if at_s is None else at_s)
        digest = hmac.new((secret or self.secret).encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
        return {"stripe-signature": f"t={at},v1={digest},v0=6ffbb59b2300aae63f272406069a9788598b792a"}

    # --- the API

    def _answer(self, request: httpx.Request) -> httpx.Response:
        if request.headers.get("authorization") != f"Bearer {self.key}":
            return _refused(401, "invalid_request_error", None)
        assert request.headers["stripe-version"] == "2024-06-20"
        if request.method == "GET":
            status, body = self._get(request.url.path, dict(request.url.params))
            return httpx.Response(status, json=body)
        content = request.content.decode()
        key = request.headers["idempotency-key"]
        if key in self._answered:
            before, status, body = self._answered[key]
            if before != request.url.path + content:
                return _refused(400, "idempotency_error", None)
            return httpx.Response(status, json=body)
        status, body = self._post(request.url.path, dict(parse_qsl(content)))
        self._answered[key] = (request.url.path + content, status, json.loads(json.dumps(body)))
        return httpx.Response(status, json=body)

    def _get(self, path: str, query: Form) -> tuple[int, dict[str, Any]]:
        match path.split("/")[2:]:
            case ["balance"]:
                return 200, {"object": "balance", "available": []}
            case ["checkout", "sessions", name] if name in self.sessions:
                session = dict(_shown(self.sessions[name]))
                if session["payment_intent"] and query.get("expand[0]") == "payment_intent":
                    session["payment_intent"] = _shown(self.intents[session["payment_intent"]])
                return 200, session
            case ["payment_intents", "search"]:
                found = [
                    each
                    for each in self.intents.values()
                    if query["query"] == f'metadata["entrepot_key"]:"{each["metadata"].get("entrepot_key")}"'
                ]
                return 200, {"object": "search_result", "data": [_shown(each) for each in found], "has_more": False}
            case ["payment_intents", name] if name in self.intents:
                return 200, _shown(self.intents[name])
            case ["refunds"]:
                return 200, _listed(self.refunds, query, "payment_intent")
            case ["transfers"]:
                return 200, _listed(self.transfers, query, "transfer_group")
        return 404, {"error": {"type": "invalid_request_error", "code": "resource_missing", "param": "id"}}

    def _post(self, path: str, form: Form) -> tuple[int, dict[str, Any]]:
        match path.split("/")[2:]:
            case ["checkout", "sessions"]:
                return 200, _shown(self._new_session(form))
            case ["checkout", "sessions", name, "expire"]:
                self.sessions[name] |= {"status": "expired", "url": None}
                self.tell("checkout.session.expired", self.sessions[name])
                return 200, _shown(self.sessions[name])
            case ["payment_intents"]:
                return self._confirm(form)
            case ["payment_intents", name, "capture"]:
                return self._capture(self.intents[name], form)
            case ["payment_intents", name, "cancel"]:
                self.intents[name]["status"] = "canceled"
                self.tell("payment_intent.canceled", self.intents[name])
                return 200, _shown(self.intents[name])
            case ["refunds"]:
                return self._refund(form)
            case ["transfers"]:
                return self._transfer(form)
        return 404, {"error": {"type": "invalid_request_error"}}

    def _new_session(self, form: Form) -> dict[str, Any]:
        name = self._name("cs_test")
        self.sessions[name] = {
            "id": name, "object": "checkout.session", "mode": form["mode"], "status": "open",
            "payment_status": "unpaid", "client_reference_id": form["client_reference_id"],
            "amount_total": int(form["line_items[0][price_data][unit_amount]"]),
            "currency": form["line_items[0][price_data][currency]"], "payment_intent": None,
            "url": f"https://checkout.stripe.test/c/{name}", "expires_at": self._now_s() + 86_400,
            "_beneath": {each.removeprefix("payment_intent_data"): value for each, value in form.items()
                         if each.startswith("payment_intent_data")},
        }  # fmt: skip
        return self.sessions[name]

    def _new_intent(self, beneath: Form, amount: int, currency: str) -> dict[str, Any]:
        name = self._name("pi")
        self.intents[name] = {
            "id": name, "object": "payment_intent", "amount": amount, "amount_received": 0, "currency": currency,
            "capture_method": beneath.get("[capture_method]", "automatic"), "status": "requires_payment_method",
            "metadata": {each[len("[metadata][") : -1]: value for each, value in beneath.items()
                         if each.startswith("[metadata]")},
            "next_action": None,
        }  # fmt: skip
        return self.intents[name]

    def _confirm(self, form: Form) -> tuple[int, dict[str, Any]]:
        beneath = {f"[{each.replace('[', '][', 1)}" if "[" in each else f"[{each}]": value
                   for each, value in form.items()}  # fmt: skip
        intent = self._new_intent(beneath, int(form["amount"]), form["currency"])
        if self.declines:
            error = {"type": "card_error", "code": "card_declined", "decline_code": "insufficient_funds",
                     "message": "Your card has insufficient funds.", "payment_intent": _shown(intent)}  # fmt: skip
            return 402, {"error": error}
        held = intent["capture_method"] == "manual"
        intent["status"] = "requires_capture" if held else "succeeded"
        intent["amount_received"] = 0 if held else intent["amount"]
        self.tell("payment_intent.amount_capturable_updated" if held else "payment_intent.succeeded", intent)
        return 200, _shown(intent)

    def _capture(self, intent: dict[str, Any], form: Form) -> tuple[int, dict[str, Any]]:
        if intent["status"] != "requires_capture" or int(form["amount_to_capture"]) > intent["amount"]:
            return 400, {"error": {"type": "invalid_request_error", "code": "payment_intent_unexpected_state"}}
        intent |= {"status": "succeeded", "amount_received": int(form["amount_to_capture"])}
        intent["metadata"] |= {"capture": form["metadata[capture]"]}
        self.tell("payment_intent.succeeded", intent)
        return 200, _shown(intent)

    def _refund(self, form: Form) -> tuple[int, dict[str, Any]]:
        intent = self.intents[form["payment_intent"]]
        back = sum(each["amount"] for each in self.refunds.values() if each["payment_intent"] == intent["id"])
        if back + int(form["amount"]) > intent["amount_received"]:
            return 400, {"error": {"type": "invalid_request_error", "code": "charge_already_refunded"}}
        name = self._name("re")
        self.refunds[name] = {
            "id": name, "object": "refund", "amount": int(form["amount"]), "currency": intent["currency"],
            "payment_intent": intent["id"], "status": "succeeded",
            "metadata": {"entrepot_key": form["metadata[entrepot_key]"]},
        }  # fmt: skip
        self.tell("refund.created", self.refunds[name])
        return 200, self.refunds[name]

    def _transfer(self, form: Form) -> tuple[int, dict[str, Any]]:
        if form["destination"] not in self.accounts:
            return 400, {"error": {"type": "invalid_request_error", "code": "resource_missing", "param": "destination"}}
        name = self._name("tr")
        self.transfers[name] = {
            "id": name, "object": "transfer", "amount": int(form["amount"]), "currency": form["currency"],
            "destination": form["destination"], "transfer_group": form["transfer_group"], "reversed": False,
            "metadata": {"entrepot_key": form["metadata[entrepot_key]"]},
        }  # fmt: skip
        return 200, self.transfers[name]

    def _name(self, prefix: str) -> str:
        return f"{prefix}_{next(self._numbers):08}"

    def _now_s(self) -> int:
        return self._clock.now() // 1_000_000


def _shown(thing: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in thing.items() if not name.startswith("_")}


def _listed(things: dict[str, dict[str, Any]], query: Form, by: str) -> dict[str, Any]:
    found = [each for each in reversed(things.values()) if each[by] == query[by]]
    if "starting_after" in query:
        found = found[[each["id"] for each in found].index(query["starting_after"]) + 1 :]
    most = int(query["limit"])
    return {"object": "list", "data": found[:most], "has_more": len(found) > most}


def _refused(status: int, kind: str, code: str | None) -> httpx.Response:
    return httpx.Response(status, json={"error": {"type": kind, "code": code, "message": "Invalid API Key: sk_…"}})
