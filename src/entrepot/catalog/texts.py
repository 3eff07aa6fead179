"""What people wrote, made safe to keep and show: lines without control signs, HTML of a few plain tags, slugs.

A formula in a cell or a script in a description stays a text that does nothing.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from html import escape, unescape
from typing import Final

import nh3

_TAGS: Final = {
    "p", "br", "hr", "ul", "ol", "li", "dl", "dt", "dd", "b", "strong", "i", "em", "u", "s", "sub", "sup", "small",
    "h2", "h3", "h4", "h5", "h6", "blockquote", "pre", "code", "table", "thead", "tbody", "tr", "th", "td", "a",
}  # fmt: skip
_ATTRIBUTES: Final = {"a": {"href"}, "td": {"colspan", "rowspan"}, "th": {"colspan", "rowspan"}}
_SCHEMES: Final = {"http", "https", "mailto"}
_LINKED: Final = {"http", "https"}
_REL: Final = "nofollow ugc noopener noreferrer"

# Controls, invisible signs that turn the reading direction, private and lone surrogate code points.
_HARMFUL = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\ud800-\udfff\ue000-\uf8ff\ufdd0-\ufdef\ufffe\uffff\U000e0000-\U000e0fff\U000f0000-\U0010ffff]"
)
_SPACE = re.compile(r"\s+")
_MARKUP = re.compile(r"<[a-zA-Z/!]")
_TAG = re.compile(r"<[^<>]*>")
TAGS_MAX: Final = 5_000
"""Tags in one text beside line breaks. Reading HTML takes the square of how deep they nest: of a text with more, the
words are kept."""
_BREAK = re.compile(r"<(?:br|/p|/li|/h[1-6]|/tr|/td|/th|/dt|/dd|/div|hr)\b[^>]*>", re.IGNORECASE)
_NOT_SLUG = re.compile(r"[^a-z0-9]+")
_NOT_CODE = re.compile(r"[^\w]+")
_PARAGRAPHS = re.compile(r"\n\s*\n")


def clean_line(text: str) -> str:
    """One line of text: no control or invisible signs, single spaces."""
    if text.isascii() and text.isprintable() and "  " not in text:
        return text.strip()
    return _SPACE.sub(" ", _HARMFUL.sub(" ", text)).strip()


def web_address(text: str) -> str:
    """A link as people paste it, as a link: without spaces around it, those in it as %20, `//host` and `www.` as https.
    What is none stays as it is."""
    link = text.strip()
    if link.startswith("//"):
        link = f"https:{link}"
    elif link[:4].lower() == "www.":
        link = f"https://{link}"
    scheme, is_link, rest = link.partition("://")
    return f"{scheme.lower()}://{rest.replace(' ', '%20')}" if is_link and scheme.lower() in _LINKED else text


def clean_text(text: str) -> str:
    """Lines of plain text, without control or invisible signs."""
    kept = _HARMFUL.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    return "\n".join(line.rstrip() for line in kept.split("\n")).strip()


def clean_title(text: str) -> str:
    """A line without markup: exporters write `&trade;` and `<b>` into titles."""
    return clean_line(plain_text(text)) if "&" in text or "<" in text else clean_line(text)


def clean_html(text: str) -> str:
    """HTML of plain tags: no script, style, picture, form, frame, event or address but http, https and mailto.

    A text without markup becomes paragraphs.
    """
    text = _bounded(clean_text(text))
    if not text:
        return ""
    if _MARKUP.search(text):
        cleaned = nh3.clean(
            text,
            tags=_TAGS,
            clean_content_tags={"script", "style", "template", "noscript", "iframe", "object", "svg", "math"},
            attributes=_ATTRIBUTES,
            url_schemes=_SCHEMES,
            link_rel=_REL,
        )
        text = _bounded(cleaned).strip()
    if not text or _MARKUP.search(text):
        return text
    return "".join(f"<p>{_written(part)}</p>" for part in _PARAGRAPHS.split(text))


def _bounded(text: str) -> str:
    """A text that is read in a moment, however its tags are nested."""
    if text.count("<") - text.count("<br") <= TAGS_MAX:
        return text
    return _TAG.sub(" ", text).replace("<", "&lt;").strip()


def _written(text: str) -> str:
    """A text in HTML, written as the cleaner would write it."""
    return escape(unescape(text), quote=False).replace("\n", "<br>").replace("\xa0", "&nbsp;")


def plain_text(html: str) -> str:
    """The words of a text with markup, one space between them where a tag stood."""
    html = _bounded(html)
    bare = html.replace("<p>", "").replace("</p>", " ").replace("<br>", " ")  # all that a plain text becomes
    if "<" not in bare:
        return _SPACE.sub(" ", unescape(bare)).strip()
    bare = nh3.clean(_BREAK.sub(" ", html), tags=set(), attributes={}, link_rel=None)
    return _SPACE.sub(" ", unescape(bare)).strip()


def slug_of(text: str, most: int = 60) -> str:
    """Lower-case ASCII words joined by hyphens; empty where nothing of the kind is in the text."""
    plain = text
    if not text.isascii():
        plain = "".join(sign for sign in unicodedata.normalize("NFKD", text) if not unicodedata.combining(sign))
    slug = _NOT_SLUG.sub("-", plain.lower()).strip("-")
    return slug[:most].rstrip("-")


@lru_cache(maxsize=65_536)  # a feed repeats its few names with every product
def code_of(name: str) -> str:
    """The code of an attribute or option by its name: `Shoe Size` is shoe_size. Letters of any script stay."""
    code = _NOT_CODE.sub("_", unicodedata.normalize("NFKC", clean_line(name)).lower()).strip("_")
    return _SAME.get(code, code)


_SAME = {"colour": "color", "colours": "color", "colors": "color", "sizes": "size", "materials": "material"}
