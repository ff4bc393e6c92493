"""Who gets at the page, and who does not."""

from __future__ import annotations

import socket

import httpx
import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient
from starlette.websockets import WebSocket, WebSocketDisconnect

from lr_ros.panel.access import Gate, is_loopback, new_key

TALK = "ws://127.0.0.1:8080/talk"


async def _hello(_request: object) -> PlainTextResponse:
    return PlainTextResponse("hello")


async def _talk(talk: WebSocket) -> None:
    await talk.accept()
    await talk.send_text("hello")
    await talk.close()


def browser(key: str = "", address: str = "http://127.0.0.1:8080") -> TestClient:
    site = Starlette(routes=[Route("/", _hello), WebSocketRoute("/talk", _talk)])
    return TestClient(Gate(site, key), base_url=address)


def get(client: TestClient, path: str = "/", **headers: str) -> httpx.Response:
    return client.get(path, headers=headers, follow_redirects=False)


@pytest.mark.parametrize(
    "host",
    ["localhost:9000", "127.0.0.1:8080", "[::1]:8080", "192.0.2.7", socket.gethostname()],
)
def test_this_machine_by_name_or_address(host: str) -> None:
    assert get(browser(), host=host).text == "hello"


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "127.0.0.1.nip.io", ""])
def test_a_foreign_name_that_points_here_is_refused(host: str) -> None:
    assert get(browser(), host=host).status_code == 403


def test_another_sites_page_is_refused() -> None:
    client = browser()
    assert get(client, origin="http://127.0.0.1:8080").status_code == 200
    for origin in ("http://evil.example", "null", "http://127.0.0.1:9999"):
        assert get(client, origin=origin).status_code == 403
        with (
            pytest.raises(WebSocketDisconnect),
            client.websocket_connect(TALK, headers={"origin": origin}),
        ):
            pass


def test_answers_let_browsers_load_and_frame_nothing_foreign() -> None:
    headers = get(browser()).headers
    assert "default-src 'self'" in headers["content-security-policy"]
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"


def test_with_a_key_only_who_brings_it() -> None:
    client = browser("secret")
    assert get(client).status_code == 403
    assert get(client, "/?key=wrong").status_code == 403
    with pytest.raises(WebSocketDisconnect), client.websocket_connect(TALK):
        pass
    taken = get(client, "/?key=secret")
    assert (taken.status_code, taken.headers["location"]) == (303, "/")
    assert "httponly" in taken.headers["set-cookie"].lower()
    assert get(client).text == "hello"
    with client.websocket_connect(TALK) as talk:
        assert talk.receive_text() == "hello"


def test_a_broken_cookie_is_no_key() -> None:
    for cookie in ("lr_panel_key=wrong", "lr_panel_key", "=;;=", 'lr_panel_key="sec\\000"'):
        assert get(browser("secret"), cookie=cookie).status_code == 403


def test_loopback() -> None:
    assert all(map(is_loopback, ("127.0.0.1", "127.1.2.3", "::1", "localhost")))
    assert not any(map(is_loopback, ("0.0.0.0", "::", "192.168.1.4", "robot.local")))  # noqa: S104


def test_keys_differ() -> None:
    assert len({new_key() for _ in range(100)}) == 100
