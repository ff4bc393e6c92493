"""Who may use the page: no web site of somebody else's, and over a network only who has the key."""

from __future__ import annotations

import hmac
import ipaddress
import secrets
import socket
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qs, urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse, RedirectResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

COOKIE = "lr_panel_key"

# The page is made of its own files only; nothing of elsewhere is loaded, sent to or framed by.
POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; "
    "style-src 'self' 'unsafe-inline'; img-src 'self' blob: data:; font-src 'self' data:; "
    "connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
)


def is_loopback(host: str) -> bool:
    """Whether this address can be reached from this machine only."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def new_key() -> str:
    """Return a key that nobody can guess."""
    return secrets.token_urlsafe(16)


class Gate:
    """ASGI middleware in front of everything.

    A request must name this machine in its Host header, or an address: a web site whose name
    somebody has pointed at this machine is not let in (DNS rebinding). A request of another
    site's page (Origin) is refused. With a ``key``, a browser must bring it once, in the query
    ``?key=``, and is remembered by a cookie.
    """

    def __init__(self, app: ASGIApp, key: str = "") -> None:
        self._app = app
        self._key = key
        name = socket.gethostname().lower()
        self._names = {"localhost", name, f"{name}.local"}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through, or refuse it."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        refusal = self._refusal(headers)
        given = parse_qs(scope.get("query_string", b"").decode("latin-1")).get("key", [""])[0]
        if not refusal and self._key and not self._has_key(headers):
            if scope["type"] == "http" and hmac.compare_digest(given.encode(), self._key.encode()):
                await self._remember()(scope, receive, send)
                return
            refusal = "Open the panel by the address that its node logs at the start: it has a key."
        if not refusal:
            await self._app(scope, receive, _hardened(send))
        elif scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": 1008})
        else:
            await PlainTextResponse(refusal + "\n", 403)(scope, receive, send)

    def _refusal(self, headers: Headers) -> str:
        host = headers.get("host", "")
        if not self._is_ours(urlsplit(f"//{host}").hostname or ""):
            return "Open the panel by this machine's name or address."
        origin = headers.get("origin")
        if origin is not None and urlsplit(origin).netloc != host:
            return "Another site's page may not use the panel."
        return ""

    def _is_ours(self, name: str) -> bool:
        if name.lower() in self._names:
            return True
        try:
            ipaddress.ip_address(name)
        except ValueError:
            return False
        return True

    def _has_key(self, headers: Headers) -> bool:
        try:
            cookie = SimpleCookie(headers.get("cookie", "")).get(COOKIE)
        except CookieError:
            return False
        return cookie is not None and hmac.compare_digest(cookie.value.encode(), self._key.encode())

    def _remember(self) -> RedirectResponse:
        """Return the answer that keeps the key in the browser, and takes it out of the address."""
        answer = RedirectResponse("/", 303)
        answer.set_cookie(COOKIE, self._key, httponly=True, samesite="strict")
        return answer


def _hardened(send: Send) -> Send:
    """Add to each answer what keeps browsers from loading, framing or guessing."""

    async def hardened(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            headers["Content-Security-Policy"] = POLICY
            headers["X-Content-Type-Options"] = "nosniff"
            headers["Referrer-Policy"] = "no-referrer"
        await send(message)

    return hardened
