"""Recordings that a node is born with: urgent templates, so that a warning sounds even if the network is gone the moment it is wanted.

They lie where the node's cache keeps what it fetched, under their SHA-256; an order that names one finds it there.
"""

from collections.abc import Sequence

from loa.errors import EXIT_INVALID, LoaError
from loa.language import _
from loa.provision.disk import Files
from loa.station.audio import AudioStore

FOLDER = "bulletins"  # of the cache, in `data`
_BLOCK = 4096


def stored_ahead(audio: AudioStore, names: Sequence[str], language: str, codecs: Sequence[str], room: int) -> Files:
    """Files for `data`: of each recording the node's language, else all, in the first of its codecs that there is.

    `room`: bytes of flash that the node's cache may take. Raises `LoaError` for a name that there is not, or if they do not fit.
    """
    files: dict[str, bytes] = {}
    for name in names:
        variants = audio.bulletin(name, "urgent")["variants"]
        own = [one for one in variants if one["language"] == language] or variants
        for spoken in sorted({one["language"] for one in own}):
            forms = {one["codec"]: one for one in own if one["language"] == spoken}
            chosen = next((forms[codec] for codec in codecs if codec in forms), None)
            path = chosen and audio.file(chosen["sha256"])
            if chosen is None or path is None:
                raise LoaError(
                    _("{name} is in no form that this board plays", name=name), _("take it in again with `loa add`"), EXIT_INVALID
                )
            files[f"{FOLDER}/{chosen['sha256']}"] = path.read_bytes()
    needed = sum(-(-len(content) // _BLOCK) * _BLOCK for content in files.values())
    if needed > room:
        raise LoaError(
            _("{names} need {needed} KB, and the node keeps {room} KB", names=", ".join(names), needed=needed >> 10, room=room >> 10),
            _("store fewer or shorter ones"),
            EXIT_INVALID,
        )
    return files
