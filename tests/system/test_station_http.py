"""The station's HTTP, live streams and time, with no broker at all: documents, files and streams must not need one."""

import asyncio
import hashlib
import ssl
import struct
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import numpy as np
import pytest
from host_support import speech_like

from loa.errors import LoaError
from loa.firmware import topics
from loa.keys import base64url
from loa.station import wav
from loa.station.live import Listener, LiveStream, LiveStreams
from loa.station.service import Service
from loa.station.station import Station
from loa.station.timeserver import answer
from loa.testing import Commune

AREA = "son-la/moc-chau"
STATION = "moc-chau"
NOBODY = "mqtts://localhost:1"
DEADLINE_S = 20


@asynccontextmanager
async def serving(commune: Commune, audio: dict[str, object]) -> AsyncIterator[tuple[Station, aiohttp.ClientSession]]:
    keyring, folder = commune.keyring, commune.places.folder
    keyring.ensure(commune.site)
    site = commune.site.model_copy(update={"audio": commune.site.audio.model_copy(update=audio)})
    station = Station(site, STATION, keyring, folder / "station")
    station.add_audio(speech_like(2, folder / "tin.wav"))
    tls = ssl.create_default_context(cadata=keyring.authority())
    async with Service(station, NOBODY), aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=tls)) as client:
        yield station, client
    station.close()


def run(commune: Commune, work: Callable[[Station, aiohttp.ClientSession], Awaitable[None]], **audio: object) -> None:
    async def all_of_it() -> None:
        async with asyncio.timeout(DEADLINE_S), serving(commune, audio) as (station, client):
            await work(station, client)

    asyncio.run(all_of_it())


def test_documents_with_etag(loa_commune: Commune) -> None:
    async def work(station: Station, client: aiohttp.ClientSession) -> None:
        station.sound(AREA, "chime")
        document = station.documents.current(topics.AIR, AREA)
        assert document is not None
        for base in (station.http_url, f"https://localhost:{station.https_port}"):
            url = base + topics.path_to(AREA, topics.AIR)
            async with client.get(url) as response:
                assert (response.status, response.content_type) == (200, "application/jose")
                assert await response.text() == document.raw
                tag = response.headers["ETag"]
            assert tag == f'"{document.revision}"'
            async with client.get(url, headers={"If-None-Match": tag}) as response:
                assert (response.status, await response.read()) == (304, b"")
        station.sound(AREA, "chime")
        async with client.get(url, headers={"If-None-Match": tag}) as response:
            assert response.status == 200
        for path in ("/v1/to/son-la/air", "/v1/to/x", "/v1/to/../../etc/passwd", f"/v1/to/{AREA}/plan", "/"):
            async with client.get(station.http_url + path) as response:
                assert response.status == 404, path

    run(loa_commune, work)


def test_files_with_range(loa_commune: Commune) -> None:
    async def work(station: Station, client: aiohttp.ClientSession) -> None:
        (variant, _) = station.audio.bulletin("tin", "normal")["variants"]
        url = f"{station.files_url}/{variant['sha256']}"
        async with client.get(url) as response:
            content = await response.read()
            assert (response.status, response.content_type, len(content)) == (200, "audio/wav", variant["bytes"])
        assert base64url.encode(hashlib.sha256(content).digest()) == variant["sha256"]
        async with client.get(url, headers={"Range": "bytes=1000-"}) as response:
            assert (response.status, await response.read()) == (206, content[1000:])
        async with client.get(url, headers={"Range": f"bytes={len(content)}-"}) as response:
            assert response.status == 416
        for name in ("a" * 43, "..%2Fstation.db", "x"):
            async with client.get(f"{station.files_url}/{name}") as response:
                assert response.status == 404

    run(loa_commune, work)


def test_live_is_joined_late_at_a_block_and_ends_with_its_source(loa_commune: Commune, tmp_path: Path) -> None:
    async def work(station: Station, client: aiohttp.ClientSession) -> None:
        name = station.live_start(AREA, str(speech_like(2.5, tmp_path / "live.wav")), codec=wav.IMA_ADPCM)
        url = station.live_url(name, "priority")
        assert url.startswith("https://")
        begun = time.monotonic()
        early = await joined(client, url)
        late = asyncio.create_task(after(0.5, joined(client, url)))
        whole = await early.read()
        assert time.monotonic() - begun > 1.0, "a live stream comes in real time"
        part = await (await late).read()
        header = wav.header(wav.IMA_ADPCM, 24000, None)
        assert whole.startswith(header)
        assert part.startswith(header)
        assert (len(whole) - len(header)) % wav.BLOCK_BYTES == 0
        assert whole.endswith(part[len(header) :])
        while station.orders.lives():
            await asyncio.sleep(0.05)
        async with client.get(url) as response:
            assert response.status == 404

    run(loa_commune, work)


async def joined(client: aiohttp.ClientSession, url: str, **headers: str) -> aiohttp.ClientResponse:
    """The response once the stream is on the air."""
    while True:
        response = await client.get(url, headers=headers)
        if response.status != 404:
            return response
        await asyncio.sleep(0.02)


async def after(seconds: float, work: Awaitable[aiohttp.ClientResponse]) -> aiohttp.ClientResponse:
    await asyncio.sleep(seconds)
    return await work


def test_who_says_how_much_it_can_hold_is_not_sent_more_at_once(loa_commune: Commune, tmp_path: Path) -> None:
    async def work(station: Station, client: aiohttp.ClientSession) -> None:
        name = station.live_start(AREA, str(speech_like(5, tmp_path / "live.wav")), codec=wav.PCM16)
        url = station.live_url(name, "priority")
        first = await joined(client, url)
        await first.content.readexactly(44 + 48_000)  # a second of it has gone by
        little, much = [await joined(client, url, Prefer=preference) for preference in ("ahead=4096", "respond-async")]
        begun = time.monotonic()
        await little.content.readexactly(44 + 36_000)
        took = time.monotonic() - begun
        await much.content.readexactly(44 + 36_000)
        assert took > 0.5 and time.monotonic() - begun < took + 0.1  # the other has had it all the while
        for response in (first, little, much):
            response.close()

    run(loa_commune, work, plain_live=True)


def test_live_with_titles_is_the_same_stream(loa_commune: Commune, tmp_path: Path) -> None:
    async def work(station: Station, client: aiohttp.ClientSession) -> None:
        name = station.live_start(AREA, str(speech_like(2.5, tmp_path / "live.wav")), codec=wav.PCM16)
        url = station.live_url(name, "priority")
        assert url.startswith("http://")
        titled = await joined(client, url, **{"Icy-MetaData": "1"})
        interval = int(titled.headers["icy-metaint"])
        content = await titled.read()
        audio, titles = b"", []
        while len(content) > interval:
            size = content[interval] * 16
            audio += content[:interval]
            titles.append(content[interval + 1 : interval + 1 + size].rstrip(b"\0").decode())
            content = content[interval + 1 + size :]
        assert titles[0] == f"StreamTitle='{name}';"
        assert set(titles[1:]) == {""}
        samples = np.frombuffer((audio + content)[44:], "<i2").astype(float)
        assert len(samples) % wav.BLOCK_SAMPLES == 0
        assert np.abs(samples).max() > 8000

    run(loa_commune, work, plain_live=True)


def test_live_stops_when_it_is_told_to_and_is_not_plain(loa_commune: Commune, tmp_path: Path) -> None:
    async def work(station: Station, client: aiohttp.ClientSession) -> None:
        name = station.live_start(AREA, str(speech_like(60, tmp_path / "live.wav")))
        response = await joined(client, station.live_url(name, "priority"))
        async with client.get(f"{station.http_url}/v1/live/{name}") as plain:
            assert plain.status == 403
        station.live_stop(name)
        await response.read()

    run(loa_commune, work)


def test_a_source_that_is_no_audio_ends_its_order(loa_commune: Commune, tmp_path: Path) -> None:
    async def work(station: Station, client: aiohttp.ClientSession) -> None:
        junk = tmp_path / "junk.mp3"
        junk.write_bytes(bytes(range(256)) * 10)
        station.live_start(AREA, str(junk))
        while station.orders.lives():
            await asyncio.sleep(0.05)
        document = station.documents.current(topics.AIR, AREA)
        assert document is not None
        assert document.body["orders"][0]["until"] < time.time() + 10

    run(loa_commune, work)


def test_a_slow_listener_loses_the_oldest_and_holds_nobody_up() -> None:
    listener = Listener([b"0"], 3)
    for block in (b"1", b"2", b"3", b"4", None):
        listener.put(block)

    async def heard() -> list[bytes]:
        return [block async for block in listener.blocks()]

    assert asyncio.run(heard()) == [b"3", b"4"]
    assert listener.lost == 3


def test_a_file_that_is_streamed_again_goes_on_where_it_would_be(tmp_path: Path) -> None:
    source = speech_like(3, tmp_path / "live.wav")

    async def blocks(started_before: int) -> list[bytes]:
        stream = LiveStream(str(source), wav.PCM16, 24000, int(time.time()) - started_before)
        listener = stream.join()
        running = asyncio.create_task(stream.run())
        heard = [block async for block in listener.blocks()]
        await running
        return heard

    assert len(asyncio.run(blocks(2))) <= 2 * 24000 // wav.BLOCK_SAMPLES


def test_streams_tell_their_end_once(tmp_path: Path) -> None:
    async def work() -> None:
        lives = LiveStreams(24000)
        lives.start("a", str(tmp_path / "none.wav"), wav.PCM16, int(time.time()))
        lives.start("a", "ignored, for it is on the air", wav.PCM16, 0)
        while not (ended := lives.ended()):
            await asyncio.sleep(0.01)
        ((name, error),) = ended
        assert name == "a"
        assert isinstance(error, LoaError)
        assert (lives.ended(), lives.names(), lives.get("a")) == ([], [], None)
        await lives.close()

    asyncio.run(work())


def test_the_time_is_told(loa_commune: Commune) -> None:
    class Client(asyncio.DatagramProtocol):
        def __init__(self) -> None:
            self.reply: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()

        def datagram_received(self, data: bytes, addr: object) -> None:
            self.reply.set_result(data)

    async def work(station: Station, _client: aiohttp.ClientSession) -> None:
        port = station.time_port
        assert port
        transport, client = await asyncio.get_running_loop().create_datagram_endpoint(Client, remote_addr=("127.0.0.1", port))
        transport.sendto(b"junk")
        transport.sendto(bytes([0x23]) + bytes(39) + b"mystamp!")
        reply = await client.reply
        transport.close()
        assert (reply[0], reply[1], reply[24:32]) == (0x24, 3, b"mystamp!")
        assert abs(struct.unpack_from(">I", reply, 40)[0] - 2208988800 - time.time()) < 5

    run(loa_commune, work)


def test_what_is_no_time_request_gets_no_answer() -> None:
    assert answer(b"", 0) is None
    assert answer(bytes([0x24]) + bytes(47), 0) is None
    reply = answer(bytes([0x1B]) + bytes(47), 1_500_000_000)
    assert reply is not None
    assert struct.unpack_from(">II", reply, 40) == (2208988801, 2**31)


def test_a_port_that_is_taken_is_said(loa_commune: Commune) -> None:
    async def work(station: Station, _client: aiohttp.ClientSession) -> None:
        with pytest.raises(LoaError, match="cannot be used"):
            await Service(station, NOBODY).start()

    run(loa_commune, work)
