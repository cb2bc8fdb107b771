"""Keeps the newest signed document of each kind and audience as it came, so that a node that boots without a network knows its plan.

A document counts from the moment it is put; it lies in RAM until there is silence to write it. Which document is newer, and whether it is
genuine, is decided before and again after `load`: flash is no more trusted than the network.
"""

import asyncio

from micropython import const

from node.bus.limits import DOCUMENT_BYTES_MAX
from node.bus.topics import AREA_TYPES, COMMAND, NODE_TYPES, chain, node_audience
from node.refusal import AUDIENCE, OVERSIZED, Refused
from node.store import files
from node.store.again import whenever

_LOOK_MS = const(50)


class Shelf:
    """Documents of the areas above `area` (a hamlet) and of the node itself; there is no place for any other, so it cannot grow.

    A document that cannot be written stays in RAM and is tried again.
    """

    def __init__(self, folder, gate, area, node_id):
        self._folder = folder
        self._gate = gate
        self._areas = chain(area)
        self._own = node_audience(node_id)
        self._unsaved = {}
        self._put = asyncio.Event()

    async def load(self):
        """At boot: clean up, and list `(kind, audience)` of the stored documents, to be had one by one by `take`: all at once might not fit into memory.

        Documents of areas the node has left are removed.
        """
        stored = []
        wanted = {file_name(kind, audience): (kind, audience) for kind, audience in self._places()}
        for name in await files.prepare(self._gate, self._folder):
            if name in wanted:
                stored.append(wanted[name])
            else:
                await files.remove(self._gate, self._folder + "/" + name)
        return stored

    async def take(self, kind, audience):
        """At boot: a stored document, None where its file was damaged, which is then removed."""
        try:
            return self.get(kind, audience)
        except files.Damaged:
            await files.remove(self._gate, self._path(kind, audience))
            return None

    def put(self, kind, audience, raw):
        """Take `raw` (bytes) as the newest of its place. Raises Refused AUDIENCE or OVERSIZED."""
        if not self._has(kind, audience):
            raise Refused(AUDIENCE, "no place for {} of {}".format(kind, audience))
        if len(raw) > DOCUMENT_BYTES_MAX:
            raise Refused(OVERSIZED, "{} bytes".format(len(raw)))
        self._unsaved[(kind, audience)] = raw
        self._put.set()

    def get(self, kind, audience):
        """The newest raw document, or None. Raises `files.Damaged`."""
        place = (kind, audience)
        if place in self._unsaved:
            return self._unsaved[place]
        return files.read(self._path(kind, audience), DOCUMENT_BYTES_MAX) if self._has(kind, audience) else None

    async def save(self):
        """Write what lies in RAM, each document in silence; returns when all is stored. Raises OSError."""
        while self._unsaved:
            place = next(iter(self._unsaved))
            raw = self._unsaved[place]
            await files.replace(self._gate, self._path(*place), raw)
            if self._unsaved.get(place) is raw:  # no newer one came while this was written, and nobody else wrote it
                del self._unsaved[place]

    async def wait_saved(self):
        """Return when nothing is left for `run` to write."""
        while self._unsaved:
            await asyncio.sleep_ms(_LOOK_MS)

    def run(self):
        """Task: write documents whenever some have been put."""
        return whenever(self._put, self.save, "documents:")

    def _places(self):
        """(kind, audience) of everything that there is a place for."""
        for audience in self._areas:
            for kind in AREA_TYPES:
                yield kind, audience
        for kind in NODE_TYPES:
            if kind != COMMAND:
                yield kind, self._own

    def _has(self, kind, audience):
        return (kind, audience) in self._places()

    def _path(self, kind, audience):
        return self._folder + "/" + file_name(kind, audience)


def file_name(kind, audience):
    """Under which name the shelf keeps a document."""
    return kind + "." + audience.replace("/", ".")
