"""Adds security headers to every response of the process, Streamlit's pages included."""

from base64 import b64encode
from functools import cache
from hashlib import sha256

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from issue_portal.core.settings import get_settings


class SecurityHeadersMiddleware:
    """Adds the headers of `build_security_headers` to each response."""

    def __init__(self, app: ASGIApp, *, inline_script: str = "") -> None:
        """Allow pages to run ``inline_script``, and no other inline script."""
        self.app = app
        self.inline_script = inline_script

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and add headers to the start of its response."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def send_wrapper(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update(build_security_headers(self.inline_script))
                if "/media/" in scope["path"].replace("/static/media/", "/"):
                    # A download, such as a receipt, must not stay in the cache of a shared
                    # browser. `/static/media/` has no downloads, but Streamlit's fonts.
                    headers["Cache-Control"] = "no-store"
            await send(message)

        await self.app(scope, receive, send_wrapper)


@cache
def build_security_headers(inline_script: str = "") -> dict[str, str]:
    """Return the headers with the strictest policy under which Streamlit works.

    Pages may run ``inline_script``, and no other inline script.
    """
    frame_sites = get_settings().embed_in
    digest = b64encode(sha256(inline_script.encode()).digest()).decode()
    policy = {
        "default-src": "'none'",
        "script-src": f"'self' 'sha256-{digest}'" if inline_script else "'self'",
        # Streamlit styles its elements at run time, with inline styles.
        "style-src": "'self' 'unsafe-inline'",
        "img-src": "'self' data:",
        "font-src": "'self' data:",
        "connect-src": "'self'",
        "frame-src": "'self'",
        "form-action": "'self'",
        "base-uri": "'none'",
        "object-src": "'none'",
        "frame-ancestors": f"'self' {frame_sites}".strip(),
    }
    headers = {
        "Content-Security-Policy": "; ".join(f"{name} {value}" for name, value in policy.items()),
        "Cross-Origin-Opener-Policy": "same-origin",
        "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
        # The address of a prefilled link contains the description.
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
    }
    # X-Frame-Options cannot list sites, so frame-ancestors alone lists those of `embed_in`.
    return headers if frame_sites else {**headers, "X-Frame-Options": "SAMEORIGIN"}
