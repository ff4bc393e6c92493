"""The web server, in a thread of its own beside the node's."""

from __future__ import annotations

import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import uvicorn
from fastapi import FastAPI, Response
from nicegui import app as pages
from nicegui import ui

from lr_ros.panel.access import Gate
from lr_ros.panel.board import Board
from lr_ros.panel.operator import Operator
from lr_ros.panel.page.panel import Panel
from lr_ros.panel.pictures import Pictures

ASSETS = Path(__file__).parent / "assets"

_PATIENCE = 1.0
"""How long a browser's request waits for a newer picture [s]."""


class PanelServer:
    """Serves the page; one a process, since NiceGUI keeps its state in its module.

    Raises:
        OSError: The address is not this machine's, or the port is taken.
    """

    def __init__(
        self, address: tuple[str, int], key: str, board: Board, pictures: Pictures, robot: Operator
    ) -> None:
        host, port = address
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._socket = socket.create_server((host, port), family=family)
        self.port: int = self._socket.getsockname()[1]
        self._pictures = pictures
        self._pool = ThreadPoolExecutor(4, "operator")
        site = _site(board, pictures)
        panel = Panel(board, robot, self._pool)
        ui.page("/")(panel.build)
        ui.run_with(
            site,
            title="lr_ros",
            favicon=ASSETS / "icon.svg",
            dark=None,
            tailwind=False,
            show_welcome_message=False,
        )
        self._server = uvicorn.Server(
            uvicorn.Config(
                Gate(site, key),
                log_config=None,
                access_log=False,
                timeout_graceful_shutdown=1,
                ws_max_size=1 << 20,
            )
        )
        self._thread = threading.Thread(
            target=self._server.run, args=([self._socket],), name="panel"
        )
        self._thread.start()

    def close(self) -> None:
        """End every connection and join the threads; the robot's calls must have been ended."""
        self._server.should_exit = True
        self._pictures.close()
        self._pool.shutdown(wait=True, cancel_futures=True)
        self._thread.join(5.0)
        self._socket.close()


def _site(board: Board, pictures: Pictures) -> FastAPI:
    """Return the site without its page: the picture, the questions' pictures, style and script."""
    site = FastAPI(openapi_url=None)

    @site.get("/camera")
    async def camera(after: int = 0) -> Response:
        picture = await pictures.after(after, _PATIENCE)
        if picture is None:
            return Response(status_code=204)
        headers = {"X-Picture": str(picture[0]), "Cache-Control": "no-store"}
        return Response(picture[1], media_type="image/jpeg", headers=headers)

    @site.get("/segment/{number}")
    async def segment(number: int) -> Response:
        for question in board.questions:
            if question.segment_id == number and question.thumbnail:
                headers = {"Cache-Control": "no-store"}
                return Response(question.thumbnail, media_type="image/jpeg", headers=headers)
        return Response(status_code=404)

    pages.add_static_files("/panel", ASSETS, max_cache_age=0)
    return site
