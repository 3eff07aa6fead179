"""Takes the pictures that the documents show, of a demo market that is being served. Run by hand, after `make demo`:

.venv/bin/python docs/pictures/make.py http://127.0.0.1:8000
"""

from __future__ import annotations

import io
import os
import shutil
import sys
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

FOLDER = Path(__file__).parent
PICTURES = {"search.webp": "/search?q=warm+coat+for+winter"}
WIDTH, HEIGHT = 1280, 800
BYTES_MAX = 150_000
QUALITIES = (88, 82, 76, 70, 60)


def main(site: str) -> None:
    """Take each picture and write it beside this file."""
    chromium = os.environ.get("ENTREPOT_CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=sandbox)
        page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT}, color_scheme="light", locale="en-US")
        for name, path in PICTURES.items():
            page.goto(site.rstrip("/") + path, wait_until="networkidle")
            content = as_webp(page.screenshot())
            (FOLDER / name).write_bytes(content)
            sys.stdout.write(f"{name}: {len(content):,} bytes\n")
        browser.close()


def as_webp(png: bytes) -> bytes:
    """The picture in the best quality that is small enough."""
    picture = Image.open(io.BytesIO(png)).convert("RGB")
    for quality in QUALITIES:
        written = io.BytesIO()
        picture.save(written, "WEBP", quality=quality, method=6)
        if written.tell() <= BYTES_MAX:
            return written.getvalue()
    raise SystemExit(f"The picture stays above {BYTES_MAX:,} bytes at every quality")


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:8000")
