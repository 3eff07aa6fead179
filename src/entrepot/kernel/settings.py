"""Settings: typed sections of rooms, from a TOML file and the environment; what is unknown or wrong stops the start.

A setting is `ROOM.NAME` in `entrepot.toml` and `ENTREPOT_ROOM__NAME` in the environment, which wins.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_args

import msgspec

from .errors import Invalid
from .secret import Secret

PREFIX = "ENTREPOT_"
_COLLECTIONS = (msgspec.inspect.CollectionType, msgspec.inspect.TupleType, msgspec.inspect.DictType)


class Sourced(msgspec.Struct, frozen=True):
    """One setting as it stands, as TOML writes it (of a secret, whether it is set), and where it comes from."""

    path: str
    value: str
    source: str


class Loaded(msgspec.Struct, frozen=True):
    """Every section by its name, and where each value came from."""

    sections: dict[str, Any]
    values: tuple[Sourced, ...]


def load_settings(
    sections: Mapping[str, type[msgspec.Struct]], file: Path | None, environ: Mapping[str, str]
) -> Loaded:
    """Read every section. Invalid, naming path and value, for an unknown key or a value of the wrong kind."""
    written = _read_file(file) if file is not None and file.exists() else {}
    for name in written:
        if name not in sections:
            raise Invalid(f"{file}: there is no section [{name}]: the sections are {', '.join(sorted(sections))}")
    _check_environment(sections, environ)
    loaded: dict[str, Any] = {}
    values: list[Sourced] = []
    for name, kind in sections.items():
        given, sources = _gather(name, kind, written.get(name, {}), str(file), environ)
        loaded[name] = section = _convert(name, kind, given, sources)
        values += [
            Sourced(f"{name}.{field}", _shown(getattr(section, field)), sources.get(field, "default"))
            for field in kind.__struct_fields__
        ]
    return Loaded(loaded, tuple(values))


def _check_environment(sections: Mapping[str, object], environ: Mapping[str, str]) -> None:
    for variable in sorted(environ):
        name, separator, _ = variable.removeprefix(PREFIX).partition("__")
        if variable.startswith(PREFIX) and separator and name.lower() not in sections:
            raise Invalid(f"{variable}: there is no section {name.lower()}: there are {', '.join(sorted(sections))}")


def _read_file(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise Invalid(f"{file} is not valid TOML: {error}") from error
    except (OSError, UnicodeDecodeError) as error:
        raise Invalid(f"{file} cannot be read: {error}") from error


def _gather(
    name: str, kind: type[msgspec.Struct], written: Any, file: str, environ: Mapping[str, str]
) -> tuple[dict[str, Any], dict[str, str]]:
    if not isinstance(written, dict):
        raise Invalid(f"{file}: {name} must be a section: write [{name}] and its settings below")
    fields = kind.__struct_fields__
    given, sources = dict(written), dict.fromkeys(written, file)
    prefix = f"{PREFIX}{name.upper()}__"
    for variable in sorted(environ):
        if variable.startswith(prefix):
            field = variable.removeprefix(prefix).lower()
            given[field], sources[field] = environ[variable], variable
    for field in given:
        if field not in fields:
            raise Invalid(f"{sources[field]}: there is no setting {name}.{field}: there are {', '.join(fields)}")
    return given, sources


def _convert(name: str, kind: type[msgspec.Struct], given: dict[str, Any], sources: dict[str, str]) -> Any:
    hints = {field.name: field.type for field in msgspec.structs.fields(kind)}
    for field, value in given.items():
        from_environment = sources[field].startswith(PREFIX)
        try:
            given[field] = _value(value, hints[field], from_environment)
        except msgspec.DecodeError as error:
            shown = "…" if _is_secret(hints[field]) else repr(value)
            raise Invalid(f"{sources[field]}: {name}.{field} = {shown} cannot be used: {error}") from error
    try:
        return kind(**given)
    except (ValueError, TypeError) as error:
        raise Invalid(f"the section [{name}] cannot be used: {error}") from error


def _value(value: object, hint: Any, from_environment: bool) -> Any:
    """A value of the setting's type. The environment has texts only: lists and tables are JSON there."""
    if from_environment and isinstance(value, str) and isinstance(msgspec.inspect.type_info(hint), _COLLECTIONS):
        value = msgspec.json.decode(value)
    return msgspec.convert(value, hint, strict=not from_environment, dec_hook=_secret)


def _shown(value: object) -> str:
    """A value as it is written in TOML, of which JSON's texts, numbers and lists are a part; nothing for None."""
    return (
        "" if value is None else msgspec.json.encode(value, enc_hook=lambda secret: "(set)" if secret else "").decode()
    )


def _is_secret(hint: Any) -> bool:
    return hint is Secret or Secret in get_args(hint)


def _secret(kind: type, value: object) -> object:
    if kind is Secret and isinstance(value, str):
        return Secret(value)
    raise msgspec.ValidationError(f"expected {kind.__name__}")
