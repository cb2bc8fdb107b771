"""The pytest plugin towards those who use it: what they get, what they are told when something is wrong, and what nobody finds afterwards.

Each test runs pytest in a process of its own on a test written for it; the wheel in an empty environment is `test_installed_wheel`'s.
"""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from loa.broker import ENGINES
from loa.sim.storms import schedule
from loa.testing import Commune, Lab, eventually
from loa.testing.commune import Broker
from loa.testing.lab import Settings
from loa.testing.ports import Ports
from loa.testing.storm import Storm

ROOT = Path(__file__).parents[2]
PYTEST = (sys.executable, "-m", "pytest", "-p", "no:loa", "-p", "loa.testing.plugin")
BROKER = """
def test_one(broker, loa_commune):
    with loa_commune.client() as client, loa_commune.fake_node("ban-la-1") as node:
        client.publish("loa/v1/to/son-la/plan", b"x", retain=True)
        client.publish("loa/v1/to/son-la/plan", b"", retain=True)
        assert broker.url == {url!r} and not broker.is_ours

def test_two(broker):
    broker.kill()
"""


def run(folder: Path, text: str, *options: str) -> subprocess.CompletedProcess[str]:
    """pytest on that text in that folder, as somebody else would run it, with this tree's loa."""
    (folder / "test_it.py").write_text(text, encoding="utf-8")
    arguments = [*PYTEST, "-q", "-rs", "test_it.py", *options]
    return subprocess.run(arguments, cwd=folder, env=environment(), capture_output=True, text=True, timeout=120, check=False)


def environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("LOA_", "PYTEST"))}
    return {**kept, "PYTHONPATH": f"{ROOT / 'host_tools'}{os.pathsep}{ROOT / 'firmware'}"}


def said(run: subprocess.CompletedProcess[str]) -> str:
    return run.stdout + run.stderr


@contextmanager
def somebody_elses_broker(folder: Path) -> Iterator[str]:
    """A broker that lets anybody in, without TLS."""
    port = Ports().take()
    (folder / "nats.conf").write_text(
        json.dumps(
            {"server_name": "x", "port": -1, "jetstream": {"store_dir": str(folder / "js")}, "mqtt": {"host": "127.0.0.1", "port": port}}
        )
    )
    with subprocess.Popen([Path(sys.executable).parent / "nats-server", "-c", folder / "nats.conf"], stderr=subprocess.DEVNULL) as server:
        try:
            eventually(lambda: answers(port), "the broker")
            yield f"mqtt://127.0.0.1:{port}"
        finally:
            server.kill()


def answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_somebody_elses_broker_is_used_and_not_stopped_by_tests_that_run_side_by_side(tmp_path: Path) -> None:
    with somebody_elses_broker(tmp_path) as url:
        ran = run(tmp_path, BROKER.format(url=url), "-n", "2", "--loa-broker", url)
        assert ran.returncode == 0 and "1 passed, 1 skipped" in ran.stdout, said(ran)
        assert f"the broker {url} is not ours to stop" in ran.stdout


@pytest.mark.parametrize("engine", [name for name, engine in ENGINES.items() if engine.is_here()])
def test_the_engine_can_be_chosen(tmp_path: Path, engine: str) -> None:
    lab = Lab(Settings(engine=engine), lambda name: make(tmp_path / name))
    with lab.commune() as commune:
        commune.start_broker()
        assert commune.broker.is_ours and commune.broker.log_file == commune.places.broker / f"{engine}.log"


def test_a_broker_that_is_none_or_does_not_answer(tmp_path: Path) -> None:
    ran = run(tmp_path, "def test_it(broker): pass", "--loa-broker", "localhost:1883")
    assert '"localhost:1883" is no broker\n' in ran.stdout and "Traceback" not in said(ran)
    url = f"mqtt://localhost:{Ports().take()}"
    ran = run(tmp_path, "def test_it(broker): pass", "--loa-broker", url)
    assert f"the broker {url} is out of reach" in ran.stdout and "Traceback" not in said(ran)


def test_what_does_not_exist_is_said_in_a_line(tmp_path: Path) -> None:
    text = """
import pytest

@pytest.mark.loa(nodes=["ban-la-2"])
def test_node(node): pass

@pytest.mark.loa(site="none.toml")
def test_site(node): pass

@pytest.mark.loa(runtime="java")
def test_runtime(node): pass

@pytest.mark.loa(profile="carrier-pigeon")
def test_profile(node): pass

def test_storm(broker, storm):
    storm("hail")
"""
    ran = run(tmp_path, text)
    for told in (
        'station moc-chau has no node "ban-la-2"\ndid you mean "ban-la-1"?',
        "none.toml",
        'there is no runtime "java"',
        'there is no profile "carrier-pigeon"',
        'there is no storm "hail"',
    ):
        assert told in ran.stdout, said(ran)
    assert "4 errors" in ran.stdout and "1 failed" in ran.stdout
    assert "Error" not in ran.stdout and "host_tools" not in ran.stdout, "not where in loa it was noticed"


def test_a_node_that_does_not_come_is_named_with_its_last_word(tmp_path: Path) -> None:
    text = """
from loa.boards import load_board
from loa.sim.hardware import chip

def test_it(loa_commune):
    loa_commune.start_node("ban-la-1")
    node = loa_commune.nodes["ban-la-1"]
    node.power_off()
    application = load_board(loa_commune.site.nodes[node.node_id].board).partition("app")
    with (node.folder / chip.FLASH_FILE).open("r+b") as flash:
        flash.seek(application.address)
        flash.write(bytes(2 * 4096))
    node.start()
    loa_commune.wait_online(3)
"""
    ran = run(tmp_path, text)
    assert "node ban-la-1 is not online within 3 s: its program raised OSError" in ran.stdout, said(ran)
    assert (tmp_path / "loa-evidence" / "test_it.py-test_it" / "ban-la-1.log").stat().st_size > 0


def test_nothing_is_left_of_a_run_that_is_killed(tmp_path: Path) -> None:
    text = """
def test_it(node, broker):
    print("PORT", broker.port, flush=True)
    node.wait_for("never", 60)
"""
    (tmp_path / "test_it.py").write_text(text)
    arguments = [*PYTEST, "-q", "-s", "test_it.py", "--basetemp", tmp_path / "run"]
    with subprocess.Popen(arguments, cwd=tmp_path, env=environment(), stdout=subprocess.PIPE, text=True) as tests:
        assert tests.stdout is not None
        port = next(int(line.split()[-1]) for line in tests.stdout if "PORT" in line)
        assert answers(port)
        tests.kill()
    eventually(lambda: not answers(port), "the broker gone with the run")
    eventually(lambda: not running_below(tmp_path), "station and node gone with the run")


def running_below(folder: Path) -> list[str]:
    """Command lines of processes that work in a folder or know of it."""
    listed = subprocess.run(["ps", "-eo", "args="], capture_output=True, text=True, check=True).stdout
    return [line for line in listed.splitlines() if str(folder) in line]


def test_runs_side_by_side_take_other_ports(tmp_path: Path) -> None:
    one, other = Ports(tmp_path), Ports(tmp_path)
    taken = {one.take() for _ in range(8)} | {other.take() for _ in range(8)}
    assert len(taken) == 16
    with socket.socket() as listening:
        listening.bind(("", one.take()))
        assert listening.getsockname()[1] not in {one.take() for _ in range(64)}


def test_a_commune_has_ports_of_its_own_from_the_first_to_the_last(tmp_path: Path) -> None:
    lab = Lab(Settings(), lambda name: make(tmp_path / f"{name}-{time.monotonic_ns()}"))
    with lab.commune() as first, lab.commune() as second:
        first.start_broker()
        second.start_broker()
        assert first.broker.port == first.site.broker.port != second.broker.port
        made = [(commune.keyring.folder / "root.pem").read_bytes() for commune in (first, second)]
        assert made[0] == made[1] and first.keyring.folder != second.keyring.folder, "made once for a site, and each has its own"
    assert not lab.live


def make(folder: Path) -> Path:
    folder.mkdir()
    return folder


def test_a_storm_comes_by_name_and_seed_and_mends_what_it_broke(broker: Broker, loa_commune: Commune, storm: Callable[..., Storm]) -> None:
    begun = storm("broker", seed=34, seconds=8)
    eventually(lambda: not broker.running, "the broker gone")
    begun.end()
    assert broker.running
    assert begun.faults == schedule("broker", 34, [], 8) and loa_commune.storms == [begun.as_dict()]
    told = [act.what for act in loa_commune.acts.all if act.who in ("broker", "storm")]
    assert told[-5:] == [
        "broker, seed 34",
        "ends and starts again, with its data",
        "stopped",
        "started",
        "over: ends and starts again, with its data",
    ]


def test_what_cannot_be_kept_is_said_and_the_run_goes_on(tmp_path: Path) -> None:
    text = """
def test_one(broker, loa_commune):
    loa_commune.acts.note_at("no time", "a test", "does harm")
    loa_commune.acts.note("a test", "fails")
    raise ValueError("on purpose")

def test_two():
    pass
"""
    ran = run(tmp_path, text)
    assert "1 failed, 1 passed" in ran.stdout and "on purpose" in ran.stdout, said(ran)
    assert "not all could be kept in" in ran.stdout
