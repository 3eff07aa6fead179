"""What the columns of a foreign sheet probably mean: by their names in six languages, else by what is in them.

A guess is a proposal; a merchant sees it beside the first rows and corrects it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from entrepot.kernel import Invalid

from ..gtin import find_gtin
from .amounts import parse_money_cell, parse_weight_cell
from .mappings import IGNORED, MANY
from .mappings import Mapping as ColumnMapping

_NAMES: Final[Mapping[str, str]] = {
    "external_id": "artikelnr|artikel nr|art nr|artnr|artikel id|produktnummer|produkt id|référence|codigo|código|"
    "codice|articolo|referencia|número de artículo|"
    "id|product id|productid|item id|item number|item no|article number|article no|artikelnummer|"
    "product code|product number|code|reference|ref|handle|编号|商品编号|商品编码|商品id|货号|产品编号|款号|宝贝id",
    "sku": "sku|variant sku|sku code|variant id|seller sku|merchant sku|stock keeping unit|sku编码|sku码|"
    "规格编码|商家编码",
    "group": "item group id|group id|group|parent|parent sku|parent id|parent code|style number|style code|model code|"
    "spu|spu编码|父商品编号|主商品编号|款式编号",
    "title": "titel|produktname|artikelname|artikelbezeichnung|produktbezeichnung|titre|nom|nom du produit|"
    "désignation|título|titulo|nombre|nombre del producto|titolo|nome|nome prodotto|"
    "title|name|product name|product title|item name|item title|product|bezeichnung|标题|名称|商品名称|"
    "商品标题|"
    "产品名称|宝贝名称|品名",
    "description": "langtext|artikelbeschreibung|produktbeschreibung|descripción|descripcion|descrizione|"
    "description|body|body html|long description|product description|details|beschreibung|text|描述|"
    "商品描述|详情|商品详情|产品描述|介绍|商品介绍",
    "brand": "marque|fabricant|marca|fabricante|produttore|"
    "brand|brand name|manufacturer|maker|vendor|marke|hersteller|品牌|品牌名称|制造商|厂家",
    "category": "warengruppe|produktkategorie|rubrik|catégorie|categorie|categoría|categoria|"
    "category|categories|category path|product category|product type|type|department|kategorie|类目|分类|"
    "商品分类|商品类目|品类|类别",
    "price": "vk preis|vk preis brutto|verkaufspreis|bruttopreis|preis brutto|stückpreis|prix|prix ttc|"
    "prix de vente|precio|precio de venta|prezzo|prezzo di vendita|"
    "price|regular price|unit price|retail price|selling price|sales price|preis|amount|cost to customer|价格|"
    "售价|单价|销售价|一口价|商品价格|零售价",
    "list_price": "streichpreis|listenpreis|prix barré|prix conseillé|precio anterior|prezzo di listino|"
    "list price|rrp|msrp|compare at price|was price|original price|uvp|old price|strike price|原价|"
    "市场价|吊牌价|划线价|建议零售价",
    "sale_price": "sonderpreis|aktionspreis|angebotspreis|prix promo|prix promotionnel|precio de oferta|"
    "prezzo scontato|"
    "sale price|special price|discount price|offer price|promo price|promotional price|促销价|优惠价|"
    "活动价|"
    "特价|折扣价",
    "sale_starts_at": "sale start date|aktion von|angebot von|sonderpreis von|gültig von|début promo|inicio oferta|"
    "inizio offerta|"
    "sale start|sale starts at|special price from|sale price from|促销开始|促销开始时间|活动开始时间",
    "sale_ends_at": "sale end date|aktion bis|angebot bis|sonderpreis bis|gültig bis|fin promo|fin oferta|fine offerta|"
    "sale end|sale ends at|special price to|sale price to|促销结束|促销结束时间|活动结束时间",
    "currency": "devise|moneda|valuta|"
    "currency|currency code|waehrung|währung|币种|货币",
    "quantity": "lagerbestand|menge|anzahl|quantité|cantidad|existencias|quantità|giacenza|"
    "quantity|qty|stock|stock level|inventory|inventory quantity|on hand|stock quantity|units|bestand|"
    "available quantity|库存|数量|库存数量|存货|可售库存",
    "availability": "verfügbarkeit|lieferbar|disponibilité|disponibilidad|disponibilità|"
    "availability|in stock|stock status|stock state|库存状态|是否有货",
    "gtin": "ean gtin|ean code|barcode ean|code barres|código de barras|"
    "gtin|ean|ean13|ean code|upc|barcode|bar code|isbn|条码|条形码|商品条码|国际条码",
    "mpn": "mpn|model number|part number|manufacturer part number|model no|型号|厂商型号|产品型号",
    "condition": "zustand|état|estado|condizione|"
    "condition|item condition|新旧程度|成色|商品状况",
    "weight": "versandgewicht|poids|peso|"
    "weight|weight g|weight kg|weight lb|shipping weight|product weight|item weight|gross weight|gewicht|"
    "grams|"
    "重量|毛重|净重|商品重量|重量 g|重量 kg",
    "length": "longueur|largo|lunghezza|"
    "length|depth|laenge|länge|tiefe|长|长度",
    "width": "largeur|ancho|larghezza|"
    "width|breite|宽|宽度",
    "height": "hauteur|alto|altezza|"
    "height|hoehe|höhe|高|高度",
    "picture": "bilder|bild url|hauptbild|produktbild|photo url|imagen|imágenes|immagine|immagini|"
    "image|images|image url|image link|picture|pictures|picture url|photo|photos|main image|image src|img|"
    "additional image|additional images|bild|图片|主图|商品图片|图片地址|图片链接|产品图片|附图",
    "option": "couleur|taille|talla|colore|taglia|größe|"
    "color|colour|size|farbe|groesse|größe|颜色|尺码|尺寸|规格|颜色分类",
    "tag": "tags|tag|keywords|labels|标签|关键词",
    "tax_category": "tax category|tax class|tax code|税类|税码",
    "published": "aktiv|sichtbar|veröffentlicht|actif|activo|visible en tienda|attivo|"
    "published|active|enabled|visible|status|上架|是否上架|状态|上架状态",
    "attribute": "geschlecht|matière|materiale|"
    "material|pattern|gender|age group|style|season|材质|面料|图案|性别|风格|季节|适用人群",
}  # fmt: skip
_TARGETS: Final = {name: target for target, names in _NAMES.items() for name in names.split("|")}
_NOISE: Final = re.compile(r"[\s_\-./:#*()（）\[\]]+")
_UNIT: Final = re.compile(r"\b(g|kg|lb|lbs|oz|mm|cm|m|in|usd|eur|gbp|cny|jpy)$")
_PICTURE: Final = re.compile(r"^https?://\S+\.(?:jpe?g|png|gif|webp|avif)(?:\?\S*)?$", re.IGNORECASE)
_HAN: Final = re.compile("[\u4e00-\u9fff]")
_YUAN: Final = re.compile("[¥￥元]")
_NUMBERED: Final = re.compile(r"\s*\d{1,2}$")
_UNITS_OF: Final = {"weight": ("g", "kg", "lb", "oz"), "size": ("mm", "cm", "m", "in")}


def guess_mapping(header: Sequence[str], rows: Sequence[Mapping[str, str]]) -> ColumnMapping:
    """A mapping for every column, those that nobody can tell about among the attributes or ignored."""
    columns = _by_name(header)
    for name in header:
        if name not in columns:
            values = [value for row in rows if (value := row.get(name, "").strip())]
            columns[name] = _by_shape(values, set(columns.values()))
    _agree(columns, header)
    units = {target: unit for name, target in columns.items() if (unit := _unit_of(name))}
    return ColumnMapping(
        tuple(header),
        {name: columns[name] for name in header},
        currency=_currency(columns, rows),
        weight_unit=units["weight"] if units.get("weight") in _UNITS_OF["weight"] else "g",
        length_unit=next((units[side] for side in ("length", "width", "height") if side in units), "mm"),
    )


def plain_name(name: str) -> str:
    """A column's name without what spreadsheets and people put around it."""
    return _NOISE.sub(" ", name.strip().lower()).strip()


def _by_name(header: Sequence[str]) -> dict[str, str]:
    """Each target that belongs to one column goes to the first whose name means it most exactly."""
    found: dict[str, str] = {}
    taken: set[str] = set()
    for simplify in (plain_name, _without_unit, _without_number, _last_part):
        for name in header:
            target = _TARGETS.get(simplify(name))
            if target and name not in found and (target in MANY or target not in taken):
                found[name] = target
                taken.add(target)
    return found


def _without_unit(name: str) -> str:
    return _UNIT.sub("", plain_name(name)).strip()


def _without_number(name: str) -> str:
    return _NUMBERED.sub("", plain_name(name)).strip()


def _last_part(name: str) -> str:
    """`pricing.price` of an object in an object."""
    return plain_name(name.rpartition(".")[2])


def _unit_of(name: str) -> str:
    found = _UNIT.search(plain_name(name))
    return found[1].replace("lbs", "lb") if found else ""


def _by_shape(values: Sequence[str], taken: set[str]) -> str:
    """By what all of a column's values look like; an unknown one with words is an attribute."""
    if not values:
        return IGNORED
    shapes: tuple[tuple[str, Callable[[str], bool]], ...] = (
        ("picture", lambda value: _PICTURE.match(value) is not None),
        ("gtin", lambda value: find_gtin(value) is not None),
        ("price", _is_priced),
        ("weight", lambda value: value[-1:].isalpha() and _reads(parse_weight_cell, value)),
    )
    for target, fits in shapes:
        if (target in MANY or target not in taken) and all(map(fits, values)):
            return target
    if all("://" in value for value in values):
        return IGNORED
    if "description" not in taken and sum(map(len, values)) / len(values) > 120:
        return "description"
    return "attribute"


def _is_priced(value: str) -> bool:
    return not value.replace(".", "").replace(",", "").isdigit() and _reads(
        lambda text: parse_money_cell(text, "USD"), value
    )


def _reads(parse: Callable[[str], object], value: str) -> bool:
    try:
        parse(value)
    except Invalid:
        return False
    return True


def _agree(columns: dict[str, str], header: Sequence[str]) -> None:
    """What one column's meaning says of another's: a SKU names the product where nothing else does, and so on."""
    targets = {target: name for name, target in reversed(list(columns.items()))}
    if "external_id" not in targets and "sku" in targets:
        columns[targets["sku"]] = "external_id"
    if "price" not in targets and "sale_price" in targets and "list_price" in targets:
        columns[targets["sale_price"]] = "price"
    if "price" not in targets and "list_price" in targets and "sale_price" not in targets:
        columns[targets["list_price"]] = "price"
    if "group" not in targets and "sku" not in targets:  # a row is a product: nothing to choose between
        columns.update({name: "attribute" for name, target in columns.items() if target == "option"})


def _currency(columns: Mapping[str, str], rows: Sequence[Mapping[str, str]]) -> str | None:
    """The one that a column's name ends in, such as `Price EUR`; in a Chinese sheet what the sign ¥ means there."""
    for name, target in columns.items():
        found = _UNIT.search(plain_name(name))
        if target == "price" and found and len(found[1]) == 3:
            return found[1].upper()
        if target == "price" and _HAN.search(name) and any(_YUAN.search(row.get(name, "")) for row in rows):
            return "CNY"
    return None
