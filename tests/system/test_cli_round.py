"""A technician's round with the real commands: broker and station as processes, a node that answers, and everything an officer does."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from cli_support import Desk, run
from host_support import AREA, STATION, keyring, site, speech_like

from loa.errors import EXIT_FAILED, EXIT_NETWORK
from loa.firmware import topics
from loa.keys.signing import open_signed
from loa.station.presence import is_served
from loa.testing import FakeNode, eventually

NODE = "ban-la-1"
SELF = topics.node_audience(NODE)
PLAN = """
quiet = []
[bulletins.tin]
[[slots]]
id = "sang"
bulletin = "tin"
at = ["05:30"]
"""


class AnsweringNode(FakeNode):
    """Takes every plan, air and command, or refuses it with a code."""

    def __init__(self, port: int, refuse: str | None = None) -> None:
        super().__init__("localhost", port, NODE, site(), keyring(), keyring().authority_file)
        self._refuse = refuse
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._answer, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._over.set()
        self._thread.join()
        super().close()

    def _answer(self) -> None:
        looked = 0
        while not self._over.wait(0.02):
            for topic, raw, _ in self.messages[looked:]:
                looked += 1
                audience, kind = topics.parse_to(topic)
                if kind in (topics.AIR, topics.PLAN, topics.COMMAND):
                    payload = open_signed(raw.decode(), keyring().station(STATION).public())
                    subject = payload["id"] if kind == topics.COMMAND else f"{kind}:{audience}:{payload['rev']}"
                    refusal = {"result": "refused", "code": self._refuse, "reason": "for the test"}
                    self.report(topics.ACK, {"id": subject, **(refusal if self._refuse else {"result": "ok"})})


@contextmanager
def started(desk: Desk, command: str, *options: str) -> Iterator[dict[str, Any]]:
    """A command in a process, and the line by which it says that it is ready. At the end it must go in good order."""
    arguments = [sys.executable, "-m", "loa.cli", command, str(desk.site), "--json", *options]
    process = subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment())
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line, f"it ended before it was ready: {process.communicate()[1]}"
        yield json.loads(line)
    finally:
        process.send_signal(signal.SIGTERM)
        _, said = process.communicate(timeout=30)
    assert process.returncode == 0, said
    assert "Traceback" not in said


def environment() -> dict[str, str]:
    packages = os.pathsep.join(path for path in sys.path if path.endswith(("host_tools", "site-packages")))
    return {**{name: value for name, value in os.environ.items() if not name.startswith("LOA_")}, "PYTHONPATH": packages}


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def test_a_round(desk: Desk, tmp_path: Path) -> None:
    with started(desk, "broker") as broker, started(desk, "station") as station:
        assert station["broker"] == broker["url"]
        with AnsweringNode(int(broker["url"].rpartition(":")[2])) as node:
            node.say_state("n-1")
            eventually(lambda: online(desk) == [NODE], "the node online")

            desk.loa("add", speech_like(2, tmp_path / "tin.wav"))
            (tmp_path / "plan.toml").write_text(PLAN)
            plan = desk.loa("plan", "publish", tmp_path / "plan.toml", "--json").json
            assert plan["served"] is True
            eventually(lambda: node.newest(topics.PLAN, AREA).get("rev") == plan["revision"], "the plan at the node")

            urgent = desk.loa("urgent", AREA, "tin", "--json").json
            assert {answer["node"]: answer["result"] for answer in urgent["answers"]} == {"ban-hin-1": None, NODE: "ok", "ban-mong-1": None}
            assert urgent["id"] in str(node.newest(topics.AIR, AREA))
            spoken = speech_like(1, tmp_path / "lũ quét.wav")
            assert "1 of 1 nodes answered ok" in desk.loa("urgent", SELF, spoken).stdout
            assert node.newest(topics.AIR, SELF)["orders"][-1]["bulletin"]["title"] == "lũ quét"
            assert desk.loa("ping", NODE, "--json").json["answers"] == [
                {"node": NODE, "online": True, "result": "ok", "code": None, "reason": None}
            ]
            desk.loa("volume", AREA, "40")
            assert node.newest(topics.AIR, AREA)["orders"][-1]["volume"] == 40

            node.say_played(1, f"{AREA}|{urgent['id']}", 0, 2034, 2034)
            eventually(lambda: desk.loa("log", NODE, "--json").json["events"], "the event")
            log = desk.loa("log", NODE, "--json").json
            assert {proof["key"]: proof["result"] for proof in log["proofs"]}[f"{AREA}|{urgent['id']}"] == "complete"
            assert re.search(rf"{NODE} +{urgent['id']} +tin +urgent +complete +0:02 of 0:02", desk.loa("log").stdout)

            view = {node["node"]: node for node in desk.loa("watch", "--once", "--json").json["nodes"]}[NODE]
            assert (view["online"], view["clock"], view["volume"], view["last"]["kind"]) == (True, "synchronised", 80, "played")
            assert set(view["lags"]) == {f"trust:{AREA}", f"plan:{AREA}", f"air:{AREA}", f"air:{SELF}"}, "it says that it holds nothing"
    assert not is_served(desk.places.station(STATION))


def test_live_is_put_on_and_taken_off(desk: Desk, tmp_path: Path) -> None:
    with started(desk, "broker") as broker, started(desk, "station"), AnsweringNode(int(broker["url"].rpartition(":")[2])) as node:
        node.say_state("n-1")
        eventually(lambda: online(desk) == [NODE], "the node online")
        live = desk.loa("live", AREA, speech_like(60, tmp_path / "live.wav"), "--json").json["id"]
        assert node.newest(topics.AIR, AREA)["orders"][-1]["live"]["url"].endswith(f"/live/{live}")
        until = node.newest(topics.AIR, AREA)["orders"][-1]["until"]
        assert "1 of 3 nodes answered ok" in desk.loa("stop", AREA).stdout
        orders = {order["id"]: order for order in node.newest(topics.AIR, AREA)["orders"]}
        assert orders[live]["until"] < until


def test_refusals_and_silence_are_failures_that_say_who(desk: Desk) -> None:
    with started(desk, "broker") as broker, started(desk, "station"):
        port = int(broker["url"].rpartition(":")[2])
        silent = desk.loa("ping", "ban-hin-1", "--wait", "0.2", code=EXIT_NETWORK).stdout
        assert re.search(r"0 of 1 nodes answered ok\n.*\nban-hin-1 +offline +none yet", silent)
        with AnsweringNode(port, refuse="command-unknown"):
            refused = desk.loa("identify", NODE, code=EXIT_FAILED).stdout
            assert "refused: command-unknown: for the test" in refused


def test_a_simulated_commune_hears_the_same_commands(desk: Desk) -> None:
    with started(desk, "sim", "--nodes", NODE) as commune:
        eventually(lambda: online(desk, "--sim") == [NODE], "the simulated node online")
        assert desk.loa("ping", NODE, "--sim", "--json").json["answers"][0]["result"] == "ok"
        order = desk.loa("urgent", SELF, "chime", "--sim", "--json").json["id"]
        played = [f"{SELF}|{order}", "complete"]
        eventually(lambda: played in proofs(desk, "--sim"), "the proof that the chime was heard")
        assert desk.loa("log", "--json", "--folder", desk.folder / "other").json["events"] == [], "the real station knows nothing of it"
    assert not is_served(desk.places.sim.station(STATION))
    with pytest.raises(ConnectionRefusedError), socket.create_connection(("localhost", int(commune["broker"].rpartition(":")[2]))):
        pass


def test_a_second_service_and_one_that_comes_before_its_broker(desk: Desk) -> None:
    with started(desk, "broker") as broker:
        url = broker["url"]
    with started(desk, "station"):
        assert "a station service runs already" in run("station", desk.site, code=EXIT_FAILED).stderr
        with started(desk, "broker") as again:
            assert again["url"] == url
            with AnsweringNode(int(url.rpartition(":")[2])) as node:
                eventually(lambda: node.documents(topics.TRUST, AREA), "the station on the broker that came later")


def online(desk: Desk, *options: str) -> list[str]:
    return [node["node"] for node in desk.loa("watch", "--once", "--json", *options).json["nodes"] if node["online"]]


def proofs(desk: Desk, *options: str) -> list[list[str]]:
    return [[proof["key"], proof["result"]] for proof in desk.loa("log", "--json", *options).json["proofs"]]
