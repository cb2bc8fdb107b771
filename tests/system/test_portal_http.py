"""The node's own page over HTTP, as phones and others use it, on both runtimes: code, networks, sound, and bad input of every kind."""

import json
import queue
import re
import socket
import struct
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import microdot
import pytest
from host_support import keyring, site

from loa.boards import load_board
from loa.firmware import lock
from loa.provision.contents import Services, node_files
from loa.provision.image import build_image
from loa.provision.slots import cached_application
from loa.testing.lab import MakeNode, runtime

ROOT = Path(__file__).parents[2]
NODE = "ban-la-1"
WITHIN_S = 20.0
HOSTILE = b'<img src=x onerror="alert(1)">'
SEEN = [
    (b"good", -50, 3),
    (b"good", -80, 3),
    (HOSTILE, -60, 0),
    (b"\xff\xfe\x80", -70, 3),
    (b"\0" * 8, -40, 0),
    ("Xã Mộc".encode(), -65, 3),
]
CODE = lock.setup_code(keyring().node(NODE).report_key)
WRONG = f"{(int(CODE) + 1) % 10**8:08d}"


class NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: object) -> None:
        return None


class Phone:
    """A browser without scripts."""

    def __init__(self, port: int) -> None:
        self.port = port
        self._opener = urllib.request.build_opener(NoRedirect)

    def get(self, path: str) -> tuple[int, str]:
        return self._ask(path, None)

    def post(self, path: str, **form: str) -> tuple[int, str]:
        return self._ask(path, urllib.parse.urlencode(form).encode())

    def enter(self, code: str = CODE, lang: str = "en") -> str:
        """The token that the page gives for the code."""
        status, page = self.post("/", code=code, l=lang)
        assert status == 200, page
        return re.findall(r'name="t" value="(\w+)"', page)[0]

    def raw(self, data: bytes, patience_s: float = 12.0) -> bytes:
        """What comes back for some bytes, until the other side closes."""
        with socket.create_connection(("127.0.0.1", self.port), patience_s) as stream:
            stream.settimeout(patience_s)
            answer = b""
            try:
                stream.sendall(data)
                while piece := stream.recv(4096):
                    answer += piece
            except ConnectionError:
                pass
            return answer

    def _ask(self, path: str, body: bytes | None) -> tuple[int, str]:
        try:
            with self._opener.open(f"http://127.0.0.1:{self.port}{path}", body, WITHIN_S) as response:
                return response.status, response.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()


class Portal:
    """The page's process; `says` waits for one of its lines."""

    def __init__(self, interpreter: str, folder: Path) -> None:
        self.http, self.dns = free_port(socket.SOCK_STREAM), free_port(socket.SOCK_DGRAM)
        self.folder = folder
        script, seen = (
            ROOT / "tests" / "system" / "portal_server.py",
            json.dumps([(ssid.hex(), signal, kind) for ssid, signal, kind in SEEN]),
        )
        where = [str(ROOT), str(Path(microdot.__file__).parent), str(folder), str(self.http), str(self.dns), seen]
        self.process = subprocess.Popen([interpreter, script, *where], stdout=subprocess.PIPE, text=True)
        self._lines: queue.Queue[str] = queue.Queue()
        threading.Thread(target=self._listen, daemon=True).start()
        self.phone = Phone(self.http)

    def _listen(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            self._lines.put(line.strip())

    def says(self, wanted: str) -> str:
        deadline = time.monotonic() + WITHIN_S
        while True:
            line = self._lines.get(timeout=max(0.01, deadline - time.monotonic()))
            if line.startswith(wanted):
                return line

    def close(self) -> None:
        self.process.kill()
        self.process.wait()


def free_port(kind: int) -> int:
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def node_folder(folder: Path) -> Path:
    """The files of a node, as the bench writes them."""
    files = node_files(site(), keyring(), NODE, Services(8883, "http://localhost:1", ()), b"")
    (folder / "data").mkdir(parents=True)
    for name, content in files["vfs"].items():
        (folder / name).write_bytes(content)
    return folder


@pytest.fixture(params=["micropython", "cpython"])
def portal(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Portal]:
    interpreter = sys.executable if request.param == "cpython" else runtime("micropython").command
    made = Portal(str(interpreter), node_folder(tmp_path / "node"))
    made.says("page:")
    yield made
    made.close()


def eventually(condition: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + WITHIN_S
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.05)


def test_a_phone_brings_the_node_into_a_network(portal: Portal) -> None:
    phone = portal.phone
    status, page = phone.get("/generate_204")
    assert (status, page) == (302, "")
    assert "Mã cài đặt" in phone.get("/")[1] and "Set-up code" in phone.get("/?l=en")[1]
    token = phone.enter(f"{CODE[:4]}-{CODE[4:]}")
    status, page = phone.post("/do", t=token, l="en", do="sound", volume="30")
    assert status == 200 and "The chime is playing" in page and 'value="30"' in page
    assert portal.says("volume") == "volume 30" and portal.says("chime")
    status, page = phone.post("/do", t=token, l="en", do="join", ssid=b"good".hex(), password="wrong password")
    assert status == 200 and "Connecting to good" in page
    eventually(lambda: "The password is wrong" in phone.get(f"/wait?l=en&t={token}")[1], "the reason")
    assert not list((portal.folder / "data").iterdir())
    phone.post("/do", t=token, l="en", do="join", ssid=b"good".hex(), password="right password")
    eventually(lambda: "Connected and saved: good" in phone.get(f"/wait?l=en&t={token}")[1], "the good end")
    content = (portal.folder / "data" / "networks").read_bytes()[:-4]
    assert json.loads(content) == [[b"good".hex(), "right password"]]
    assert {path.name for path in (portal.folder / "data").iterdir()} == {"networks"}
    assert "restarts" in phone.post("/do", t=token, l="en", do="leave")[1]
    portal.says("over")
    assert portal.process.wait(WITHIN_S) == 0


def test_names_of_networks_are_text_and_nothing_else(portal: Portal) -> None:
    page = portal.phone.post("/", code=CODE)[1]
    assert "<img" not in page and "&lt;img src=x onerror=&quot;alert(1)&quot;&gt;" in page
    assert "0xfffe80" in page and "Xã Mộc" in page
    assert page.count('type="radio"') == 4
    assert [bytes.fromhex(one) for one in re.findall(r'name="ssid" value="(\w*)"', page)] == [
        b"good",
        HOSTILE,
        "Xã Mộc".encode(),
        b"\xff\xfe\x80",
    ]


def test_five_wrong_codes_close_the_page(portal: Portal) -> None:
    phone = portal.phone
    token = phone.enter()
    for left in (4, 3, 2, 1):
        status, page = phone.post("/", code=WRONG, l="en")
        assert status == 403 and f"{left} tries left" in page
    assert phone.post("/", code=WRONG, l="en") == phone.post("/", code=CODE, l="en")
    assert "The page is closed" in phone.post("/do", t=token, l="en", do="sound")[1]
    portal.says("over")
    assert portal.process.wait(WITHIN_S) == 0


def test_nobody_goes_on_without_the_code(portal: Portal) -> None:
    phone = portal.phone
    for form in ({"do": "sound"}, {"do": "join", "ssid": "676f6f64"}, {"t": "", "do": "leave"}, {"t": "0" * 24, "do": "scan"}):
        status, page = phone.post("/do", **form)
        assert status == 403 and "Mã cài đặt" in page and "Xã Mộc" not in page
    assert phone.get("/wait?t=")[0] == phone.get("/wait")[0] == phone.get("/wait?t=00")[0] == 403
    assert phone.get("/do")[0] in (302, 405)


def test_several_phones_at_once(portal: Portal) -> None:
    phone = portal.phone
    tokens = [phone.enter() for _ in range(5)]
    assert len(set(tokens)) == 5
    assert phone.post("/do", t=tokens[0], do="scan")[0] == 403  # four phones at most, the oldest makes room
    phone.post("/do", t=tokens[1], l="en", do="join", ssid=b"slow".hex(), password="")
    status, page = phone.post("/do", t=tokens[2], l="en", do="join", ssid=b"good".hex(), password="right password")
    assert status == 200 and "is trying to connect" in page


@pytest.mark.parametrize(
    ("form", "wanted"),
    [
        ({"ssid": "zz"}, "Choose a network"),
        ({"ssid": "00" * 33}, "Choose a network"),
        ({"typed": "ỗ" * 11}, "Choose a network"),
        ({}, "Choose a network"),
        ({"typed": "x", "password": "short"}, "A Wi-Fi password has"),
        ({"typed": "x", "password": "x" * 65}, "A Wi-Fi password has"),
        ({"typed": "x", "password": "mật khẩu có dấu"}, "A Wi-Fi password has"),
        ({"typed": "x", "password": "g" * 64}, "A Wi-Fi password has"),
    ],
    ids=repr,
)
def test_what_cannot_be_a_network_is_refused(form: dict[str, str], wanted: str, one_portal: Portal, one_token: str) -> None:
    status, page = one_portal.phone.post("/do", t=one_token, l="en", do="join", **form)
    assert status == 200 and wanted in page


@pytest.fixture(scope="module")
def one_portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    made = Portal(str(runtime("micropython").command), node_folder(tmp_path_factory.mktemp("portal") / "node"))
    made.says("page:")
    yield made
    made.close()


@pytest.fixture(scope="module")
def one_token(one_portal: Portal) -> str:
    return one_portal.phone.enter()


@pytest.mark.parametrize(
    "data",
    [
        b"\r\n\r\n",
        b"GET\r\n\r\n",
        b"GET / HTTP/1.1\r\nno colon\r\n\r\n",
        b"\xff\xfe\xfd / HTTP/1.1\r\n\r\n",
        b"GET /" + b"x" * 20_000 + b" HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + b"".join(b"A%d: x\r\n" % number for number in range(5000)) + b"\r\n",
        b"POST / HTTP/1.1\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: -5\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: many\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 20000\r\n\r\n" + b"x" * 20_000,
        b"POST / HTTP/1.1\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 8\r\n\r\n%zz=%f%f",
        b"POST / HTTP/1.1\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 6\r\n\r\ncode=\xff",
        b"POST / HTTP/1.1\r\nContent-Type: multipart/form-data; boundary=x\r\nContent-Length: 3\r\n\r\n--x",
        b"PUT /do HTTP/1.1\r\n\r\n",
        bytes(range(256)) * 8,
    ],
    ids=range(14),
)
def test_what_is_no_request_harms_nobody(data: bytes, one_portal: Portal) -> None:
    one_portal.phone.raw(data)
    assert one_portal.phone.get("/")[0] == 200
    assert one_portal.process.poll() is None


def test_slow_clients_do_not_keep_others_out(one_portal: Portal) -> None:
    slow = [socket.create_connection(("127.0.0.1", one_portal.http)) for _ in range(6)]
    try:
        for stream in slow:
            stream.sendall(b"GET / HTTP/1.1\r\n")
        eventually(lambda: answers(one_portal.phone), "a phone is served")
    finally:
        for stream in slow:
            stream.close()


def answers(phone: Phone) -> bool:
    try:
        return phone.get("/")[0] == 200
    except OSError:
        return False


def test_every_name_leads_to_the_page(one_portal: Portal) -> None:
    def asked(name: bytes, kind: int = 1) -> bytes:
        question = struct.pack(">HHHHHH", 7, 0x0100, 1, 0, 0, 0) + name + struct.pack(">HH", kind, 1)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asker:
            asker.settimeout(WITHIN_S)
            asker.sendto(b"nonsense", ("127.0.0.1", one_portal.dns))
            asker.sendto(question, ("127.0.0.1", one_portal.dns))
            return asker.recv(512)

    found = asked(b"\x07example\x03com\x00")
    assert found[:8] == struct.pack(">HHHH", 7, 0x8500, 1, 1) and found[-4:] == bytes((127, 0, 0, 1))
    assert asked(b"\x07example\x03com\x00", 28)[6:8] == b"\0\0"


@pytest.mark.parametrize("name", ["generic-esp32-wrover-max98357a", "generic-esp32-max98357a"])
def test_a_node_without_a_network_opens_the_page_at_power_up_and_joins(loa_node: MakeNode, name: str) -> None:
    """The whole of it: the real `main.py`, the slot as it is flashed, the emulated radio and amplifier."""
    nodes = {NODE: site().nodes[NODE].model_copy(update={"board": name})}
    homeless, found = site().model_copy(update={"networks": {}, "nodes": nodes}), runtime("micropython")
    board = load_board(name)
    files = node_files(homeless, keyring(), NODE, Services(8883, "http://localhost:1", ()), cached_application(found.march, board.lean))
    node = loa_node(build_image(board, files), found.name)
    doors = {"80": free_port(socket.SOCK_STREAM), "53": free_port(socket.SOCK_DGRAM)}
    node.surround(doors=doors)
    node.start()
    eventually(lambda: f"page: Loa {NODE}" in node.log(), "the page")
    phone = Phone(doors["80"])
    token = phone.enter()
    assert "The chime is playing" in phone.post("/do", t=token, l="en", do="sound", volume="40")[1]
    eventually(lambda: any(segment.frames > 0 for segment in node.segments()), "sound")
    phone.post("/do", t=token, l="en", do="join", ssid=b"loa".hex(), password="long enough")
    eventually(lambda: "Connected and saved: loa" in phone.get(f"/wait?l=en&t={token}")[1], "the network")
    phone.post("/do", t=token, l="en", do="leave")
    eventually(lambda: len(node.boots) == 2 and "uplink: up" in node.log(), "the application in the new network")
    node.power_cycle()
    eventually(lambda: node.log().count("uplink: up") == 2, "the application again, not the page")
    assert node.log().count("page: Loa") == 1
