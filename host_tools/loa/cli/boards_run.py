"""The command that runs virtual boards: bare ESP32s whose serial ports the commands of the bench reach with --sim."""

import hashlib
from typing import Annotated

import typer

from loa.boards import load_board
from loa.cli import output
from loa.cli.place import JsonOption, Place, at_simulated
from loa.cli.signals import terminable, until_ended
from loa.errors import EXIT_USAGE, LoaError
from loa.language import _
from loa.sim.boards import plugged


@at_simulated
def board(
    place: Place,
    count: Annotated[int, typer.Option(min=1, max=64, help="How many.")] = 1,
    kind: Annotated[str | None, typer.Option("--board", show_default="as the site's first node", help="Which kind of board.")] = None,
    bare: Annotated[bool, typer.Option("--bare", help="Begin with erased flash, not with what was left in it.")] = False,
    seconds: Annotated[float | None, typer.Option(min=0, show_default="until Ctrl-C", help="How long.")] = None,
    json: JsonOption = False,
) -> None:
    """Plug in virtual boards until Ctrl-C: a ROM loader behind a serial port; what is flashed into them boots with this machine's MicroPython.

    `loa make-node --sim` in another terminal makes nodes of them, while `loa sim` runs the commune they join.
    """
    from loa.sim.boards.board import VirtualBoard  # has no place on Windows
    from loa.sim.runtime import find_runtime

    runtime = find_runtime()
    if not runtime.is_micropython:
        raise LoaError(runtime.says, _("virtual boards run MicroPython; install it"), EXIT_USAGE)
    described = load_board(kind or next(iter(place.site.nodes.values())).board)
    folder = place.places.boards
    boards = {f"sim-{number}": _mac(number) for number in range(1, count + 1)}
    running = {}
    with terminable():
        try:
            for location, mac in boards.items():
                home = folder / location
                made = VirtualBoard(home, described.chip, described.flash_bytes, mac, runtime)
                if bare:
                    made.flash.erase(0, made.flash.size)
                running[location] = made
                plugged.announce(folder, location, made.plug())
                _say(location, made.url, json)
            until_ended(seconds, lambda: None)
        finally:
            for location, made in running.items():
                plugged.withdraw(folder, location)
                made.unplug()


def _say(location: str, url: str, json: bool) -> None:
    if json:
        output.as_json({"place": location, "port": url})
    else:
        output.results().print(_("board {place} at {port}", place=location, port=url))


def _mac(number: int) -> bytes:
    """Locally administered, and the same for the same board."""
    return bytes([0x26]) + hashlib.sha256(f"board {number}".encode()).digest()[:5]
