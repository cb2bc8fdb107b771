"""What all sockets of the board share: the path to the world, what happens to packets on it, and when they are passed on."""

import struct

from chip import CHIP
from clockwork import now_us, subscribe_between, unix_ns

from loa.sim.hardware import astray
from loa.sim.hardware.path import Path

_LOOK_US = 1_000  # how finely arrivals are told apart on a path with delays
_BEACON_US = 102_400  # a beacon interval of 100 time units (IEEE 802.11)


class _Ether:
    def __init__(self):
        self.path = None
        self.bare = True  # what `path` is with the figures that it was looked at with
        self.sockets = []
        self.closing = []  # closed by the program, but not all of it has left


_ETHER = _Ether()


def path():
    """The way to the world with the figures it has now; stalls and draws go on over a change of them."""
    world = CHIP.world
    if _ETHER.path is None:
        elapsed_us = (unix_ns() - world["began_ns"]) // 1_000 if world["began_ns"] else 0
        _ETHER.path = Path(world["path"], world["seed"], now_us() - elapsed_us)
        _ETHER.bare = _ETHER.path.bare
    if _ETHER.path.figures is not world["path"]:
        _ETHER.path.figures = world["path"]
        _ETHER.bare = _ETHER.path.bare
    return _ETHER.path


def is_swift():
    """True while what is sent arrives at once, so that nobody has to look after it."""
    if _ETHER.path is None or _ETHER.path.figures is not CHIP.world["path"]:
        path()
    return _ETHER.bare and not CHIP.radio_sleeps


def passes():
    """True while packets go through at all."""
    stalled_ns = CHIP.world["stalled_ns"]
    return CHIP.linked and (not stalled_ns or unix_ns() >= stalled_ns)


def add(socket):
    """Pass on what this one sends and is sent."""
    _ETHER.sockets.append(socket)


def close(socket):
    """The program needs it no more. What it sent still leaves, and while the link is cut the peer learns nothing."""
    if socket in _ETHER.sockets:
        _ETHER.sockets.remove(socket)
        _ETHER.closing.append(socket)
        _finish(now_us())


def pass_on():
    """Pass on everything that is due. Returns microseconds until it should be called again while the program sleeps; None: when it is asked."""
    if is_swift() and not _ETHER.closing:
        return None
    now = now_us()
    if passes():
        for socket in _ETHER.sockets:
            socket.pass_on(now)
    _finish(now)
    return _LOOK_US


def arrival(due_us):
    """`due_us`, or when the radio wakes after it: with modem sleep on, the access point keeps packets until a beacon."""
    return due_us + -due_us % _BEACON_US if CHIP.radio_sleeps else due_us


def port_of(address):
    """The port of a socket address."""
    return address[2] << 8 | address[3]


def door(address):
    """`address` to listen at, or the host's port in its place."""
    return _at(address, CHIP.world["doors"].get(str(port_of(address))))


def detoured(address):
    """`address`, or where a connection to it is led instead."""
    return _at(address, astray.detour(CHIP.world["detours"], port_of(address)))


def _at(address, port):
    if port is None:
        return address
    changed = bytearray(address)
    changed[2:4] = struct.pack(">H", port)
    return changed


def told_the_time(datagram, sender):
    """`datagram`, or the lie that a time server's answer has become."""
    return astray.told_the_time(CHIP.world["time_lie"], port_of(sender), datagram)


def _finish(now):
    if not _ETHER.closing or not passes():
        return
    for socket in _ETHER.closing:
        socket.pass_on(now)
        if not socket.has_unsent():
            socket.close_host()
    _ETHER.closing = [socket for socket in _ETHER.closing if socket.has_unsent()]


subscribe_between(pass_on)
