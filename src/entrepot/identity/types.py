"""Who acts, with which rights, and what is kept of people: plain types, no SQL."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from entrepot.kernel import Invalid, NotAllowed, NotSignedIn

from .countries import COUNTRIES
from .postal import FORMATS, REGION_NEEDED, read_postal

LANGUAGES = ("en", "zh")


class Role:
    """What a person may do in an organisation."""

    OPERATOR = "operator"
    MERCHANT = "merchant"
    DEVELOPER = "developer"


class OrganisationKind(StrEnum):
    """What an organisation is for. There is one platform: the market itself."""

    PLATFORM = "platform"
    MERCHANT = "merchant"
    DEVELOPER = "developer"

    @property
    def role(self) -> str:
        """The role that membership in an organisation of this kind gives."""
        return Role.OPERATOR if self is OrganisationKind.PLATFORM else self.value


_PUBLIC, _SYSTEM = "public", "system"


class Scope(msgspec.Struct, frozen=True):
    """Who acts and for whom: an argument of every query and every verb.

    `actor` is a person (`usr_`), a guest's session (`ses_`), an API key (`key_`), `public` or `system`; `organisation`
    the one they act for now; `roles` what they may do in it.
    """

    actor: str
    organisation: str | None = None
    roles: frozenset[str] = frozenset()

    @classmethod
    def public(cls) -> Scope:
        """Anybody: sees what is for sale and nothing else."""
        return cls(_PUBLIC)

    @classmethod
    def system(cls) -> Scope:
        """The program's own work in the background; it has the operator's rights and no request ever gets it."""
        return cls(_SYSTEM, None, frozenset({Role.OPERATOR}))

    @classmethod
    def guest(cls, session_id: str) -> Scope:
        """Somebody who is not signed in, known by the session."""
        return cls(session_id)

    @property
    def is_operator(self) -> bool:
        """Whether the market's operator acts, or the program itself."""
        return Role.OPERATOR in self.roles

    @property
    def is_public(self) -> bool:
        """Whether nothing is known of the caller."""
        return self.actor == _PUBLIC

    @property
    def is_system(self) -> bool:
        """Whether the program itself acts."""
        return self.actor == _SYSTEM

    @property
    def is_person(self) -> bool:
        """Whether a signed-in person acts."""
        return self.actor.startswith("usr_")


def require_operator(scope: Scope) -> None:
    """Refuse everybody but the market's operator (and the program itself)."""
    if not scope.is_operator:
        if scope.is_person:
            raise NotAllowed("Only the market's operator may do this")
        raise NotSignedIn("Sign in as the market's operator to do this")


def require_organisation(scope: Scope) -> str:
    """The organisation that the caller acts for; refused when there is none."""
    if scope.organisation is None:
        if scope.is_person:
            raise NotAllowed("Choose an organisation to act for: this belongs to one")
        raise NotSignedIn("Sign in with an organisation's account to do this")
    return scope.organisation


def require_person(scope: Scope) -> str:
    """The signed-in person's id; refused for guests, keys and the public."""
    if not scope.is_person:
        raise NotSignedIn("Sign in to do this")
    return scope.actor


class Address(msgspec.Struct, frozen=True, kw_only=True):
    """Where a parcel goes. `country` is ISO 3166 alpha-2; what a country does not use stays empty."""

    name: str
    line1: str
    line2: str = ""
    city: str
    region: str = ""
    postal_code: str = ""
    country: str
    phone: str = ""


_NEEDED = ("name", "line1", "city", "country")
ADDRESS_FIELD_LENGTH_MAX = 200


def tidy_address(address: Address) -> Address:
    """The address without stray spaces; Invalid, naming each field at fault, when it is none at all.

    What was ordered once is sent under this: see `check_address` for what is asked of a new one.
    """
    values, fields = _read_address(address)
    return _address(values, fields)


def check_address(address: Address) -> Address:
    """The same, as a country's post wants it: with its postal code and region, where mail cannot go without them, and
    the code as it is written there."""
    values, fields = _read_address(address)
    country, code = values["country"], values["postal_code"]
    known = FORMATS.get(country)
    if known and code and "postal_code" not in fields:
        values["postal_code"] = read_postal(country, code) or code
        if read_postal(country, code) is None:
            fields["postal_code"] = f"This is no postal code of this country: write it such as {known.sample}"
    elif known and known.needed and not code:
        fields["postal_code"] = f"Mail to this country needs a postal code, such as {known.sample}"
    if country in REGION_NEEDED and not values["region"]:
        fields["region"] = "Mail to this country needs the state or province"
    return _address(values, fields)


def _read_address(address: Address) -> tuple[dict[str, str], dict[str, str]]:
    """The fields without stray spaces, and what is wrong with which."""
    values = {field: " ".join(getattr(address, field).split()) for field in address.__struct_fields__}
    values["country"] = values["country"].upper()
    fields = {field: "Fill this in" for field in _NEEDED if not values[field]}
    for field, value in values.items():
        if len(value) > ADDRESS_FIELD_LENGTH_MAX:
            fields[field] = f"Use at most {ADDRESS_FIELD_LENGTH_MAX} characters"
        elif not value.isprintable():
            fields[field] = "This has characters that cannot be printed"
    if values["country"] and values["country"] not in COUNTRIES:
        fields["country"] = "Write the two-letter code of a country, such as DE or CN"
    return values, fields


def _address(values: dict[str, str], fields: dict[str, str]) -> Address:
    if fields:
        raise Invalid("The address is not complete: look at " + ", ".join(fields), fields=fields)
    return Address(**values)
