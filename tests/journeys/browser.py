"""A browser without script: follows links, fills in the forms that a page really has, keeps cookies."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any
from urllib.parse import urljoin

from httpx import Client, HTTPTransport, Limits, Response

from tests.waiting import WAIT_S
from tests.web.visitors import PAGE


class Form:
    """A form as its page has it, with the values that a browser would send untouched."""

    def __init__(self, action: str, method: str) -> None:
        self.action = action
        self.method = method.lower()
        self.fields: dict[str, str] = {}
        self.buttons: list[tuple[str, str]] = []


class Page(HTMLParser):
    """What a person sees and may use of a page."""

    def __init__(self, url: str, html: str) -> None:
        super().__init__()
        self.url = url
        self.forms: list[Form] = []
        self.links: list[tuple[str, str]] = []
        self.text = ""
        self._form: Form | None = None
        self._select = ""
        self._href: str | None = None
        self.feed(html)

    def form(self, action: str) -> Form:
        """The first form that is sent there."""
        found = [form for form in self.forms if form.action.partition("?")[0] == action]
        assert found, f"{self.url} has no form for {action}, only {[form.action for form in self.forms]}"
        return found[0]

    def link(self, text: str) -> str:
        """Where the first link with these words leads."""
        found = [href for href, words in self.links if text.lower() in words.lower()]
        assert found, f"{self.url} has no link {text!r}: {self.links}"
        return found[0]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        has = {name: value or "" for name, value in attrs}
        match tag:
            case "form":
                self._form = Form(has.get("action", self.url), has.get("method", "get"))
                self.forms.append(self._form)
            case "a":
                self._href = has.get("href")
                self.links.append((self._href or "", has.get("aria-label", "")))
            case "select":
                self._select = has.get("name", "")
            case "input" | "textarea" | "option" | "button":
                self._take(tag, has)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None
        elif tag == "a":
            self._href = None

    def handle_data(self, data: str) -> None:
        self.text += data
        if self._href is not None:
            href, words = self.links[-1]
            self.links[-1] = (href, words + data)

    def _take(self, tag: str, has: dict[str, str]) -> None:
        form, name, value = self._form, has.get("name", ""), has.get("value", "")
        if form is None:
            return
        if tag == "option":
            if "selected" in has or self._select not in form.fields:
                form.fields[self._select] = value
        elif tag == "button":
            form.buttons.append((name, value))
        elif name and (has.get("type") not in ("checkbox", "radio") or "checked" in has):
            form.fields[name] = value


class Browser:
    """Somebody at a browser."""

    def __init__(self, address: str) -> None:
        transport = HTTPTransport(limits=Limits(max_keepalive_connections=0))
        self._client = Client(
            transport=transport, base_url=address, headers=PAGE, follow_redirects=True, timeout=WAIT_S
        )
        self.page = Page("", "")

    def open(self, path: str, **options: Any) -> Page:
        """Go somewhere."""
        return self._show(self._client.get(path, **options))

    def click(self, text: str) -> Page:
        """Follow a link of the page by its words."""
        return self.open(urljoin(self.page.url, self.page.link(text)))

    def send(self, action: str, **typed: str) -> Page:
        """Fill in a form of the page and send it."""
        form = self.page.form(action)
        unknown = typed.keys() - form.fields.keys()
        assert not unknown, f"the form for {action} has no {unknown}, only {sorted(form.fields)}"
        values = {**form.fields, **typed}
        if form.method == "get":
            return self._show(self._client.get(form.action, params=values))
        return self._show(self._client.post(form.action, data=values))

    def _show(self, answer: Response) -> Page:
        self.page = Page(str(answer.url), answer.text)
        assert answer.status_code == 200, f"{answer.url} answered {answer.status_code}: {self.page.text}"
        return self.page
