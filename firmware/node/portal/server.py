"""HTTP of the page: what a phone asks for, what it sends, and how much of it is listened to. Knows no hardware; `Visit` is what it works on."""

import asyncio

from microdot import Microdot, Request, Response
from micropython import const

from node.portal.bounded import Bounded
from node.portal.page import Page

_BODY_MAX = const(1024)  # a form of ours has 300 bytes
_LINE_MAX = const(1024)
_REQUEST_MAX = const(6_144)  # a phone's headers have some 1,000 bytes
_CLIENTS_MAX = const(6)  # lwIP has some sixteen sockets
_REQUEST_S = const(8)  # whoever is slower is cut off
_SSID_MAX = const(32)
_PASSWORD_MIN = const(8)  # IEEE 802.11, J.4.1: 8 to 63 characters of ASCII, or 64 hexadecimal digits
_PASSWORD_MAX = const(63)
_KEY_DIGITS = const(64)
_HEADERS = {
    "Content-Type": "text/html; charset=utf-8",
    "Cache-Control": "no-store",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Connection": "close",
}


def ssid_of(form):
    """The SSID that a form names, in bytes: typed, or chosen by its bytes in hexadecimal. None for neither or too long a one."""
    typed = form.get("typed") or ""
    try:
        ssid = typed.encode() if typed else bytes.fromhex(form.get("ssid") or "")
    except ValueError:
        return None
    return ssid if 0 < len(ssid) <= _SSID_MAX else None


def is_password(text):
    """True for what can be a Wi-Fi password; empty for none."""
    if not text:
        return True
    if any(not 32 <= ord(sign) < 127 for sign in text):
        return False
    if len(text) == _KEY_DIGITS:
        return all(sign in "0123456789abcdefABCDEF" for sign in text)
    return _PASSWORD_MIN <= len(text) <= _PASSWORD_MAX


def make_app(visit):
    """The web application. `visit`: see `node.portal.visit`."""
    Request.max_content_length = Request.max_body_length = _BODY_MAX
    Request.max_readline = _LINE_MAX
    app = Microdot()

    def answer(text, status=200):
        return Response(text, status, _HEADERS)

    def page_of(fields):
        return Page(visit.node, (fields or {}).get("l", "vi"))

    def main_page(page, token, problem="", good="", volume=50):
        return answer(page.main(token, visit.radio.found, problem, good, volume))

    def let_in(page, token):
        """None for who may go on, else what is answered instead."""
        if visit.lock.closed:
            return answer(page.told(page.words["closed"]), 403)
        return None if visit.lock.knows(token) else answer(page.code(page.words["expired"]), 403)

    @app.get("/")
    async def begin(request):
        page = page_of(request.args)
        return answer(page.told(page.words["closed"]), 403) if visit.lock.closed else answer(page.code())

    @app.post("/")
    async def enter(request):
        form = request.form or {}
        page = page_of(form)
        token = visit.enter(form.get("code", ""))
        if token:
            return main_page(page, token)
        if visit.lock.closed:
            return answer(page.told(page.words["closed"]), 403)
        return answer(page.code(page.words["bad_code"].format(visit.lock.tries_left)), 403)

    @app.post("/do")
    async def do(request):
        form = request.form or {}
        page, token = page_of(form), form.get("t", "")
        refused = let_in(page, token)
        if refused:
            return refused
        what = form.get("do", "")
        if what == "join":
            return join(page, token, form)
        if what == "scan":
            visit.radio.look()
        elif what == "sound":
            volume = volume_of(form)
            visit.sound(volume)
            return main_page(page, token, good=page.words["playing"], volume=volume)
        elif what == "leave":
            visit.leave()
            return answer(page.told(page.words["bye"], "good"))
        return main_page(page, token)

    def join(page, token, form):
        ssid, password = ssid_of(form), form.get("password", "")
        if visit.trying:
            return main_page(page, token, page.words["busy"])
        if ssid is None:
            return main_page(page, token, page.words["bad_name"])
        if not is_password(password):
            return main_page(page, token, page.words["bad_password"])
        visit.join(ssid, password)
        return answer(page.trying(token, ssid))

    @app.get("/wait")
    async def wait(request):
        page, token = page_of(request.args), request.args.get("t", "")
        refused = let_in(page, token)
        if refused:
            return refused
        if visit.trying:
            return answer(page.trying(token, visit.radio.tried))
        if visit.saved:
            return answer(page.done(visit.radio.tried))
        if visit.problem:
            return main_page(page, token, page.words[visit.problem] + " " + page.words["unchanged"])
        return main_page(page, token)

    @app.errorhandler(404)
    async def elsewhere(request):
        """Whatever a phone asks to find out whether this is the Internet leads to the page."""
        return Response("", 302, {"Location": visit.url, "Connection": "close"})

    @app.errorhandler(413)
    async def too_large(request):
        return answer(Page(visit.node, "vi").told("413"), 413)

    return app


def volume_of(form):
    """0 to 100 of what a form says, 50 for nonsense."""
    try:
        return max(0, min(100, int(form.get("volume", ""))))
    except ValueError:
        return 50


async def listen(app, port):
    """Serve from now on; returns what `close()` ends. Raises OSError if the port is taken. At most some phones at a time, each for a few seconds a request."""
    clients = [0]

    async def handle(reader, writer):
        clients[0] += 1
        try:
            if clients[0] <= _CLIENTS_MAX:
                await asyncio.wait_for(app.handle_request(Bounded(reader, _REQUEST_MAX), writer), _REQUEST_S)
        except asyncio.TimeoutError:
            pass  # too slow
        except (OSError, ValueError, EOFError) as broken:  # gone in the middle, or no HTTP
            print("page:", repr(broken))
        finally:
            clients[0] -= 1
            await _close(writer)

    return await asyncio.start_server(handle, "0.0.0.0", port)


async def _close(writer):
    """Give the socket back, whatever state it is in."""
    try:
        await writer.aclose()
    except OSError:  # the phone closed it first
        pass
