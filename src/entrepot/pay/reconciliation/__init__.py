"""Reconciliation: what providers and banks say, line by line, against what the ledger says."""

from .breaks import count_breaks, list_breaks, resolve_break, take_break
from .formats import FileFormat, FileLine, Mapping, read_file
from .importing import get_file, import_file, list_files, list_lines, summarise_file
from .matching import look_again
from .proofs import PROOFS
from .types import Break, File, FileSummary, Line, Resolution, Upload

__all__ = [
    "PROOFS",
    "Break",
    "File",
    "FileFormat",
    "FileLine",
    "FileSummary",
    "Line",
    "Mapping",
    "Resolution",
    "Upload",
    "count_breaks",
    "get_file",
    "import_file",
    "list_breaks",
    "list_files",
    "list_lines",
    "look_again",
    "read_file",
    "resolve_break",
    "summarise_file",
    "take_break",
]
