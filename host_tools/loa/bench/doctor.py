"""Finds out what is wrong with a board, from the cable to the loudspeaker: one line a thing, each fine or with what to do.

Looks first from outside, through the chip's loader, then from inside, at MicroPython's prompt. What cannot be looked at after a failure is left out.
"""

import time
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from loa.bench.inventory import Inventory
from loa.bench.prompt import Prompt, taken_over
from loa.boards import Board, load_board, rate_note
from loa.errors import LoaError
from loa.flash.chips import spoken
from loa.flash.errors import BoardError
from loa.flash.lineless import NoLoader
from loa.flash.loader import Loader, connected
from loa.flash.ports import Port
from loa.flash.runtime import APPLICATION, DESCRIBED_BYTES, described
from loa.flash.write import check_board
from loa.language import _
from loa.progress import Progress
from loa.provision.sources import bare, sources
from loa.sim.hardware import partitions
from loa.sim.hardware.partitions import ADDRESS as TABLE_ADDRESS
from loa.site.model import Site

_FREE_MIN = 60_000  # bytes of MicroPython's heap at the prompt; the application alone takes more
_WEAK_DBM = -75
_CLOCK_S = 5
_TONE_MS = 1000
_TONE_HZ = 440


@dataclass(frozen=True)
class Finding:
    """`ok` is None for what says nothing good or bad; `hint` is what to do."""

    what: str
    ok: bool | None
    words: str
    hint: str = ""


def examine(port: Port | None, site: Site, inventory: Inventory, progress: Progress, *, sound: bool = True) -> Iterator[Finding]:
    """Everything that can be found out about the board on a port, one thing after the other."""
    if port is None:
        yield Finding(_("port"), False, _("no USB adapter is there"), _no_port_hint())
        return
    yield Finding(_("port"), True, "  ".join(dict.fromkeys(word for word in (port.device, port.adapter, port.location) if word)))
    try:
        try:
            yield from _from_outside(port, site, inventory, progress)
        except NoLoader as error:  # what runs on the board can be looked at all the same
            yield Finding(_("chip"), None, error.message, error.hint)
        is_node = yield from _from_inside(port, progress)
        if is_node and sound:
            yield _tone(port, progress)
    except LoaError as error:
        yield Finding(_("connection"), False, error.message, error.hint)


def _no_port_hint() -> str:
    if Path("/usr/bin/brltty").exists() or Path("/sbin/brltty").exists():
        return _("brltty takes CH340 adapters for Braille displays: sudo apt remove brltty, then plug the board in again")
    return _(
        "use a cable that carries data; on Windows install the adapter's driver (CH340: WCH, CP210x: Silicon Labs), then plug it in again"
    )


# From outside


def _from_outside(port: Port, site: Site, inventory: Inventory, progress: Progress) -> Iterator[Finding]:
    progress.stage(_("asking the chip who it is"))
    with connected(port.device, progress=progress) as loader:
        entry = inventory.board(loader.mac)
        words = _("{chip}, {flash} MB of flash, MAC {mac}", chip=spoken(loader.chip), flash=loader.flash_bytes >> 20, mac=loader.mac)
        if entry is None or entry.node not in site.nodes:
            yield Finding(_("chip"), True, words)
            yield Finding(_("node"), None, _("this bench has not made it"), _("`loa make-node` does"))
            board = None
        else:
            board = load_board(site.nodes[entry.node].board)
            yield _checked(_("chip"), words, lambda: check_board(loader, board))
            fine = entry.result == "made"
            words = f"{entry.node}, {entry.kind}, " + (_("made") if fine else _("not made yet"))
            yield Finding(_("node"), fine, words, "" if fine else _("run `loa make-node` again"))
            yield _rate(board, site.audio.rate)
        yield _image(loader)
        yield _table(loader, board)


def _rate(board: Board, rate: int) -> Finding:
    said = rate_note(board, rate)
    return Finding(
        _("rate"), None if said else True, said or str(rate), _("if it crackles, choose another audio.rate in site.toml") if said else ""
    )


def _checked(what: str, words: str, check: Callable[[], object]) -> Finding:
    try:
        check()
    except LoaError as error:
        return Finding(what, False, error.message, error.hint)
    return Finding(what, True, words)


def _image(loader: Loader) -> Finding:
    version = described(loader.read(APPLICATION, DESCRIBED_BYTES))
    if version is None:
        return Finding(_("runtime"), False, _("no application image in flash"), _("run `loa flash` or `loa make-node`"))
    return Finding(_("runtime"), True, version or _("an image without a description"))


def _table(loader: Loader, board: Board | None) -> Finding:
    try:
        found = partitions.unpack(loader.read(TABLE_ADDRESS, partitions.BYTES))
    except ValueError as damaged:
        return Finding(_("partitions"), False, str(damaged), _("run `loa flash` or `loa make-node`"))
    words = ", ".join(entry.label for entry in found)
    if board is None:
        return Finding(_("partitions"), None, words or _("none"))
    wanted = [(one.label, one.address, one.size) for one in board.partitions]
    fine = [(entry.label, entry.address, entry.size) for entry in found] == wanted
    return Finding(_("partitions"), fine, words or _("none"), "" if fine else _("not those of the board; run `loa make-node`"))


# From inside


def _from_inside(port: Port, progress: Progress) -> Generator[Finding, None, bool]:
    """Returns whether the board is a node at all."""
    progress.stage(_("taking the board over"))
    with taken_over(port.device, progress) as prompt:
        prompt.load("checks")
        yield _memory(prompt)
        try:
            wiring, config = prompt.ask("print(json.dumps(read('/board.json')))"), prompt.ask("print(json.dumps(read('/config.json')))")
        except BoardError:
            yield Finding(_("identity"), False, _("the board has no identity"), _("run `loa provision` or `loa make-node`"))
            return False
        yield from _buses(prompt, wiring)
        progress.stage(_("looking for networks"))
        joined = prompt.ask("join()")
        yield _joined(joined)
        yield _networks(prompt, config)
        if "name" in joined:
            yield from _reached(prompt, config)
    return True


def _memory(prompt: Prompt) -> Finding:
    free, idf, largest = prompt.ask("memory()")
    fine = free > _FREE_MIN
    words = _(
        "{free} KB free for programs, {idf} KB beside them, {largest} KB in one piece",
        free=free >> 10,
        idf=idf >> 10,
        largest=largest >> 10,
    )
    return Finding(
        _("memory"), fine, words, "" if fine else _("the chip has less than the application needs; is it the board that site.toml names?")
    )


def _buses(prompt: Prompt, wiring: dict[str, Any]) -> Iterator[Finding]:
    parts = {name: wiring.get(name) for name in ("codec", "battery_clock", "supply_sensor")}
    wanted = {name: part["address"] for name, part in parts.items() if part and part.get("address") is not None}
    found = prompt.ask("buses()")
    if found is None:
        yield Finding(_("codec"), None, _("has no registers to ask"))
        return
    for name, address in wanted.items():
        there = address in found
        words = _("answers at {address:#x}", address=address) if there else _("does not answer at {address:#x}", address=address)
        yield Finding(name.replace("_", " "), there, words, "" if there else _("check its supply and the wires SDA and SCL"))


def _networks(prompt: Prompt, config: dict[str, Any]) -> Finding:
    found = {name: strength for name, strength in prompt.ask("networks()") if name}
    ours = [name for name, _password in config["networks"]]
    near = {name: found[name] for name in ours if name in found}
    if not near:
        words = _("none of {wanted} is in reach; in reach: {found}", wanted=", ".join(ours) or "-", found=", ".join(found) or "-")
        return Finding("Wi-Fi", False, words, _("check the network's name in site.toml, the antenna, and whether the access point is on"))
    strongest = max(near.values())
    words = ", ".join(f"{name} {strength} dBm" for name, strength in near.items())
    return Finding("Wi-Fi", strongest > _WEAK_DBM, words, "" if strongest > _WEAK_DBM else _("weak; bring antenna or access point nearer"))


def _joined(joined: dict[str, Any]) -> Finding:
    if "name" in joined:
        return Finding(_("network"), True, f"{joined['name']}, {joined['address']}")
    said = ", ".join(f"{name}: {_why_not_joined(status)}" for name, status in joined["said"])
    return Finding(
        _("network"), False, said or _("the board knows no network"), _("check name and password in site.toml, then run `loa provision`")
    )


def _reached(prompt: Prompt, config: dict[str, Any]) -> Iterator[Finding]:
    host = config["broker"]["host"]
    yield _asked(
        prompt, _("name"), "names()", lambda found: (True, f"{host} {found}"), _("the name server does not know {host}", host=host)
    )
    yield _asked(prompt, _("clock"), "clock()", _time, _("look whether the station runs and UDP reaches it"))
    prompt.run(bare(sources()["node.link.tls"]))  # not the application's own: with the radio on there is no room for all of it
    yield _asked(
        prompt, _("broker"), "login(client_context)", _connack, _("look whether the broker runs, and its certificate is the site's")
    )


def _asked(prompt: Prompt, what: str, code: str, judge: Callable[[Any], tuple[bool | None, str]], hint: str) -> Finding:
    try:
        fine, words = judge(prompt.ask(code))
    except BoardError as error:
        return Finding(what, False, error.message, hint)
    return Finding(what, fine, words, "" if fine else hint)


def _time(told: list[Any]) -> tuple[bool | None, str]:
    by_server, _by_chip = told
    if by_server is None:
        return None, _("no time server answers")
    off = by_server - time.time()
    return abs(off) < _CLOCK_S, _("the time server is {seconds} s off this machine", seconds=f"{off:+.0f}")


def _connack(code: int) -> tuple[bool | None, str]:
    if code == 0:
        return True, _("lets the node in")
    return False, _("refuses the node: {reason}", reason=_why_refused(code))


def _why_refused(code: int) -> str:
    """MQTT 3.1.1, table 3.1."""
    reasons = {1: _("protocol"), 2: _("client id"), 3: _("the server is not ready"), 4: _("password"), 5: _("rights")}
    return reasons.get(code) or _("code {code}", code=code)


def _why_not_joined(status: int) -> str:
    """`network.STAT_*` of the ESP32 port, and what IDF gives beside them."""
    reasons = {
        200: _("its signal went"),
        201: _("not in reach"),
        202: _("wrong password"),
        203: _("refused"),
        204: _("wrong password"),
        1001: _("no answer in time"),
    }
    return reasons.get(status) or _("code {code}", code=status)


def _tone(port: Port, progress: Progress) -> Finding:
    """After a reset, since drivers are the application's, for which the radio leaves no room."""
    progress.stage(_("playing a tone"))
    try:
        with taken_over(port.device, progress) as prompt:
            prompt.load("checks")
            faults = prompt.ask(f"tone({_TONE_MS}, {_TONE_HZ})")
    except BoardError as error:
        return Finding(_("tone"), False, error.message, _("the application's drivers failed; run `loa make-node`"))
    if faults:
        return Finding(_("tone"), False, ", ".join(faults), _("check the wires of the codec"))
    return Finding(_("tone"), None, _("played for one second"), _("not heard? check amplifier, its supply and the loudspeaker"))
