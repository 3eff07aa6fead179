"""One file, in whichever format and encoding it is: bounded, and never held in memory whole."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import IO

from entrepot.kernel import Invalid, TooLarge

from .base import LINES_MAX, FileFormat, FileLine, Mapping, Unusable
from .camt import read_camt
from .sheets import read_alipay, read_bank, read_stripe


def read_file(format_: FileFormat, file: IO[bytes], mapping: Mapping | None = None) -> Iterator[FileLine | Unusable]:
    """The lines of a file, in its order. Invalid when it is not of this format, TooLarge when it does not end."""
    for count, line in enumerate(_lines(format_, file, mapping or Mapping())):
        if count >= LINES_MAX:
            raise TooLarge(f"This file has more than {LINES_MAX:,} lines: bring it in parts")
        yield line


def _lines(format_: FileFormat, file: IO[bytes], mapping: Mapping) -> Iterator[FileLine | Unusable]:
    if format_ == "camt053":
        yield from read_camt(file)
        return
    encoding = _encoding(file)
    text = io.TextIOWrapper(file, encoding=encoding, newline="")
    try:
        match format_:
            case "stripe":
                yield from read_stripe(text)
            case "alipay":
                yield from read_alipay(text)
            case "csv":
                yield from read_bank(text, mapping)
    except UnicodeDecodeError:
        raise Invalid(f"This file is not text in {encoding}") from None
    finally:
        text.detach()


def _encoding(file: IO[bytes]) -> str:
    """UTF-8, with or without its mark; UTF-16 by its mark; else what Chinese or Western banks still write."""
    start = file.read(64_000)
    file.seek(0)
    if start.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    for name in ("utf-8-sig", "gb18030"):
        try:
            # The last character of the sample may be cut in two.
            start[: max(0, len(start) - 4)].decode(name, "strict")
        except UnicodeDecodeError as error:
            if error.start < len(start) - 8:
                continue
        if name == "gb18030" and not _looks_chinese(start):
            continue
        return name
    return "cp1252"


def _looks_chinese(start: bytes) -> bool:
    return any("\u4e00" <= sign <= "\u9fff" for sign in start.decode("gb18030", "ignore")) and any(
        word.encode("gb18030") in start for word in ("支付宝", "账务", "金额", "交易", "订单")
    )
