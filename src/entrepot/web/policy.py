"""What the edge allows: cookie names and flags, sizes, security headers. It depends on whether people come by https."""

from __future__ import annotations

from urllib.parse import urlsplit

import msgspec

MEBIBYTE = 1 << 20
BODY_BYTES_MAX = 256 * 1024
"""Of every request that says nothing else."""
FEED_BYTES_MAX = 100 * MEBIBYTE
"""Of a feed that is uploaded; larger ones are imported from the command line, row by row from the disk."""

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})

_FIXED_HEADERS = (
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "strict-origin-when-cross-origin"),
    ("x-frame-options", "DENY"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    ("permissions-policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
)
_HSTS = ("strict-transport-security", "max-age=31536000; includeSubDomains")


class Policy(msgspec.Struct, frozen=True):
    """How this market is reached. `public_url` is empty or such as https://shop.example."""

    public_url: str = ""
    allowed_hosts: tuple[str, ...] = ()

    @property
    def secure(self) -> bool:
        """Whether people come by https."""
        return self.public_url.startswith("https://")

    def cookie(self, name: str) -> str:
        """A cookie's full name: on https no other host and no subdomain can set it."""
        return f"__Host-{name}" if self.secure else name

    def cookie_header(self, name: str, value: str, max_age_s: int | None) -> str:
        """A Set-Cookie header; `max_age_s` None lasts as long as the browser, 0 removes it."""
        parts = [f"{self.cookie(name)}={value}", "Path=/", "HttpOnly", "SameSite=Lax"]
        if max_age_s is not None:
            parts.append(f"Max-Age={max_age_s}")
        if self.secure:
            parts.append("Secure")
        return "; ".join(parts)

    def own_origins(self, scheme: str, host: str) -> frozenset[str]:
        """The origins whose forms and scripts may change something here."""
        if not self.public_url:  # a proxy before us may speak https without our knowing
            return frozenset({f"http://{host}", f"https://{host}"})
        public = urlsplit(self.public_url)
        return frozenset({f"{scheme}://{host}", f"{public.scheme}://{public.netloc}"})

    def answers(self, host: str) -> bool:
        """Whether requests to this Host are answered."""
        name = host.rsplit(":", 1)[0] if not host.endswith("]") else host
        return not self.allowed_hosts or name.lower() in {each.lower() for each in self.allowed_hosts}

    def headers(self, nonce: str) -> list[tuple[str, str]]:
        """Security headers for every answer."""
        headers = [*_FIXED_HEADERS, ("content-security-policy", content_security_policy(nonce))]
        return [*headers, _HSTS] if self.secure else headers


def content_security_policy(nonce: str) -> str:
    """Only our own files, and inline parts only with this answer's nonce."""
    return (
        f"default-src 'self'; script-src 'self' 'nonce-{nonce}'; style-src 'self' 'nonce-{nonce}'; "
        "img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    )
