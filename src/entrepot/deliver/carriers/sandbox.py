"""The sandbox carrier: brings parcels by itself, and, when asked to, as badly as real ones do.

Its journeys are drawn from the parcel's id, so that the same parcel always travels the same way.
"""

from __future__ import annotations

from collections.abc import Mapping
from random import Random

import msgspec

from entrepot.kernel import Invalid, Secret, from_rfc3339

from ..types import SANDBOX, ScanCode
from .base import CarrierScan
from .signing import check_signature

WAY: tuple[tuple[ScanCode, str], ...] = (
    ("label", "Sender"),
    ("handed_over", "Sender"),
    ("in_transit", "Sorting centre"),
    ("out_for_delivery", "Delivery base"),
    ("delivered", "Front door"),
)
FAULTS = ("late", "twice", "out of order", "closed door", "wrong scan", "lost", "returned")


class Step(msgspec.Struct, frozen=True):
    """A scan of a journey: it happened `happened` steps after the booking, whenever it is told."""

    code: ScanCode
    place: str
    happened: int
    source_id: str
    corrects: str | None = None


class SandboxWebhook(msgspec.Struct, frozen=True):
    """The body of the sandbox's webhook: times in RFC 3339."""

    tracking_no: str
    code: ScanCode
    at: str
    source_id: str
    place: str = ""
    corrects: str | None = None
    note: str = ""


class SandboxCarrier(msgspec.Struct, frozen=True):
    """The carrier that every house has; its webhooks are Standard Webhooks."""

    secret: Secret
    name: str = SANDBOX
    title: str = "Sandbox carrier"

    def tracking_no(self, parcel_id: str) -> str | None:
        """Made from the parcel's id."""
        return "SBX" + parcel_id[-12:]

    def tracking_url(self, tracking_no: str) -> str | None:
        """It has no page: ours shows all there is."""
        return None

    def read_webhook(self, headers: Mapping[str, str], body: bytes, now: int) -> tuple[CarrierScan, ...]:
        """One scan, or a list of them."""
        check_signature(self.secret, headers, body, now)
        try:
            told = msgspec.json.decode(body, type=SandboxWebhook | list[SandboxWebhook])
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise Invalid(f"The webhook cannot be read: {error}") from None
        scans = told if isinstance(told, list) else [told]
        return tuple(
            CarrierScan(
                each.tracking_no, each.code, from_rfc3339(each.at), each.source_id, each.place, each.corrects, each.note
            )
            for each in scans
        )


def journey(parcel_id: str, fault_percent: int = 0, *, to_point: bool = False) -> tuple[Step, ...]:
    """The scans of a parcel in the order in which they are told; so many of a hundred parcels go wrong somehow."""
    random = Random(parcel_id)
    way = [*WAY[:-1], ("at_pickup_point", "Pickup point")] if to_point else list(WAY)
    steps = [Step(code, place, number, f"sandbox {number}") for number, (code, place) in enumerate(way)]
    if random.randrange(100) >= fault_percent:
        return tuple(steps)
    return tuple(_with(steps, random.choice(FAULTS)))


def _with(steps: list[Step], fault: str) -> list[Step]:
    """A journey with one fault."""
    out, last = steps[-2], steps[-1]
    closed = Step("failed", "Closed door", last.happened, "sandbox closed")
    match fault:
        case "late":  # the hand-over is told after all else
            return [steps[0], *steps[2:], steps[1]]
        case "twice":
            return [step for step in steps for _ in range(2)]
        case "out of order":
            return [*steps[:2], steps[3], steps[2], *steps[4:]]
        case "closed door":
            again = msgspec.structs.replace(out, happened=out.happened + 2, source_id="sandbox again")
            return [*steps[:-1], closed, again, msgspec.structs.replace(last, happened=last.happened + 2)]
        case "wrong scan":  # scanned as handed over to the buyer while still in the van
            wrong = Step("delivered", "Front door", out.happened, "sandbox wrong")
            right = Step("out_for_delivery", out.place, out.happened, "sandbox right", "sandbox wrong")
            return [*steps[:-1], wrong, right, msgspec.structs.replace(last, happened=last.happened + 1)]
        case "lost":
            return steps[:3]
    back = Step("returning", "Delivery base", closed.happened + 1, "sandbox back")
    return [*steps[:-1], closed, back, Step("returned", "Sender", back.happened + 1, "sandbox returned")]
