"""Parquet files, read a part at a time. They need the extra `parquet`, which is asked for only where one is read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from entrepot.kernel import Invalid

BATCH_ROWS: Final = 500
_MAGIC: Final = b"PAR1"
EXTRA: Final = "Parquet files need an extra: pip install 'entrepot[parquet]', then import again"

Row = dict[str, Any]


def is_parquet(path: Path) -> bool:
    """Whether a file is one, by its first bytes."""
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return file.read(4) == _MAGIC


def open_parquet(path: Path) -> Any:
    """A file, opened; None when it is not there. Invalid without the extra, or when it cannot be read."""
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError:
        raise Invalid(EXTRA) from None
    if not path.is_file():
        return None
    try:
        return pyarrow.parquet.ParquetFile(path)
    except (pyarrow.ArrowException, OSError) as error:
        raise Invalid(f"{path.name} cannot be read: {error}") from error


def columns_of(path: Path) -> frozenset[str] | None:
    """The names of its columns; None when it is no Parquet, or the extra is absent."""
    if not is_parquet(path):
        return None
    try:
        file = open_parquet(path)
    except Invalid:
        return None
    try:
        return frozenset(file.schema_arrow.names)
    finally:
        file.close()


def has_column(path: Path, name: str) -> bool:
    """Whether it has a column; True where nobody can tell, so that opening says why."""
    columns = columns_of(path)
    return columns is None or name in columns


def iterate(file: Any, columns: Sequence[str] | None = None) -> Iterator[Row]:
    """Its rows as dictionaries, never more than some hundred at once. Invalid where it breaks off."""
    import pyarrow

    try:
        for batch in file.iter_batches(batch_size=BATCH_ROWS, columns=list(columns) if columns else None):
            yield from batch.to_pylist()
    except (pyarrow.ArrowException, OSError, UnicodeDecodeError) as error:
        raise Invalid(f"This Parquet file cannot be read to its end: {error}") from error
