"""Which encoding a text file is in, found out from its bytes.

1. a byte order mark says it;
2. every other byte a NUL: UTF-16 without a mark;
3. lines that are valid UTF-8 beside ASCII outnumber those that are not: UTF-8, and each bad line is a bad row;
4. pairs of high bytes that are everyday Chinese characters: GBK (read as its superset GB 18030);
5. words with a letter beyond ASCII here and there: what Western Windows programs write (cp1252);
6. else nobody can tell Cyrillic from Greek, or Japanese from Korean, for certain: it is not guessed.
"""

from __future__ import annotations

import re
from itertools import islice
from typing import Final

SAMPLE_BYTES_MAX: Final = 4 * 2**20
_HIGH: Final = re.compile(rb"[\x80-\xff]")
_PAIRS: Final = re.compile(rb"[\xa1-\xa9\xb0-\xf7][\xa1-\xfe]")
_RARE: Final = re.compile(rb"[\xa4\xa5\xd8-\xf7][\xa1-\xfe]")
"""Pairs that are seldom in Chinese: the kana of Japanese, and characters that few people know."""
_LATE: Final = re.compile(rb"[\xc9-\xd7][\xa1-\xfe]")
"""Of everyday characters, in the order of their sounds, nearly half; no syllable of Korean stands there."""
_PAIRS_TOLD_MIN: Final = 12
_WORD: Final = re.compile(rb"[A-Za-z]*[\x80-\xff][A-Za-z\x80-\xff]*")
_UNWESTERN: Final = re.compile(
    rb"[\xc0-\xff]{3}|[\x81\x8d\x8f\x90\x9d]|[A-Za-z\xc0-\xff][\xa1-\xa9\xac-\xb3\xb5\xb6\xb8\xb9\xbb-\xbf][a-z\xe0-\xff]"
)
"""Three letters beyond ASCII in a row, bytes that mean nothing, or a sign such as \u00b3 in the middle of a word."""
_WORDS_MAX: Final = 20_000
_MARKS: Final = (
    (b"\xef\xbb\xbf", "utf-8"),
    (b"\xff\xfe\x00\x00", "utf-32"),
    (b"\x00\x00\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)
_DECLARED: Final = re.compile(rb"""^\s*<\?xml[^>]{0,200}?encoding\s*=\s*["']([A-Za-z0-9._-]{1,40})["']""")


def find_encoding(sample: bytes) -> str | None:
    """The encoding of a text, as Python names it, by its first bytes; None where they do not tell."""
    for mark, encoding in _MARKS:
        if sample.startswith(mark):
            return encoding
    if (wide := _wide(sample[:4096])) is not None:
        return wide
    if declared := _DECLARED.match(sample):
        return declared[1].decode("ascii").lower()
    if not _HIGH.search(sample) or sample.lstrip()[:1] in (b"{", b"[") or _is_utf8(sample):  # JSON is always UTF-8
        return "utf-8"
    if _is_chinese(sample):
        return "gb18030"
    return "cp1252" if _is_western(sample) else None


def _wide(begin: bytes) -> str | None:
    """UTF-16 without a mark: in a text with a header in Latin letters every other byte is a NUL."""
    if len(begin) < 4:
        return None
    half = len(begin) // 2
    if begin[1::2].count(0) > half * 0.7 and begin[0::2].count(0) == 0:
        return "utf-16-le"
    if begin[0::2].count(0) > half * 0.7 and begin[1::2].count(0) == 0:
        return "utf-16-be"
    return None


def _is_utf8(sample: bytes) -> bool:
    """Whether more of the lines that are not plain ASCII are UTF-8 than are not."""
    good = bad = 0
    for line in sample.split(b"\n")[: -1 if len(sample) >= SAMPLE_BYTES_MAX else None]:
        if line.isascii():
            continue
        try:
            line.decode("utf-8")
        except UnicodeDecodeError:
            bad += 1
        else:
            good += 1
    return good >= bad


def _is_chinese(sample: bytes) -> bool:
    lines = [line for line in sample.split(b"\n")[:-1] or [sample] if _HIGH.search(line)][:5_000]
    high = pairs = rare = late = 0
    for line in lines:
        try:
            line.decode("gb18030")
        except UnicodeDecodeError:
            return False
        high += len(_HIGH.findall(line))
        found = _PAIRS.findall(line)
        pairs += len(found)
        rare += sum(_RARE.match(pair) is not None for pair in found)
        late += sum(_LATE.match(pair) is not None for pair in found)
    return high > 0 and 2 * pairs >= 0.8 * high and 4 * rare <= pairs and (late > 0 or pairs < _PAIRS_TOLD_MIN)


def _is_western(sample: bytes) -> bool:
    """Whether most words with letters beyond ASCII look as they do in Western languages."""
    words = [found[0] for found in islice(_WORD.finditer(sample), _WORDS_MAX)]
    return 5 * sum(_UNWESTERN.search(word) is not None for word in words) <= len(words)
