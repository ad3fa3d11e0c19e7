"""Security headers on every answer of the process, Streamlit's pages included (ASGI middleware)."""

from functools import cache

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from issue_portal.core.settings import get_settings


class SecurityHeadersMiddleware:
    """Adds the headers to each response."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and decorate the start of its response."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def send_wrapper(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update(build_security_headers())
                if "/media/" in scope["path"].replace("/static/media/", "/"):
                    # Streamlit's downloads, such as a receipt: the next person at the browser
                    # would find it there.
                    headers["Cache-Control"] = "no-store"
            await send(message)

        await self.app(scope, receive, send_wrapper)


@cache
def build_security_headers() -> dict[str, str]:
    """The headers: the strictest policy that Streamlit and its components work with."""
    others = get_settings().embed_in
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
        "frame-ancestors": f"'self' {others}".strip(),
    }
    headers = {
        "Content-Security-Policy": "; ".join(f"{name} {value}" for name, value in policy.items()),
        "Cross-Origin-Opener-Policy": "same-origin",
        "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
        # A prefilled link has the description in its address, which is nobody else's business.
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
    }
    # It knows no list of sites; where there is one, frame-ancestors alone decides.
    return headers if others else {**headers, "X-Frame-Options": "SAMEORIGIN"}
