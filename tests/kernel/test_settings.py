"""Settings: what is unknown or wrong stops the start, and says where and what."""

from pathlib import Path
from typing import Annotated, Any

import msgspec
import pytest

from entrepot.kernel import Invalid, Loaded, Secret, load_settings


class Shop(msgspec.Struct, frozen=True):
    """A section of the tests."""

    name: str = "Market"
    port: Annotated[int, msgspec.Meta(ge=1, le=65535)] = 8000
    open: bool = True
    countries: tuple[str, ...] = ()
    password: Secret = Secret("")
    token: Secret | None = None


def load(tmp_path: Path, toml: str = "", **environ: str) -> Loaded:
    file = tmp_path / "entrepot.toml"
    file.write_text(toml, encoding="utf-8")
    return load_settings({"shop": Shop}, file, environ)


def shop(tmp_path: Path, toml: str = "", **environ: str) -> Any:
    return load(tmp_path, toml, **environ).sections["shop"]


def test_defaults_stand_where_nothing_is_written(tmp_path: Path) -> None:
    assert shop(tmp_path) == Shop()
    assert load_settings({"shop": Shop}, None, {}).sections["shop"] == Shop()
    assert load_settings({"shop": Shop}, tmp_path / "absent.toml", {}).sections["shop"] == Shop()


def test_the_file_is_read_and_the_environment_wins(tmp_path: Path) -> None:
    toml = '[shop]\nname = "Lamps"\nport = 9000\ncountries = ["DE"]'
    assert shop(tmp_path, toml) == Shop(name="Lamps", port=9000, countries=("DE",))
    both = shop(tmp_path, toml, ENTREPOT_SHOP__PORT="9001", ENTREPOT_SHOP__COUNTRIES='["CN", "FR"]')
    assert both == Shop(name="Lamps", port=9001, countries=("CN", "FR"))
    assert shop(tmp_path, ENTREPOT_SHOP__OPEN="false").open is False


def test_every_value_knows_where_it_comes_from(tmp_path: Path) -> None:
    values = load(tmp_path, '[shop]\nname = "Lamps"', ENTREPOT_SHOP__PORT="9001").values
    sources = {value.path: (value.value, value.source) for value in values}
    assert sources["shop.name"] == ('"Lamps"', str(tmp_path / "entrepot.toml"))
    assert sources["shop.port"] == ("9001", "ENTREPOT_SHOP__PORT")
    assert sources["shop.open"] == ("true", "default")


@pytest.mark.parametrize(
    ("toml", "environ", "parts"),
    [
        ("[shop]\nnmae = 'x'", {}, ["entrepot.toml", "shop.nmae", "name, port"]),
        ("[shp]\nname = 'x'", {}, ["entrepot.toml", "[shp]", "shop"]),
        ("shop = 3", {}, ["[shop]"]),
        ("", {"ENTREPOT_SHOP__NMAE": "x"}, ["ENTREPOT_SHOP__NMAE", "shop.nmae"]),
        ("", {"ENTREPOT_SHP__NAME": "x"}, ["ENTREPOT_SHP__NAME", "shp"]),
        ("[shop]\nport = 'nine'", {}, ["entrepot.toml", "shop.port", "'nine'", "int"]),
        ("[shop]\nport = '9'", {}, ["shop.port"]),
        ("[shop]\nport = 0", {}, ["shop.port", "0", ">= 1"]),
        ("", {"ENTREPOT_SHOP__PORT": "nine"}, ["ENTREPOT_SHOP__PORT", "shop.port", "'nine'"]),
        ("", {"ENTREPOT_SHOP__COUNTRIES": "DE"}, ["ENTREPOT_SHOP__COUNTRIES", "shop.countries", "'DE'"]),
        ("[shop", {}, ["entrepot.toml", "TOML"]),
    ],
)
def test_what_is_unknown_or_wrong_is_refused_by_path_and_value(
    tmp_path: Path, toml: str, environ: dict[str, str], parts: list[str]
) -> None:
    with pytest.raises(Invalid) as refused:
        load(tmp_path, toml, **environ)
    for part in parts:
        assert part in refused.value.sentence


def test_a_file_that_is_no_text_gets_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "entrepot.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(Invalid, match="cannot be read"):
        load_settings({"shop": Shop}, tmp_path / "entrepot.toml", {})


def test_secrets_are_hidden_in_values_and_in_refusals(tmp_path: Path) -> None:
    loaded = load(tmp_path, ENTREPOT_SHOP__PASSWORD="hunter2", ENTREPOT_SHOP__TOKEN="hunter2")
    assert loaded.sections["shop"].password.reveal() == "hunter2"
    assert loaded.sections["shop"].token.reveal() == "hunter2"
    assert "hunter2" not in repr(loaded)
    for setting in ("password", "token"):
        with pytest.raises(Invalid) as refused:
            load(tmp_path, f"[shop]\n{setting} = [12345]")
        assert "12345" not in refused.value.sentence


def test_other_variables_of_ours_are_no_settings(tmp_path: Path) -> None:
    assert shop(tmp_path, ENTREPOT_HOME="/somewhere", ENTREPOT_DATABASE_URL="postgresql://a__b") == Shop()
