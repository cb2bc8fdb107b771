"""A slot's archive: what is found in it, what is read, and what is refused when it is opened."""

import struct

from support_store import Disk

from archive import key, show
from mounting import open_archive

CONTENTS = {"node/app.mpy": b"application", "node/link/tls.mpy": b"t" * 1000, "names.mpy": b"", "node/apple.mpy": b"other"}
DISKS = []  # the one that is mounted


def test_members_and_folders_are_found():
    archive = opened(CONTENTS)
    assert archive.stat("/node/link/tls.mpy") == (0x8000, 0, 0, 0, 0, 0, 1000, 0, 0, 0)
    assert archive.stat("/names.mpy")[6] == 0
    assert [archive.stat(folder)[0] for folder in ("/node", "node/link/")] == [0x4000, 0x4000]


def test_what_is_not_there_is_said_to_be_not_there():
    archive = opened(CONTENTS)
    for path in ("/nod", "/node/ap", "/node/app.mpy/x", "/names", "/link", "/node/link/tls"):
        assert refusal(lambda path=path: archive.stat(path)) == "OSError", path
    assert refusal(lambda: archive.open("/node", "rb")) == "OSError"
    assert refusal(lambda: archive.open("/names.mpy", "wb")) == "OSError"


def test_one_name_stands_for_whatever_member_is_shown():
    archive = opened(CONTENTS)
    for member in ("node/app.mpy", "names.mpy", "node/link/tls.mpy"):
        show(member)
        stream, there = archive.open("/overlay.mpy", "rb"), CONTENTS[member]
        read = bytearray(len(there))
        assert stream.readinto(read) == len(there) == archive.stat("overlay.mpy")[6] and read == there
    show("none.mpy")
    assert refusal(lambda: archive.open("/overlay.mpy", "rb")) == "OSError"


def test_members_are_read_side_by_side():
    archive = opened(CONTENTS)
    streams = [archive.open(name, "rb") for name in ("/node/app.mpy", "/node/link/tls.mpy")]
    read = [b"", b""]
    for _ in range(200):
        for place, stream in enumerate(streams):
            piece = bytearray(7)
            read[place] += piece[: stream.readinto(piece)]
    assert read == [b"application", b"t" * 1000]


def test_names_with_one_key_are_told_apart():
    seen = {}
    for number in range(5000):
        name = "member{}".format(number)
        if key(name.encode()) in seen:
            break
        seen[key(name.encode())] = name
    first = seen[key(name.encode())]
    archive = opened({first: b"the first", name: b"and the other"})
    assert [archive.stat(member)[6] for member in (first, name)] == [9, 13]
    assert refusal(lambda: opened({first: b""}).stat(name)) == "OSError"


def test_a_name_is_found_with_one_read_and_missed_without_any():
    archive = opened({"folder/member{}".format(number): b"content" for number in range(90)})
    archive.file = file = Counted(archive.file)
    archive.stat("folder/member89")
    assert file.reads == 1
    missed = [name for name in ("names", "names.py", "node", "x") if key(name.encode()) not in archive_keys(archive)]
    for name in missed:
        refusal(lambda name=name: archive.stat(name))
    assert missed and file.reads == 1


def test_what_is_no_whole_archive_is_refused():
    whole = zipped(CONTENTS)
    for damaged in (b"", whole[:-1], whole.replace(b"PK\x01\x02", b"PK\x01\x03")):
        assert refusal(lambda damaged=damaged: opened_bytes(damaged)) == "ValueError"
    assert refusal(lambda: opened_bytes(zipped(CONTENTS, method=8))) == "ValueError"
    assert refusal(lambda: opened({"n" * 200 + str(number): b"" for number in range(300)})) == "ValueError"


class Counted:
    """A file whose reads are counted."""

    def __init__(self, file):
        self._file = file
        self.seek = file.seek
        self.reads = 0

    def readinto(self, buffer):
        self.reads += 1
        return self._file.readinto(buffer)


def archive_keys(archive):
    """The keys of all that is in it."""
    index = archive._index
    return [index[at : at + 2] for at in range(0, len(index), 4)]


def refusal(call):
    """Name of the error that `call` raises."""
    try:
        call()
    except Exception as error:
        return type(error).__name__
    return ""


def opened(contents):
    return opened_bytes(zipped(contents))


def opened_bytes(content):
    for disk in DISKS:
        disk.close()
    DISKS[:] = [Disk()]
    DISKS[0].boot()
    path = DISKS[0].path + "/a.zip"
    with open(path, "wb") as file:
        file.write(content)
    return open_archive(path)


def zipped(contents, method=0):
    """A ZIP archive (PKWARE APPNOTE 4.3)."""
    members, directory = b"", b""
    for name, content in contents.items():
        sizes = struct.pack("<III", 0, len(content), len(content))
        common = struct.pack("<HHHHH", 20, 0, method, 0, 0) + sizes
        directory += b"PK\x01\x02" + struct.pack("<H", 20) + common
        directory += struct.pack("<HHHHHII", len(name), 0, 2, 0, 0, 0, len(members)) + name.encode() + b"!!"
        members += b"PK\x03\x04" + common + struct.pack("<HH", len(name), 3) + name.encode() + b"ext" + content
    end = struct.pack("<HHHHIIH", 0, 0, len(contents), len(contents), len(directory), len(members), 0)
    return members + directory + b"PK\x05\x06" + end
