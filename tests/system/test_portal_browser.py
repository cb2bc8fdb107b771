"""The node's own page in a real browser on a phone's screen, 360 px wide, driven by the Chrome DevTools protocol. Collected where Chromium is installed.

Pictures of every page are left in `build/portal/` for people to look at.
"""

import asyncio
import base64
import json
import shutil
import subprocess
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from test_portal_http import CODE, ROOT, WITHIN_S, WRONG, Portal, free_port, node_folder, socket

from loa.testing.lab import runtime

BROWSER = shutil.which("chromium") or shutil.which("google-chrome")
PICTURES = ROOT / "build" / "portal"
WIDTH, HEIGHT = 360, 740
TEXT = "document.body.innerText"
FITS = f"document.documentElement.scrollWidth <= {WIDTH}"


class Browser:
    """One tab."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self._number = 0

    async def do(self, method: str, **params: Any) -> Any:
        self._number += 1
        await self._socket.send_json({"id": self._number, "method": method, "params": params})
        async with asyncio.timeout(WITHIN_S):
            while True:
                answer = await self._socket.receive_json()
                if answer.get("id") == self._number:
                    assert "error" not in answer, answer
                    return answer["result"]

    async def run(self, script: str) -> Any:
        return (await self.do("Runtime.evaluate", expression=script))["result"].get("value")

    async def sees(self, text: str) -> None:
        async with asyncio.timeout(WITHIN_S):
            while text not in (await self.run(TEXT) or ""):
                await asyncio.sleep(0.05)

    async def picture(self, name: str) -> None:
        assert await self.run(FITS), f"{name} is wider than the screen"
        shot = await self.do("Page.captureScreenshot", format="png", captureBeyondViewport=True)
        PICTURES.mkdir(parents=True, exist_ok=True)
        (PICTURES / f"{name}.png").write_bytes(base64.b64decode(shot["data"]))


@pytest.fixture
def portal(tmp_path: Path) -> Iterator[Portal]:
    made = Portal(str(runtime("micropython").command), node_folder(tmp_path / "node"))
    made.says("page:")
    yield made
    made.close()


if BROWSER:

    def test_somebody_at_the_pole_finishes_the_job(portal: Portal, tmp_path: Path) -> None:
        port = free_port(socket.SOCK_STREAM)
        options = [
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            f"--remote-debugging-port={port}",
            f"--user-data-dir={tmp_path / 'b'}",
        ]
        process = subprocess.Popen([BROWSER, *options, "about:blank"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            asyncio.run(visit(port, f"http://127.0.0.1:{portal.http}"))
        finally:
            process.kill()
            process.wait()


async def tab(port: int) -> str:
    """Where the browser's one tab is spoken to."""
    async with asyncio.timeout(WITHIN_S):
        while True:
            try:
                answer = await asyncio.to_thread(lambda: urllib.request.urlopen(f"http://127.0.0.1:{port}/json", timeout=5).read())
                return next(one["webSocketDebuggerUrl"] for one in json.loads(answer) if one["type"] == "page")
            except (OSError, StopIteration):
                await asyncio.sleep(0.1)


async def visit(port: int, url: str) -> None:
    async with aiohttp.ClientSession() as session, session.ws_connect(await tab(port), max_msg_size=0) as stream:
        browser = Browser(stream)
        await browser.do("Page.enable")
        await browser.do("Emulation.setDeviceMetricsOverride", width=WIDTH, height=HEIGHT, deviceScaleFactor=2, mobile=True)
        await browser.do("Page.navigate", url=f"{url}/hotspot-detect.html")
        await browser.sees("Mã cài đặt")
        await browser.picture("1-code-vi")
        await browser.run(f"document.querySelector('[name=code]').value='{WRONG}';document.querySelector('button').click()")
        await browser.sees("Còn 4 lần thử")
        await browser.picture("2-wrong-code-vi")
        await browser.run(f"document.querySelector('[name=code]').value='{CODE}';document.querySelector('button').click()")
        await browser.sees("Chọn mạng Wi-Fi")
        assert await browser.run("document.querySelectorAll('img').length") == 0
        await browser.picture("3-networks-vi")
        await browser.run("document.querySelector('[value=sound]').click()")
        await browser.sees("Bạn có nghe thấy không?")
        await browser.picture("4-chime-vi")
        await browser.run(
            "document.querySelector('[name=ssid]').click();document.querySelector('[name=password]').value='wrong password';"
            "document.querySelector('[value=join]').click()"
        )
        await browser.sees("Đang kết nối vào mạng good")
        await browser.picture("5-trying-vi")
        await browser.sees("Mật khẩu không đúng")
        await browser.picture("6-wrong-password-vi")
        await browser.run("document.querySelector('.top a').click()")
        await browser.sees("Set-up code on the label")
        await browser.picture("7-code-en")
        await browser.run(f"document.querySelector('[name=code]').value='{CODE}';document.querySelector('button').click()")
        await browser.sees("Choose a Wi-Fi network")
        await browser.picture("8-networks-en")
        await browser.run(
            "document.querySelector('[name=ssid]').click();document.querySelector('[name=password]').value='right password';"
            "document.querySelector('[value=join]').click()"
        )
        await browser.sees("Connected and saved: good")
        await browser.picture("9-done-en")
