"""What is soldered beside the chip, by the description of a board. For `SimulatedNode.install`."""

from typing import Any

from loa.boards import Board


def soldered(board: Board, rate: int) -> dict[str, Any]:
    """The amplifier's switch, the button's resistor and the memory beside the chip's own."""
    found: dict[str, Any] = {"rate": rate, "psram_mb": board.psram_mb}
    if amplifier := board.audio.amplifier:
        found["amplifier"] = {"pin": amplifier.pin, "on": amplifier.on}
    if board.button and board.button.pressed == 0:
        found["pull_ups"] = [board.button.pin]
    return found
