"""What orders, money and stock ought to be, told without the rooms: plain dictionaries and plain arithmetic."""

from collections import Counter
from dataclasses import dataclass, field
from fractions import Fraction

from tests.orders.market import CUP, CUPS_BPS, DELIVERY_MINOR, LAMP, LAMPS_BPS, PLATE, PRICES, STOCK

MINUTES_30 = 30 * 60 * 1_000_000
DAYS_7 = 7 * 24 * 3_600 * 1_000_000
SELLERS = {LAMP: "bruno", CUP: "bea", PLATE: "bea"}
BPS = {"bruno": LAMPS_BPS, "bea": CUPS_BPS}


@dataclass
class Part:
    """One merchant's part of an order. `money` is where its money is."""

    seller: str
    lines: dict[str, int]
    items: int
    status: str = "awaiting_payment"
    money: str = "nowhere"
    scanned: bool = False
    confirm_by: int | None = None

    @property
    def total(self) -> int:
        return self.items + DELIVERY_MINOR


@dataclass
class Bought:
    """An order. `payment` is what the processor and we agreed on; `heard` whether the order knows it."""

    buyer: str
    method: str
    cart: int
    pay_by: int
    parts: list[Part]
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
    cart_numbers: dict[str, int] = field(default_factory=dict)
    carts_made: int = 0
    orders: list[Bought] = field(default_factory=list)
    payable: Counter[str] = field(default_factory=Counter)
    commission: int = 0
    carrier: int = 0
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
            return True
        if not self.is_enough(name, quantity):
            return False
        if buyer not in self.carts:
            self.carts[buyer] = {}
            self.carts_made += 1
            self.cart_numbers[buyer] = self.carts_made
        self.carts[buyer][name] = quantity
        return True

    def place(self, buyer: str, method: str, now: int) -> bool:
        wanted = self.carts.get(buyer)
        if not wanted or not all(self.is_enough(name, quantity) for name, quantity in wanted.items()):
            return False
        parts: dict[str, Part] = {}
        for name, quantity in wanted.items():
            part = parts.setdefault(SELLERS[name], Part(SELLERS[name], {}, 0))
            part.lines[name] = quantity
            part.items += quantity * self.prices[name]
            self.held[name] += quantity
        self.orders.append(Bought(buyer, method, self.cart_numbers[buyer], now + MINUTES_30, list(parts.values())))
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
                        part.money = "escrow"
            for part in order.parts:
                if part.money == "returning":
                    part.money = "back"
                    self.processor -= part.total

    def listen(self, now: int) -> None:
        """Orders hear what happened: payments in the order of the orders, and parcels that arrived."""
        for order in self.orders:
            if order.payment != "requested" and not order.heard:
                order.heard = True
                if order.status == "awaiting_payment":
                    self._hear(order)
            for part in order.parts:
                if part.scanned and part.status == "shipped":
                    part.status, part.confirm_by = "delivered", now + DAYS_7

    def _hear(self, order: Bought) -> None:
        if order.payment == "captured":
            order.status = "paid"
            for part in order.parts:
                if part.status == "awaiting_payment":
                    part.status = "paid"
                elif part.money == "escrow":
                    part.money = "returning"
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
        for name, quantity in wanted.items():
            mine[name] = max(mine.get(name, 0), quantity)

    def expire(self, order: Bought, now: int) -> None:
        if order.status == "awaiting_payment" and now >= order.pay_by and order.payment != "captured":
            if order.payment == "requested":
                order.payment = "abandoned"
                order.heard = True
            self._fall(order, "expired")

    def cancel(self, order: Bought, part: Part) -> bool:
        if part.status == "cancelled":
            return True
        if part.status not in ("awaiting_payment", "paid"):
            return False
        if part.status == "paid":
            part.money = "returning"
        self._release(part)
        if order.status == "awaiting_payment" and all(each.status == "cancelled" for each in order.parts):
            if order.payment == "requested":
                order.payment = "abandoned"
                order.heard = True
            if order.payment != "captured":
                order.status = "cancelled"
        return True

    def ship(self, part: Part) -> bool:
        if part.status != "paid":
            return False
        part.status = "shipped"
        for name, quantity in part.lines.items():
            self.held[name] -= quantity
            stock = self.stock[name]
            if stock is not None:
                self.stock[name] = stock - quantity
        return True

    def confirm(self, part: Part) -> bool:
        if part.status == "completed":
            return True
        if part.status not in ("shipped", "delivered"):
            return False
        self._complete(part)
        return True

    def confirm_by_time(self, now: int) -> None:
        for order in self.orders:
            for part in order.parts:
                if part.status == "delivered" and part.confirm_by is not None and part.confirm_by <= now:
                    self._complete(part)

    def _complete(self, part: Part) -> None:
        part.status, part.money = "completed", "settled"
        commission = round(Fraction(part.items * BPS[part.seller], 10_000))
        self.payable[part.seller] += part.items - commission
        self.commission += commission
        self.carrier += DELIVERY_MINOR

    def _release(self, part: Part) -> None:
        part.status = "cancelled"
        for name, quantity in part.lines.items():
            self.held[name] -= quantity
