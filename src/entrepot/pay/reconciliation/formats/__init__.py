"""Files of providers and banks, read line by line: whoever wrote them, a line says the same few things."""

from .base import BYTES_MAX, LINES_MAX, FileFormat, FileLine, Mapping, Unusable
from .reading import read_file

__all__ = ["BYTES_MAX", "LINES_MAX", "FileFormat", "FileLine", "Mapping", "Unusable", "read_file"]
