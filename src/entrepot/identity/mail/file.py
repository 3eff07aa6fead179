"""The plain default: each mail becomes a file that any mail program opens."""

from __future__ import annotations

import os
import re
from pathlib import Path

from entrepot.kernel import Invalid, Unavailable

from .base import Message, compose


class FileMailer:
    """Writes `ID.eml` into a folder. Only its owner may read them: they hold links that reset passwords."""

    def __init__(self, folder: Path, sender: str = "market@localhost") -> None:
        self._folder = folder
        self._sender = sender

    def send(self, message: Message) -> None:
        """Write the file whole or not at all; the same message again replaces it."""
        assert re.fullmatch(r"\w+", message.id), "the id of a message is the name of its file"
        try:
            content = compose(message, self._sender).as_bytes()
        except ValueError as error:
            raise Invalid(f"This mail cannot be written: {error}") from error
        path = self._folder / f"{message.id}.eml"
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            unfinished = path.with_suffix(".part")
            unfinished.touch(mode=0o600)
            unfinished.write_bytes(content)
            os.replace(unfinished, path)
        except OSError as error:
            raise Unavailable(f"A mail could not be written to {self._folder}: {error.strerror}") from error
