"""What the ledger's tests do again and again: accounts, posting, proving."""

from entrepot import ledger
from entrepot.kernel import Database, Proof, Snapshot
from entrepot.ledger import Account, Balance, Hold, Move, Plan, Posted, Step

BANK = Account("platform", "bank", "USD")
ALICE = Account("usr_alice", "wallet", "USD", floor=0)
BRUNO = Account("org_bruno", "payable", "USD", floor=0)
CHEN = Account("org_chen", "credit", "USD", floor=-50, ceiling=100)
SHELF = Account("loc_north", "on_hand", "off_teapot", floor=0)
MAKER = Account("platform", "made", "off_teapot")


def post(database: Database, *steps: Step) -> Posted:
    """Post steps as one plan, in a command of their own."""
    return database.write_now(lambda tx: ledger.post(tx, Plan.of(*steps)))


def move(id: str, debit: Account, credit: Account, amount: int, code: str = "test", ref: str = "ref") -> Move:
    """A move whose code and ref do not matter."""
    return Move(id, debit, credit, amount, code, ref)


def hold(id: str, debit: Account, credit: Account, amount: int, expires_at: int | None = None) -> Hold:
    """A hold whose code and ref do not matter."""
    return Hold(id, debit, credit, amount, "test", "ref", expires_at)


def balance(database: Database, account: Account) -> Balance:
    """What an account holds now."""
    return database.read_now(lambda snapshot: ledger.balance_of(snapshot, account))


def held(database: Database, hold_id: str) -> tuple[int, int, str]:
    """A hold as (captured, left, state)."""
    found = database.read_now(lambda snapshot: ledger.find_hold(snapshot, hold_id))
    assert found is not None
    return found.captured, found.left, found.state


def seal(database: Database) -> int:
    """Seal everything; returns how many transfers."""
    total = 0
    while count := database.write_now(ledger.seal):
        total += count
    return total


def breaches_in(snapshot: Snapshot, proofs: tuple[Proof, ...] = ledger.PROOFS) -> list[str]:
    """Every breach that the proofs find, with the proof's name."""
    return [f"{proof.name}: {breach}" for proof in proofs for breach in proof.check(snapshot).breaches]


def prove(database: Database) -> None:
    """Every proof of the ledger holds."""
    assert database.read_now(breaches_in) == []
