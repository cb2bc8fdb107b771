"""A commune of 2,000 nodes on this machine: how soon all are connected and all play an urgent order, what a node costs, and how many are too many.

Real: firmware from the board's objects up, MQTT over TLS to the embedded nats-server, documents signed and checked, the station's service in a process
of its own. Counted instead of made: samples, see `docs/fleet.md`. OpenSSL multiplies for signatures, of which every node checks every one:
`firmware_check_ms` is what the firmware's own 17 multiplications take here, and `signature_share_in_python` the share that they would have had.
The order is the built-in siren, so that nobody fetches anything: 2,000 fetches of one minute of sound are 700 MB, which a commune's uplink does not
carry either; urgent bulletins are stored ahead.
`processors` says how many were busy from the order to the last sound, for the nodes and beside them: on a quiet machine with broker and station alone.
`max_nodes` is the largest fleet whose one order sounded everywhere within `LIMIT_MS` and was answered by all, found upwards or downwards from 2,000;
`limited_by` says what the next larger one that was tried lacked.
Playing is told by the emulated I2S: the first buffer that is no silence goes out. From publish, when the order is committed at the station's desk.
"""

import json
import os
import statistics
import time
from pathlib import Path
from typing import Any

import loa.demo
from loa.errors import LoaError
from loa.firmware import topics
from loa.sim.fleet.commune import FleetCommune
from loa.sim.fleet.messages import Look, Sound
from loa.site.load import load_site

NODES = 2_000
ORDERS = 5
AREA = "son-la/moc-chau"
LIMIT_MS = 3_000
LEAST, MOST = 600, 12_000  # between which the largest fleet is looked for; smaller ones have finer blocks and are another thing
_SETTLE_S = 5.0
_IDLE_S = 15.0
_PLAYING_S = 5.0
_ANSWER_S = 60.0
_QUIET_S = 120.0
_CALM = 2  # times what a node takes when it is idle
_ENOUGH_S = 540.0  # after this no other fleet is tried
_NEAR = 10  # the largest is known to its tenth part
_FULL = 0.9  # of the processors: with so much in use it is they that limit
_ONLINE_S = 180.0
_CHECKS = 200
_MULTIPLICATIONS = 17  # of a check under the exponent 65537, see `node.bus.rs256`


def measure(evidence: Path) -> dict[str, Any]:
    """The figures; raw ones go to `evidence`."""
    began = time.monotonic()
    figures = _measure(NODES, ORDERS, evidence)
    tried: dict[int, str] = {NODES: _lacks(figures)}
    while (count := next_count(tried)) is not None and time.monotonic() - began < _ENOUGH_S:
        try:
            tried[count] = _lacks(_measure(count, 1, evidence))
        except LoaError as failed:
            tried[count] = str(failed)
    figures["tried"] = {str(count): lacks or "good" for count, lacks in tried.items()}
    figures["max_nodes"] = max((count for count, lacks in tried.items() if not lacks), default=0)
    figures["limited_by"] = next((tried[count] for count in sorted(tried) if tried[count]), "the bench: no larger fleet was tried")
    return figures


def next_count(tried: dict[int, str]) -> int | None:
    """The fleet to try next, by what those before it lacked; None when the largest good one is known well enough."""
    good = max((count for count, lacks in tried.items() if not lacks), default=0)
    bad = min((count for count, lacks in tried.items() if lacks), default=None)
    if bad is None:
        return min(MOST, good * 3 // 2) if good < MOST else None
    if not good:
        return max(LEAST, bad * 2 // 3) if bad > LEAST else None
    return (good + bad) // 2 if bad - good > good // _NEAR else None


def _lacks(figures: dict[str, Any]) -> str:
    """Why a fleet is too large, empty if it is not."""
    if figures["heard"] < 1.0:
        return f"it did not sound on {1 - figures['heard']:.2%} of the nodes"
    if figures["acked"] < 1.0:
        return f"{1 - figures['acked']:.2%} of the answers did not come"
    if figures["urgent_p99_ms"] <= LIMIT_MS:
        return ""
    nodes, beside = figures["processors"]["nodes"], figures["processors"]["beside"]
    count = os.cpu_count() or 1
    what = "processors" if nodes + beside > _FULL * count else "waiting, not processors"
    return f"{what}: p99 {figures['urgent_p99_ms']} ms, of {count} the nodes used {nodes} and all else {beside}"


def _measure(count: int, orders: int, evidence: Path) -> dict[str, Any]:
    """One fleet through its idle time and some orders."""
    site = load_site(Path(loa.demo.__file__).parent / "site.toml").model_copy(update={"quiet": []})
    load = os.getloadavg()[0]
    with FleetCommune(site, evidence / f"commune-{count}", count) as fleet:
        began = time.monotonic()
        fleet.wait_online(_ONLINE_S)
        connect_s = time.monotonic() - began
        time.sleep(_SETTLE_S)
        fleet.crew.settle()
        idle = _rate(fleet, _IDLE_S)
        fleet.crew.told()
        rounds: list[dict[str, Any]] = []
        for _ in range(orders):
            rounds.append(_order(fleet))
            _wait_quiet(fleet, idle)
            (evidence / f"fleet-{count}.json").write_text(json.dumps(rounds, indent=1) + "\n")
        look = fleet.crew.look()
        waits = sorted(wait for one in rounds for wait in one["waits_ms"])
        return {
            "nodes": count,
            "runtime": fleet.crew.says,
            "connect_s": round(connect_s, 1),
            "urgent_p50_ms": _percentile(waits, 50),
            "urgent_p99_ms": _percentile(waits, 99),
            "orders": orders,
            "heard": round(len(waits) / count / orders, 4),
            "acked": round(statistics.fmean(one["acked"] for one in rounds) / count, 4),
            "acked_p99_s": max(one["acked_s"] for one in rounds),
            "cpu_ms_per_node_minute": {"idle": round(idle, 2), "playing": round(statistics.fmean(one["playing"] for one in rounds), 1)},
            "signature_share": round(statistics.fmean(one["check_share"] for one in rounds), 3),
            **_in_python(rounds),
            "underruns": rounds[-1]["underruns"],
            "rss_per_node_kb": round(look.rss_kb / count),
            "processors": {who: round(statistics.fmean(one["busy"][who] for one in rounds), 2) for who in ("nodes", "beside")},
            "load_before": round(load, 2),
        }


def _order(fleet: FleetCommune) -> dict[str, Any]:
    """Give one order, wait until all nodes play it and have answered, and take it back."""
    desk = fleet.commune.desk
    before, busy_before = fleet.crew.look(), _busy_s()
    order = desk.sound(AREA, "siren", valid_s=600)
    given = time.time()
    air = desk.documents.current(topics.AIR, AREA)
    assert air is not None
    first: dict[str, float] = {}
    acked_s = 0.0
    acked: set[str] = set()
    at_sound: Look | None = None
    busy: dict[str, float] = {}
    while time.time() - given < _ANSWER_S and (len(first) < fleet.count or len(acked) < fleet.count):
        time.sleep(0.25)
        for event in fleet.crew.told():
            if isinstance(event, Sound) and event.key is not None and order in event.key:
                first.setdefault(event.node, (event.unix_us / 1_000_000 - given) * 1000)
        if at_sound is None and (len(first) == fleet.count or time.time() - given > _ANSWER_S / 2):
            at_sound = fleet.crew.look()
            elapsed, nodes_s = time.time() - given, at_sound.cpu_s - before.cpu_s
            busy = {"nodes": nodes_s / elapsed, "beside": (_busy_s() - busy_before - nodes_s) / elapsed}
        if at_sound is not None:
            acked = {ack["node"] for ack in desk.nodes.acks(air.id)}
            acked_s = time.time() - given
    assert at_sound is not None
    playing = _rate(fleet, _PLAYING_S)
    desk.cancel(order)
    return {
        "order": order,
        "waits_ms": sorted(round(wait, 1) for wait in first.values()),
        "acked": len(acked),
        "acked_s": round(acked_s, 2),
        "playing": playing,
        "cpu_s": at_sound.cpu_s - before.cpu_s,
        "checks": at_sound.checks - before.checks,
        "check_share": (at_sound.check_cpu_s - before.check_cpu_s) / max(at_sound.cpu_s - before.cpu_s, 1e-9),
        "busy": busy,
        "underruns": fleet.crew.look().underruns,
    }


def _in_python(rounds: list[dict[str, Any]]) -> dict[str, float]:
    """What the multiplications of the firmware's own check take of this processor, and the share that they would have had of the nodes' time."""
    modulus = int.from_bytes(os.urandom(256), "big") | 1 << 2047
    power = base = int.from_bytes(os.urandom(255), "big")
    began = time.thread_time()
    for _ in range(_CHECKS * _MULTIPLICATIONS):
        power = power * base % modulus
    check_s = (time.thread_time() - began) / _CHECKS
    checks, cpu_s = sum(one["checks"] for one in rounds), sum(one["cpu_s"] * (1 - one["check_share"]) for one in rounds)
    return {
        "firmware_check_ms": round(check_s * 1000, 3),
        "signature_share_in_python": round(checks * check_s / (cpu_s + checks * check_s), 3),
    }


def _rate(fleet: FleetCommune, seconds: float) -> float:
    """Milliseconds of processor a node and minute, over some seconds from now."""
    before, began = fleet.crew.look(), time.monotonic()
    time.sleep(seconds)
    return (fleet.crew.look().cpu_s - before.cpu_s) * 1000 * 60 / (time.monotonic() - began) / fleet.count


def _wait_quiet(fleet: FleetCommune, idle: float) -> None:
    """Return when nothing is on the air, the amplifiers have been off for a while, and what was played has been reported and confirmed."""
    deadline = time.monotonic() + _QUIET_S
    while fleet.crew.look().air and time.monotonic() < deadline:
        time.sleep(0.5)
    time.sleep(_SETTLE_S)
    while _rate(fleet, 1.0) > _CALM * idle and time.monotonic() < deadline:
        pass


def _busy_s() -> float:
    """Seconds that all processors of this machine have worked."""
    fields = [int(field) for field in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:]]
    return (sum(fields) - fields[3] - fields[4]) / 100


def _percentile(values: list[float], percent: int) -> int | None:
    """The value below which `percent` of them lie, None where there is none."""
    return round(values[min(len(values) - 1, len(values) * percent // 100)]) if values else None
