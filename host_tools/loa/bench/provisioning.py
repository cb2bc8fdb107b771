"""The second half of making a node, on a board that runs: gives it what makes it this node, by its prompt, and sends only what it does not have.

Files are replaced one by one, each in one step, so that a cable which is pulled leaves old or new ones; but for an application that is too large to stand
beside the old one.
"""

import base64
import hashlib
import zlib
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

from loa.bench.making import Bench, contents, first_word
from loa.bench.prompt import Prompt, taken_over
from loa.boards import load_board
from loa.flash.errors import BoardError
from loa.flash.ports import Port
from loa.language import _
from loa.progress import Progress
from loa.provision.disk import Files
from loa.provision.slot import ARCHITECTURES

_PIECE = 4096
_KEPT = "data"  # what stands there is newer than what the bench has
_WHO = """
import json, sys, machine, binascii
from esp32 import Partition
print(json.dumps([binascii.hexlify(machine.unique_id(), ":").decode(), sys.implementation._mpy >> 10, list(sys.implementation[1][:3]),
    [p.info()[4] for p in Partition.find(Partition.TYPE_DATA)]]))
"""


class NotFlashed(BoardError):
    """A board without our partitions."""

    def __init__(self, lacking: list[str]) -> None:
        super().__init__(
            _("the board has no partition {labels}", labels=", ".join(lacking)),
            _("nothing was written; run `loa flash` or `loa make-node` first"),
        )


@dataclass(frozen=True)
class OnBoard:
    """What a running board says of itself."""

    mac: str
    march: str | None
    version: str
    partitions: list[str]


@dataclass(frozen=True)
class Provisioned:
    """`sent`: files as partition and path; `state`: the node's first word, None if nobody waited for it."""

    node: str
    mac: str
    sent: tuple[str, ...]
    state: dict[str, Any] | None


def provision(bench: Bench, port: Port, node_id: str, progress: Progress) -> Provisioned:
    """Give the board on a port the identity and application of a node. Raises `LoaError`; the same call again goes on."""
    kind = bench.site.nodes[node_id].board
    progress.stage(_("taking the board over"))
    with ExitStack() as under_way:
        with taken_over(port.device, progress) as prompt:
            board = ask_who(prompt)
            lacking = [one.label for one in load_board(kind).partitions if one.format and one.label not in board.partitions]
            if lacking:
                raise NotFlashed(lacking)
            attempt = under_way.enter_context(bench.inventory.attempt(board.mac, kind, [node_id], port.location, bench.again))
            files = contents(bench.site, bench.keyring, node_id, bench.services(node_id), board.march)
            sent = send(prompt, files, progress)
            if bench.newcomers is not None:
                bench.newcomers.expect(node_id)
        state = first_word(bench, node_id, progress)
        attempt.versions = {"runtime": board.version, "application": (state or {}).get("version")}
    return Provisioned(node_id, board.mac, sent, state)


def ask_who(prompt: Prompt) -> OnBoard:
    """Who the board at a prompt is."""
    mac, architecture, version, partitions = prompt.ask(_WHO)
    return OnBoard(mac, ARCHITECTURES.get(architecture), ".".join(map(str, version)), partitions)


def send(prompt: Prompt, files: Mapping[str, Files], progress: Progress) -> tuple[str, ...]:
    """Send what differs on the board; returns that."""
    prompt.load("files")
    progress.stage(_("comparing"))
    wanted = [(label, name) for label, held in files.items() for name in _lacking(prompt, label, held)]
    total, done = sum(len(files[label][name]) for label, name in wanted), 0
    for label, name in wanted:
        progress.stage(_("writing {what}", what=f"{label}/{name}"))
        content = files[label][name]
        prompt.run(f"begin({label!r}, {name!r}, {len(content)})")
        for start in range(0, len(content), _PIECE):
            piece = content[start : start + _PIECE]
            prompt.run(f"take({base64.b64encode(zlib.compress(piece, 9))!r})")
            done += len(piece)
            progress.advance(done, total)
        prompt.run("end()")
    return tuple(f"{label}/{name}" for label, name in wanted)


def _lacking(prompt: Prompt, label: str, held: Files) -> list[str]:
    """Names of files that the board has not, or in another form; of those which nodes change themselves only those that it has not."""
    names = sorted(held)
    found = prompt.run(f"digests({label!r}, {names!r})").split("\n")
    return [
        name
        for name, digest in zip(names, found, strict=False)
        if not digest or (label != _KEPT and digest != hashlib.sha256(held[name]).hexdigest())
    ]
