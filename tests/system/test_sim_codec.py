"""A simulated node whose board has a codec on I2C: the real `board.json`, drivers and master clock route, on the model of the chip."""

from pathlib import Path

from boot_support import WAIT_S, board, both, image

from loa.sim.soldered import soldered

MODELS = Path(__file__).resolve().parents[1] / "models"
BOARD = "esp32-lyrat"
PLAY = """
import asyncio
from loa.sim.esp32 import fitting

async def play(board):
    flag = asyncio.ThreadSafeFlag()
    for _ in range(2):
        i2s = board.i2s(board.rate, 8 * 512)
        i2s.irq(lambda _: flag.set())
        i2s.write(bytes(8 * 512))
        await flag.wait()
        try:
            await board.amplifier.on(board.rate)
        except OSError as error:
            print('refused:', error)
        print('heard:', fitting.chips(0) and sorted(fitting.chips(0)[0].hears().items()))
        board.watchdog.feed()
        board.amplifier.off()
        await asyncio.sleep_ms(50)
        i2s.deinit()
    print('faults:', board.fitted.faults())
    print('played')

def main(board):
    asyncio.run(play(board))
"""


def _log(loa_node, on, **chips):
    """What a LyraT says that plays twice. Its button is not pressed: the resistor beside it holds the pin up."""
    described = board(BOARD)
    flash = image(PLAY, on, name=BOARD)
    node = loa_node(flash, on.name)
    node.install(flash, soldered(described, described.audio.rates[0]) | chips)
    node.start()
    node.wait_for("^played$", WAIT_S)
    return node.log()


@both
def test_an_es8388_is_heard_twice_over(loa_node, on):
    log = _log(loa_node, on, models={"name": "soldered_es8388", "folder": str(MODELS)})
    heard = [line for line in log.splitlines() if line.startswith("heard:")]
    assert heard == ["heard: [('bits', 16), ('outputs', {'out1': 0.0, 'out2': 0.0}), ('rate', 24000)]"] * 2
    assert "faults: []" in log


@both
def test_a_node_whose_codec_does_not_answer_says_so_and_goes_on(loa_node, on):
    log = _log(loa_node, on)
    assert log.count("refused: no es8388 answers on I2C at 0x10") == 2
    assert "faults: ['es8388-absent']" in log
