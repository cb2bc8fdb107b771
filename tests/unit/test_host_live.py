"""A live stream and its listeners, without HTTP."""

import asyncio
import time
from pathlib import Path

from host_support import speech_like

from loa.station import wav
from loa.station.live import LiveStream


def test_who_comes_as_a_stream_ends_hears_that_it_is_over(tmp_path: Path) -> None:
    """The answer to a listener's request takes its time, and the stream may end meanwhile."""

    async def heard() -> list[bytes]:
        stream = LiveStream(str(speech_like(1, tmp_path / "live.wav")), wav.PCM16, 24000, int(time.time()))
        await stream.run()
        listener = stream.join()
        return [block async for block in listener.blocks()]

    assert asyncio.run(asyncio.wait_for(heard(), 20))


def test_a_listener_begins_with_no_more_than_it_can_hold(tmp_path: Path) -> None:
    async def begun(ahead: int | None) -> list[bytes]:
        stream = LiveStream(str(speech_like(1, tmp_path / "live.wav")), wav.IMA_ADPCM, 24000, int(time.time()))
        await stream.run()
        return [block async for block in stream.join(ahead).blocks()]

    whole, held, none = (asyncio.run(asyncio.wait_for(begun(ahead), 20)) for ahead in (None, 5 * 512 + 511, 100))
    assert len(whole) > 10 and held == whole[-5:] and none == []
