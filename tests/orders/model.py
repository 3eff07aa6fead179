"""What orders, money and stock ought to be, told without the rooms: plain dictionaries and plain arithmetic."""

from collections import Counter
from dataclasses import dataclass, field
from fractions import Fraction

from tests.orders.market import CUP, CUPS_BPS, DELIVERY_MINOR, LAMP, LAMPS_BPS, PLATE, PRICES, STOCK

MINUTES_30 = 30 * 60 * 1_000_000
DAYS_7 = 7 * 24 * 3_600 * 1_000_000
DAYS_30 = 30 * 24 * 3_600 * 1_000_000
SELLERS = {LAMP: "bruno", CUP: "bea", PLATE: "bea"}
BPS = {"bruno": LAMPS_BPS, "bea": CUPS_BPS}


SHIPPING = "shipping"


@dataclass
class Part:
    """One merchant's part of an order: its pieces, its parcels, and what was given back of each of its shares."""

    seller: str
    lines: dict[str, int]
    prices: dict[str, int]
    status: str = "awaiting_payment"
    sent: Counter[str] = field(default_factory=Counter)
    cancelled: Counter[str] = field(default_factory=Counter)
    parcels: list[int | None] = field(default_factory=list)
    """When each parcel was scanned at the door, None while it was not."""
    heard: set[int] = field(default_factory=set)
    """Parcels of which the order knows that they are there."""
    captured: bool = False
    settled: bool = False
    taken: Counter[str] = field(default_factory=Counter)
    back: Counter[str] = field(default_factory=Counter)
    """Pieces of each line that were paid back."""
    pending: int = 0
    delivered_at: int | None = None
    completed_at: int | None = None
    confirm_by: int | None = None
    disputed_at: int | None = None
    asked: int = 0

    @property
    def items(self) -> int:
        return sum(number * self.prices[name] for name, number in self.lines.items())

    @property
    def total(self) -> int:
        return self.items + DELIVERY_MINOR

    @property
    def left(self) -> int:
        """Of what the buyer paid: what was not given back."""
        return self.total - self.taken.total()

    def left_of(self, share: str) -> int:
        whole = DELIVERY_MINOR if share == SHIPPING else self.lines[share] * self.prices[share]
        return whole - self.taken[share]

    def unsent(self, name: str) -> int:
        return self.lines[name] - self.sent[name] - self.cancelled[name]

    @property
    def escrow(self) -> int:
        return self.pending + (self.left if self.captured and not self.settled else 0)


@dataclass
class Bought:
    """An order. `payment` is what the processor and we agreed on; `heard` whether the order knows it."""

    buyer: str
    method: str
    cart: int
    pay_by: int
    parts: list[Part]
    put_in: dict[str, int] = field(default_factory=dict)
    """When each thing was put into the cart: lines keep this order, in whatever cart they come to lie."""
    status: str = "awaiting_payment"
    payment: str = "requested"
    heard: bool = False


@dataclass
class Model:
    """The whole market."""

    stock: dict[str, int | None] = field(default_factory=lambda: {name: STOCK[name] for name in SELLERS})
    prices: dict[str, int] = field(default_factory=lambda: {name: PRICES[name] for name in SELLERS})
    held: Counter[str] = field(default_factory=Counter)
    carts: dict[str, dict[str, int]] = field(default_factory=dict)
    put_in: dict[str, dict[str, int]] = field(default_factory=dict)
    ticks: int = 0
    cart_numbers: dict[str, int] = field(default_factory=dict)
    carts_made: int = 0
    orders: list[Bought] = field(default_factory=list)
    shared: int = 0
    """What was shared out and not taken back: the merchants' and the platform's together."""
    commission: Fraction = Fraction(0)
    roundings: int = 0
    processor: int = 0

    def left(self, name: str) -> int | None:
        stock = self.stock[name]
        return None if stock is None else max(stock - self.held[name], 0)

    def is_enough(self, name: str, quantity: int) -> bool:
        left = self.left(name)
        return left is None or quantity <= left

    def set_line(self, buyer: str, name: str, quantity: int) -> bool:
        """False when it is refused."""
        if quantity == 0:
            if buyer not in self.carts:
                return False
            self.carts[buyer].pop(name, None)
            self.put_in[buyer].pop(name, None)
            return True
        if not self.is_enough(name, quantity):
            return False
        if buyer not in self.carts:
            self.carts[buyer] = {}
            self.put_in[buyer] = {}
            self.carts_made += 1
            self.cart_numbers[buyer] = self.carts_made
        self.carts[buyer][name] = quantity
        self.ticks += 1
        self.put_in[buyer].setdefault(name, self.ticks)
        return True

    def place(self, buyer: str, method: str, now: int) -> bool:
        wanted = self.carts.get(buyer)
        if not wanted or not all(self.is_enough(name, quantity) for name, quantity in wanted.items()):
            return False
        parts: dict[str, Part] = {}
        put_in = self.put_in.pop(buyer)
        for name, quantity in sorted(wanted.items(), key=lambda each: put_in[each[0]]):
            part = parts.setdefault(SELLERS[name], Part(SELLERS[name], {}, {}))
            part.lines[name] = quantity
            part.prices[name] = self.prices[name]
            self.held[name] += quantity
        bought = Bought(buyer, method, self.cart_numbers[buyer], now + MINUTES_30, list(parts.values()), put_in)
        self.orders.append(bought)
        del self.carts[buyer]
        return True

    def speak(self) -> None:
        """The processor does everything it was asked to: charges, and refunds."""
        for order in self.orders:
            if order.payment == "requested":
                order.payment = "captured" if order.method == "tok_ok" else "declined"
                if order.payment == "captured":
                    self.processor += sum(part.total for part in order.parts)
                    for part in order.parts:
                        part.captured = True
            for part in order.parts:
                self.processor -= part.pending
                part.pending = 0

    def listen(self, now: int) -> None:
        """Orders hear what happened: payments in the order of the orders, and parcels that arrived."""
        for order in self.orders:
            if order.payment != "requested" and not order.heard:
                order.heard = True
                if order.status == "awaiting_payment":
                    self._hear(order)
            for part in order.parts:
                part.heard |= {place for place, at in enumerate(part.parcels) if at is not None}
                self._advance(part, now)

    def _hear(self, order: Bought) -> None:
        if order.payment == "captured":
            order.status = "paid"
            for part in order.parts:
                if part.status == "awaiting_payment":
                    part.status = "paid"
                else:
                    self._give_back_all(part)
        else:
            self._fall(order, "payment_failed")

    def _fall(self, order: Bought, status: str) -> None:
        order.status = status
        wanted: dict[str, int] = {}
        for part in order.parts:
            wanted |= part.lines
            if part.status == "awaiting_payment":
                self._release(part)
        mine = self.carts.setdefault(order.buyer, {})
        self.cart_numbers.setdefault(order.buyer, order.cart)
        put_in = self.put_in.setdefault(order.buyer, {})
        for name, quantity in wanted.items():
            mine[name] = max(mine.get(name, 0), quantity)
            put_in.setdefault(name, order.put_in[name])

    def expire(self, order: Bought, now: int) -> None:
        if order.status == "awaiting_payment" and now >= order.pay_by and order.payment != "captured":
            if order.payment == "requested":
                order.payment = "abandoned"
                order.heard = True
            self._fall(order, "expired")

    def cancel(self, order: Bought, part: Part, pieces: dict[str, int] | None, now: int) -> bool:
        if part.status == "cancelled":
            return True
        if part.status not in ("awaiting_payment", "paid") or part.disputed_at is not None:
            return False
        wanted = {name: part.unsent(name) for name in part.lines} if pieces is None else pieces
        wanted = {name: number for name, number in wanted.items() if number}
        if not wanted or any(number > part.unsent(name) for name, number in wanted.items()):
            return False
        if sum(wanted.values()) < sum(part.lines.values()) - part.cancelled.total():
            return self._cancel_some(part, wanted, now)
        if part.status == "paid":
            self._give_back_all(part)
        self._release(part)
        if order.status == "awaiting_payment" and all(each.status == "cancelled" for each in order.parts):
            if order.payment == "requested":
                order.payment = "abandoned"
                order.heard = True
            if order.payment != "captured":
                order.status = "cancelled"
        return True

    def _cancel_some(self, part: Part, wanted: dict[str, int], now: int) -> bool:
        if part.status != "paid":
            return False
        for name, number in wanted.items():
            self._take(part, name, part.left_of(name) * number // (part.lines[name] - part.back[name]), number)
            part.cancelled[name] += number
            self.held[name] -= number
        self._advance(part, now)
        return True

    def ship(self, part: Part, pieces: dict[str, int] | None, now: int) -> bool:
        wanted = {name: part.unsent(name) for name in part.lines} if pieces is None else pieces
        wanted = {name: number for name, number in wanted.items() if number}
        if part.status != "paid" or not wanted:
            return False
        if any(number > part.unsent(name) for name, number in wanted.items()):
            return False
        for name, number in wanted.items():
            part.sent[name] += number
            self.held[name] -= number
            stock = self.stock[name]
            if stock is not None:
                self.stock[name] = stock - number
        part.parcels.append(None)
        self._advance(part, now)
        return True

    def goodwill(self, part: Part, name: str, amount: int) -> bool:
        if part.status not in ("paid", "shipped", "delivered", "completed") or part.disputed_at is not None:
            return False
        if not 0 < amount <= part.left_of(name):
            return False
        self._take(part, name, amount, 0)
        return True

    def dispute(self, part: Part, asked: int | None, now: int) -> bool:
        since = part.delivered_at or part.completed_at
        if part.status not in ("delivered", "completed") or part.disputed_at is not None or since is None:
            return False
        asked = part.left if asked is None else asked
        if not 0 < asked <= part.left or now >= since + DAYS_30:
            return False
        part.disputed_at, part.asked = now, asked
        return True

    def decide(self, part: Part, verdict: str, now: int) -> bool:
        if part.disputed_at is None:
            return False
        if verdict == "whole" or (verdict == "asked" and part.asked == part.left):
            self._give_back_all(part)
        elif verdict == "asked":
            shares = [*part.lines, SHIPPING]
            for share, amount in zip(
                shares, _shared_out(part.asked, [part.left_of(each) for each in shares]), strict=True
            ):
                self._take(part, share, amount, 0)
        if part.confirm_by is not None:
            part.confirm_by += now - part.disputed_at
        part.disputed_at = None
        return True

    def confirm(self, part: Part, now: int) -> bool:
        if part.status == "completed":
            return True
        if part.status not in ("shipped", "delivered") or part.disputed_at is not None:
            return False
        self._complete(part, now)
        return True

    def confirm_by_time(self, now: int) -> None:
        for order in self.orders:
            for part in order.parts:
                due = part.confirm_by is not None and part.confirm_by <= now
                if part.status == "delivered" and due and part.disputed_at is None:
                    self._complete(part, now)

    def _complete(self, part: Part, now: int) -> None:
        part.status, part.settled, part.completed_at = "completed", True, now
        self.shared += part.left
        for name in part.lines:
            self.commission += Fraction(part.left_of(name) * BPS[part.seller], 10_000)
            self.roundings += 1

    def _take(self, part: Part, share: str, amount: int, pieces: int) -> None:
        part.taken[share] += amount
        part.back[share] += pieces
        part.pending += amount
        if amount:
            self.roundings += 1
        if part.settled:
            self.shared -= amount
            if share != SHIPPING:
                self.commission -= Fraction(amount * BPS[part.seller], 10_000)

    def _give_back_all(self, part: Part) -> None:
        for share in (*part.lines, SHIPPING):
            pieces = 0 if share == SHIPPING else part.lines[share] - part.back[share]
            self._take(part, share, part.left_of(share), pieces)

    def _advance(self, part: Part, now: int) -> None:
        if any(part.unsent(name) for name in part.lines) or not part.sent.total():
            return
        if part.status == "paid":
            part.status = "shipped"
        if part.status == "shipped" and len(part.heard) == len(part.parcels):
            part.status, part.confirm_by = "delivered", now + DAYS_7
            part.delivered_at = max(at for at in part.parcels if at is not None)

    def _release(self, part: Part) -> None:
        part.status = "cancelled"
        for name in part.lines:
            self.held[name] -= part.unsent(name)
            part.cancelled[name] += part.unsent(name)


def _shared_out(amount: int, weights: list[int]) -> list[int]:
    """By largest remainder, ties to the earlier."""
    whole = sum(weights)
    parts = [amount * weight // whole for weight in weights]
    order = sorted(range(len(weights)), key=lambda place: (-(amount * weights[place] % whole), place))
    for place in order[: amount - sum(parts)]:
        parts[place] += 1
    return parts
