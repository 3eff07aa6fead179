"""Types are worked out before threads read them: where they are not, msgspec ends the process by chance."""

import subprocess
import sys
import textwrap

import msgspec
import pytest

from entrepot.kernel import settle_structs

Figure = int


class Late(msgspec.Struct):
    """What its field holds is found out by name, once."""

    figure: "Figure"


class Nothing(msgspec.Struct):
    """Cannot be decoded: two structs that nothing tells apart."""

    either: "Late | Nothing"


def test_a_struct_is_worked_out_ahead_and_what_cannot_be_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    settle_structs()
    monkeypatch.delattr(sys.modules[__name__], "Figure")
    assert msgspec.json.decode(b'{"figure": 3}', type=Late) == Late(3)
    with pytest.raises(TypeError):
        msgspec.json.Decoder(Nothing)


def test_threads_that_decode_for_the_first_time_at_once_harm_nobody() -> None:
    """Without it this ends by a signal, nearly always: some hundred types, each with a chance."""
    script = """
        import sys, threading, msgspec
        from entrepot.kernel import settle_structs

        def made(number):
            parts = [msgspec.defstruct(f"Part{number}_{k}", [(f"h{j}", "int | None", None) for j in range(10)])
                     for k in range(10)]
            return msgspec.defstruct(f"Whole{number}", [(f"g{j}", part) for j, part in enumerate(parts)])

        def read(kind):
            start.wait()
            for _ in range(3):
                msgspec.json.decode(body, type=kind)

        kinds = [made(number) for number in range(150)]
        body = msgspec.json.encode({f"g{9 - j}": {} for j in range(10)})
        settle_structs()
        sys.setswitchinterval(1e-6)
        for kind in kinds:
            start = threading.Barrier(4)
            threads = [threading.Thread(target=read, args=(kind,)) for _ in range(4)]
            for each in threads: each.start()
            for each in threads: each.join()
    """
    assert subprocess.run([sys.executable, "-c", textwrap.dedent(script)], timeout=120, check=False).returncode == 0
