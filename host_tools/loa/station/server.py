"""HTTP and HTTPS for nodes: the newest documents with ETag, audio files with Range, live streams with ICY metadata.

/v1/to/<area...>/<kind>   the compact JWS, for nodes whose broker is out of reach
/v1/audio/<sha256>        a WAV or MP3 file; its name is its hash, so it never changes
/v1/live/<name>           a WAV or MP3 stream without end; over plain HTTP only if the site allows it
"""

import re
import ssl
from collections.abc import AsyncIterator

from aiohttp import web

from loa.errors import EXIT_NETWORK, LoaError
from loa.firmware import topics
from loa.keys import Keyring
from loa.language import _
from loa.station import forms
from loa.station.audio import AudioStore
from loa.station.documents import Documents
from loa.station.live import LiveStreams

ICY_INTERVAL = 16000
_DOCUMENT_TYPE = "application/jose"


class Server:
    """The web server of one station."""

    def __init__(self, documents: Documents, audio: AudioStore, lives: LiveStreams, keyring: Keyring, plain_live: bool) -> None:
        self._documents = documents
        self._audio = audio
        self._lives = lives
        self._plain_live = plain_live
        self._tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        self._tls.load_cert_chain(keyring.server_file, keyring.server_key_file)
        self._application = web.Application()
        self._application.router.add_get(topics.HTTP_ROOT + "/to/{rest:.+}", self._document)
        self._application.router.add_get(topics.HTTP_ROOT + "/audio/{sha256}", self._file)
        self._application.router.add_get(topics.HTTP_ROOT + "/live/{name}", self._live, allow_head=False)
        self._runner = web.AppRunner(self._application, access_log=None, shutdown_timeout=1.0)

    async def start(self, http_port: int, https_port: int) -> None:
        """Listen on both ports. Raises `LoaError` if one is taken."""
        await self._runner.setup()
        for port, tls in ((http_port, None), (https_port, self._tls)):
            try:
                await web.TCPSite(self._runner, None, port, ssl_context=tls, reuse_address=True).start()
            except OSError as error:
                await self._runner.cleanup()
                raise LoaError(
                    _("port {port} cannot be used: {strerror}", port=port, strerror=error.strerror),
                    _("set the station's ports in site.toml"),
                    EXIT_NETWORK,
                ) from error

    async def stop(self) -> None:
        """Close all connections."""
        await self._runner.cleanup()

    async def _document(self, request: web.Request) -> web.StreamResponse:
        named = topics.parse_to(f"{topics.ROOT}/to/{request.match_info['rest']}")
        document = self._documents.current(named[1], named[0]) if named else None
        if document is None:
            raise web.HTTPNotFound(text="no such document\n")
        tag = f'"{document.revision}"'
        headers = {"ETag": tag, "Cache-Control": "no-cache"}
        if request.headers.get("If-None-Match") == tag:
            return web.Response(status=304, headers=headers)
        return web.Response(body=document.raw.encode(), content_type=_DOCUMENT_TYPE, headers=headers)

    async def _file(self, request: web.Request) -> web.StreamResponse:
        path = self._audio.file(request.match_info["sha256"])
        if path is None:
            raise web.HTTPNotFound(text="no such file\n")
        return web.FileResponse(
            path, headers={"Content-Type": forms.file_type(path.name), "Cache-Control": "public, max-age=31536000, immutable"}
        )

    async def _live(self, request: web.Request) -> web.StreamResponse:
        if not request.secure and not self._plain_live:
            raise web.HTTPForbidden(text="live streams are served over HTTPS here\n")
        name = request.match_info["name"]
        stream = self._lives.get(name)
        if stream is None:
            raise web.HTTPNotFound(text="nothing of that name is on the air\n")
        wants_title = request.headers.get("Icy-MetaData") == "1"
        response = web.StreamResponse(headers={"Content-Type": forms.content_type(stream.codec), "Cache-Control": "no-store"})
        if wants_title:
            response.headers["icy-metaint"] = str(ICY_INTERVAL)
        await response.prepare(request)
        listener = stream.join(_ahead(request.headers.get("Prefer", "")))
        try:
            pieces = _headed(stream.header, listener.blocks())
            async for piece in _with_title(pieces, name) if wants_title else pieces:
                await response.write(piece)
        except ConnectionError:  # the listener went away, which ends nothing but its own stream
            return response
        finally:
            stream.leave(listener)
        await response.write_eof()
        return response


def _ahead(preference: str) -> int | None:
    """How many bytes of a stream a listener can hold, if it says so (RFC 7240)."""
    found = re.fullmatch(rf"{topics.AHEAD}(\d{{1,9}})", preference.strip())
    return int(found[1]) if found else None


async def _headed(header: bytes, blocks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield header
    async for block in blocks:
        yield block


async def _with_title(pieces: AsyncIterator[bytes], title: str) -> AsyncIterator[bytes]:
    """The stream with a metadata block after every `ICY_INTERVAL` bytes: the title once, then empty ones."""
    text = f"StreamTitle='{title}';".encode()
    text += bytes(-len(text) % 16)
    metadata, room = bytes((len(text) // 16,)) + text, ICY_INTERVAL
    async for piece in pieces:
        start = 0
        while len(piece) - start >= room:
            yield piece[start : start + room] + metadata
            start, room, metadata = start + room, ICY_INTERVAL, b"\0"
        room -= len(piece) - start
        yield piece[start:]
