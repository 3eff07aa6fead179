"""Ratings of search results by people, as files: our own form, and those of public collections.

Our own is a CSV with the columns `query`, `docid` and `rating`, where a docid is the feed's own number of a product (or
our id) and a rating is a number from 0, more being better. Also read as they are published: WANDS (Wayfair: `label.csv`
beside `query.csv`, Exact, Partial and Irrelevant) and ESCI (Amazon: columns `query`, `product_id` and `esci_label`, in
CSV or Parquet). Columns stand in any order, parted by commas, semicolons or tabs; a text may be packed by gzip.
"""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import itertools
import zlib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from entrepot.kernel import Invalid, Unavailable

RATING_MAX = 30.0
ROWS_MAX = 20_000_000
_FORMS = (("query", "product_id", "esci_label"), ("query_id", "product_id", "label"), ("query", "docid", "rating"))
"""The columns by which ESCI, WANDS and our own form are known."""
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


def _ratings(rows: Iterable[tuple[int, Mapping[str, Any]]], path: Path) -> dict[str, dict[str, float]]:
    ratings: dict[str, dict[str, float]] = {}
    form, queries = None, dict[str, str]()
    for line, row in rows:
        if form is None:
            form = _form_of(row, path.name)
            queries = _wands_queries(path) if "query_id" in form else {}
        if line > ROWS_MAX:
            raise Invalid(f"{path.name} has more than {ROWS_MAX:,} rows")
        query, docid, rating = _read_row(row, form, queries, f"{path.name}, line {line}")
        ratings.setdefault(query, {})[docid] = rating
    if not ratings:
        raise Invalid(f"{path.name} holds no ratings: it needs the columns query, docid and rating")
    return ratings


def _form_of(row: Mapping[str, Any], name: str) -> tuple[str, str, str]:
    """The columns of the form that a file is of."""
    found = next((form for form in _FORMS if row.keys() >= set(form)), None)
    if found is None:
        columns = ", ".join(str(each)[:40] for each in row if each)
        raise Invalid(f"{name} needs the columns query, docid and rating in its first line, which has: {columns[:300]}")
    return found


def _read_row(
    row: Mapping[str, Any], form: tuple[str, str, str], queries: Mapping[str, str], where: str
) -> tuple[str, str, float]:
    """One row of a form."""
    asked, docid, rated = form
    query, product = _text(row, asked, where), _text(row, docid, where)
    if asked == "query_id":
        if query not in queries:
            raise Invalid(f"{where}: there is no such query; WANDS keeps them in query.csv beside this file")
        return queries[query], product, _label(row, rated, _WANDS, where)
    return query, product, _label(row, rated, _ESCI, where) if rated == "esci_label" else _number(row, where)


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


def _lines(content: bytes) -> Iterator[tuple[int, dict[str, Any]]]:
    """The rows of a text, each with its line, by the names of their columns in small letters."""
    try:
        text = (gzip.decompress(content) if content[:2] == b"\x1f\x8b" else content).decode("utf-8-sig")
    except (OSError, EOFError, UnicodeDecodeError, zlib.error) as error:
        raise Invalid(f"The ratings are no text in UTF-8: {error}") from error
    first = text.split("\n", 1)[0]
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=max(",;\t", key=first.count))
    try:
        names = [name.strip().casefold() for name in next(rows, [])]
        for row in rows:
            if any(row):
                yield rows.line_num, {**dict.fromkeys(names, ""), **dict(zip(names, row, strict=False))}
    except csv.Error as error:
        raise Invalid(f"The ratings are no table that can be read, line {rows.line_num}: {error}") from error


def _wands_queries(path: Path) -> dict[str, str]:
    """The texts of WANDS' queries, by their numbers."""
    candidates = [path.with_name(name) for name in ("query.csv", "query.csv.gz")]
    beside = next((each for each in candidates if each.is_file() and each != path), None)
    if beside is None:
        return {}
    return {
        str(row.get("query_id") or ""): str(row.get("query") or "").strip() for _, row in _lines(beside.read_bytes())
    }


def _parquet(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    try:
        import pyarrow
        import pyarrow.parquet as parquet
    except ImportError as error:
        raise Unavailable("Reading Parquet needs pyarrow: install entrepot[parquet]") from error
    try:
        file = parquet.ParquetFile(path)
    except (pyarrow.ArrowException, OSError) as error:
        raise Invalid(f"{path.name} is no Parquet file that can be read: {error}") from error
    wanted = {name for form in _FORMS for name in form}
    names = file.schema_arrow.names
    batches = file.iter_batches(columns=[name for name in names if name in wanted] or names[:1])
    yield from enumerate(itertools.chain.from_iterable(batch.to_pylist() for batch in batches), start=2)
