"""Every board that has a codec, from its `board.toml` to what one hears: the node's own drivers on the models of the chips that it names."""

import asyncio
import sys
from pathlib import Path

import pytest
from model_ac101 import Ac101
from model_bus import Bus
from model_es8311 import Es8311
from model_es8388 import Es8388
from model_machine import Machine
from model_pins import Esp32Memory
from model_sound import Clocks, Loudspeaker
from model_tas5805m import Tas5805m

sys.path.append(str(Path(__file__).resolve().parents[1] / "node"))

from support_time import VirtualClock

from loa.boards import load_board
from loa.firmware import board_names
from node.drivers.fitted import Fitted

MODELS = {"ac101": Ac101, "es8311": Es8311, "es8388": Es8388, "tas5805m": Tas5805m}
WITH_CODEC = [(name, rate) for name in board_names() if load_board(name).i2c for rate in load_board(name).audio.rates]


class _Board:
    """The board's chips on its wires, as far as the node sees them."""

    def __init__(self, name, rate):
        self.wiring = load_board(name).for_node(name, rate=rate)
        self.clocks = Clocks(rate)
        self.codec = MODELS[self.wiring["codec"]["driver"]](self.clocks, self.wiring["codec"]["address"])
        switch = self.wiring.get("amplifier")
        self.speaker = Loudspeaker(self.codec, self.clocks, bool(switch)) if hasattr(self.codec, "rest") else None
        self.memory = Esp32Memory()
        wired = {switch["pin"]: self.speaker} if switch else {}
        if "enable" in self.wiring["codec"]:
            wired[self.wiring["codec"]["enable"]] = self.codec.pdn
        machine = Machine(Bus(self.codec), self.memory, wired)
        self.fitted = Fitted(self.wiring, machine, object())
        self.time = VirtualClock()
        self.time.devices += [self.clocks, self.codec]

    async def play(self):
        self.clocks.start()
        self.fitted.route_master_clock(self.wiring["i2s"]["unit"])
        if self.memory.clock_on_gpio0() == f"i2s{self.wiring['i2s']['unit']}":
            self.clocks.master = 256 * self.clocks.rate  # I2S_MCLK_MULTIPLE_256, the port's default
        await asyncio.sleep_ms(20)
        await self.fitted.output.on(self.clocks.rate)
        heard = self.speaker.hears() if self.speaker else self.codec.hears()
        self.fitted.output.off()
        await asyncio.sleep_ms(40)
        self.clocks.stop()
        return heard


@pytest.mark.parametrize(("name", "rate"), WITH_CODEC)
def test_what_is_played_is_heard(name, rate):
    board = _Board(name, rate)
    heard = board.time.run(board.play())
    assert heard["rate"] == rate and heard["bits"] == 16
    assert set(heard["outputs"].values()) == {load_board(name).audio.codec.level}
    if "outputs" in board.wiring["codec"]:
        assert set(heard["outputs"]) == set(board.wiring["codec"]["outputs"])
    if "amplifier" in board.wiring or board.speaker is None:
        assert (board.speaker or board.codec).pops == []
