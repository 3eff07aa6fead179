"""Ratings of search results by people, as files: our own form, and those of public collections.

Our own is a CSV with the columns `query`, `docid` and `rating`, where a docid is the feed's own number of a product (or
our id) and a rating is a number from 0, more being better. Also read as they are published: WANDS (Wayfair: `label.csv`
beside `query.csv`, Exact, Partial and Irrelevant) and ESCI (Amazon: columns `query`, `product_id` and `esci_label`, in
CSV or Parquet). Any may be packed by gzip.
"""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from entrepot.kernel import Invalid, Unavailable

RATING_MAX = 30.0
ROWS_MAX = 20_000_000
_WANDS = {"Exact": 2.0, "Partial": 1.0, "Irrelevant": 0.0}
_ESCI = {"E": 3.0, "S": 2.0, "C": 1.0, "I": 0.0, "Exact": 3.0, "Substitute": 2.0, "Complement": 1.0, "Irrelevant": 0.0}


class Judged(msgspec.Struct, frozen=True):
    """Ratings by query and docid, and the sha256 of the file that they came from."""

    ratings: dict[str, dict[str, float]]
    sha256: str


def read_judgments(path: Path) -> Judged:
    """Ratings of a file of any form that is known. Invalid, with the line and what is wrong there."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise Unavailable(f"{path} cannot be read: {error.strerror}") from error
    rows = _parquet(path) if path.suffix == ".parquet" else _lines(content)
    return Judged(_ratings(rows, path), hashlib.sha256(content).hexdigest())


def parse_judgments(content: bytes) -> dict[str, dict[str, float]]:
    """Ratings in our own form, as `write_judgments` makes them."""
    return _ratings(_lines(content), Path("ratings.csv"))


def write_judgments(ratings: Mapping[str, Mapping[str, float]]) -> bytes:
    """Ratings in our own form, the same bytes for the same ratings."""
    file = io.StringIO(newline="")
    writer = csv.writer(file)
    writer.writerow(("query", "docid", "rating"))
    for query in sorted(ratings):
        writer.writerows((query, docid, f"{rating:g}") for docid, rating in sorted(ratings[query].items()))
    return file.getvalue().encode()


def _ratings(rows: Iterable[Mapping[str, Any]], path: Path) -> dict[str, dict[str, float]]:
    queries = _wands_queries(path)
    ratings: dict[str, dict[str, float]] = {}
    for line, row in enumerate(rows, start=2):
        if line > ROWS_MAX:
            raise Invalid(f"{path.name} has more than {ROWS_MAX:,} rows")
        query, docid, rating = _read_row(row, queries, f"{path.name}, line {line}")
        ratings.setdefault(query, {})[docid] = rating
    if not ratings:
        raise Invalid(f"{path.name} holds no ratings: it needs the columns query, docid and rating")
    return ratings


def _read_row(row: Mapping[str, Any], queries: Mapping[str, str], where: str) -> tuple[str, str, float]:
    """One row of any form."""
    if "esci_label" in row:
        return _text(row, "query", where), _text(row, "product_id", where), _label(row, "esci_label", _ESCI, where)
    if "label" in row and "query_id" in row:
        query = queries.get(_text(row, "query_id", where))
        if query is None:
            raise Invalid(f"{where}: there is no such query; WANDS keeps them in query.csv beside this file")
        return query, _text(row, "product_id", where), _label(row, "label", _WANDS, where)
    return _text(row, "query", where), _text(row, "docid", where), _number(row, where)


def _text(row: Mapping[str, Any], name: str, where: str) -> str:
    value = str(row.get(name) or "").strip()
    if not value:
        raise Invalid(f"{where}: there is nothing in the column {name}", fields={name: "empty"})
    return value


def _label(row: Mapping[str, Any], name: str, known: Mapping[str, float], where: str) -> float:
    label = _text(row, name, where)
    if label not in known:
        raise Invalid(f"{where}: {label!r} is none of {', '.join(known)}", fields={name: "unknown"})
    return known[label]


def _number(row: Mapping[str, Any], where: str) -> float:
    text = _text(row, "rating", where)
    try:
        rating = float(text)
    except ValueError:
        rating = -1.0
    if not 0.0 <= rating <= RATING_MAX:
        raise Invalid(f"{where}: {text!r} is no rating from 0 to {RATING_MAX:g}", fields={"rating": "a number"})
    return rating


def _lines(content: bytes) -> Iterator[dict[str, Any]]:
    try:
        text = (gzip.decompress(content) if content[:2] == b"\x1f\x8b" else content).decode("utf-8-sig")
    except (OSError, EOFError, UnicodeDecodeError) as error:
        raise Invalid(f"The ratings are no text in UTF-8: {error}") from error
    first = text.split("\n", 1)[0]
    yield from csv.DictReader(io.StringIO(text, newline=""), delimiter="\t" if "\t" in first else ",")


def _wands_queries(path: Path) -> dict[str, str]:
    """The texts of WANDS' queries, by their numbers."""
    candidates = [path.with_name(name) for name in ("query.csv", "query.csv.gz")]
    beside = next((each for each in candidates if each.is_file() and each != path), None)
    if beside is None:
        return {}
    return {str(row.get("query_id") or ""): str(row.get("query") or "").strip() for row in _lines(beside.read_bytes())}


def _parquet(path: Path) -> Iterator[dict[str, Any]]:
    try:
        import pyarrow.parquet as parquet
    except ImportError as error:
        raise Unavailable("Reading Parquet needs pyarrow: install entrepot[parquet]") from error
    wanted = ("query", "product_id", "esci_label", "docid", "rating")
    file = parquet.ParquetFile(path)
    columns = [name for name in wanted if name in file.schema_arrow.names]
    for batch in file.iter_batches(columns=columns):
        yield from batch.to_pylist()
