"""Adds security headers to every response of the process, Streamlit's pages included."""

from functools import cache

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from issue_portal.core.settings import get_settings


class SecurityHeadersMiddleware:
    """Adds the headers of `build_security_headers` to each response."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and add headers to the start of its response."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def send_wrapper(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update(build_security_headers())
                if "/media/" in scope["path"].replace("/static/media/", "/"):
                    # A download, such as a receipt, must not stay in the cache of a shared
                    # browser. `/static/media/` has no downloads, but Streamlit's fonts.
                    headers["Cache-Control"] = "no-store"
            await send(message)

        await self.app(scope, receive, send_wrapper)


@cache
def build_security_headers() -> dict[str, str]:
    """Return the headers with the strictest policy under which Streamlit works."""
    frame_sites = get_settings().embed_in
    policy = {
        "default-src": "'none'",
        "script-src": "'self'",
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
