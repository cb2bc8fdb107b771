"""Decides at power-up whether the node's own page is opened instead of the application. A network that is lost later never opens it."""

import json
import os
import time

from micropython import const

from node.store import networks

_CONFIG = "config.json"
_POWER = "power"  # see `Board.cause`
_HELD_MS = const(1_000)  # a finger, not a disturbance on a long wire
_LOOK_MS = const(20)


def wanted(board):
    """True after power-up on a node with a radio, if it never had a network or its button is held. Looks at the button for a second if it is pressed."""
    if board.cause() != _POWER or "wlan" not in [name for name, _ in board.uplinks]:
        return False
    return _never_had_a_network(board) or _is_held(board.button)


def _never_had_a_network(board):
    if _CONFIG not in os.listdir(board.root or "/"):
        return False  # not a node yet: the application says so
    with open(board.root + "/" + _CONFIG) as file:
        return not json.load(file)["networks"] and not networks.chosen(board.data)


def _is_held(button):
    """`button()`: True while it is pressed; None for a board without one."""
    if button is None:
        return False
    started = time.ticks_ms()
    while time.ticks_diff(time.ticks_ms(), started) < _HELD_MS:
        if not button():
            return False
        time.sleep_ms(_LOOK_MS)
    return True
