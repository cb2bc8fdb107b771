"""Reads a `board.toml` and checks what no single setting can know: that chips, pins, clocks, partitions and runtime fit together."""

from collections.abc import Iterator
from pathlib import Path

from loa import firmware
from loa.boards.chips import BATTERY_CLOCKS, CLK_OUT1, CODECS, PROCESSORS, PSRAM_PINS, SUPPLY_SENSORS, Codec, spoken
from loa.boards.model import DATA_SHARE, Board
from loa.errors import LoaError, suggestion
from loa.language import _
from loa.site.lines import Place
from loa.site.mistakes import Mistakes, read_toml

DESCRIPTION = "board.toml"
GUIDE = "README.md"
_NEEDED = {"nvs": None, "phy_init": None, "factory": None, "vfs": "littlefs", "app": "littlefs", "journal": None, "data": "littlefs"}
_APPLICATION = 0x10000  # where every stock image has it
_JOURNAL_MIN = 0x10000

_Use = tuple[Place, int, bool]  # where a pin is named, its number, whether it drives something


def load_board(name: str) -> Board:
    """The board of that folder name. Raises `LoaError` if there is none and `InvalidFile` if its description has mistakes."""
    return check_folder(board_folder(name))


def board_folder(name: str) -> Path:
    """The folder of a board among those of loa. Raises `LoaError` if there is none."""
    folder = firmware.BOARDS / name
    if not (folder / DESCRIPTION).is_file():
        names = firmware.board_names()
        raise LoaError(
            _('there is no board "{name}"', name=name), suggestion(name, names) or _("the boards are: {names}", names=", ".join(names))
        )
    return folder


def check_folder(folder: Path) -> Board:
    """The board in a folder. Raises `InvalidFile` with every mistake, as `file:line: ...`."""
    board, mistakes = read_toml(folder / DESCRIPTION, Board)
    _check_codec(board, mistakes)
    _check_chips(board, mistakes)
    _check_pins(board, mistakes)
    _check_uplinks(board, mistakes)
    _check_runtime(board, mistakes)
    _check_partitions(board, mistakes)
    if not (folder / GUIDE).is_file():
        mistakes.add((), _("there is no {GUIDE} with the wiring beside it", GUIDE=GUIDE))
    mistakes.raise_any()
    return board


def notes(board: Board) -> list[str]:
    """What a person should know of a board that has no mistakes."""
    chip = CODECS[board.audio.codec.chip]
    said = [said for rate in board.audio.rates if (said := rate_note(board, rate))]
    if board.lean:
        said.append(_("without PSRAM memory is scarce: no MP3, live only without TLS, and no more than an emulated chip has run it"))
    if not board.verified:
        said.append(_("not yet heard on hardware: verified = false"))
    if not board.runtime.locked:
        said.append(_("the runtime image is not locked: nobody has hashed it; `loa boards lock` does"))
    if board.audio.amplifier is None and not chip.enabled:
        said.append(_("no pin switches the amplifier: it can pop when the power comes on"))
    return said


def rate_note(board: Board, rate: int) -> str:
    """What the data sheet of a board's codec has against a rate in samples a second; empty if nothing."""
    codec = board.audio.codec.chip
    if rate in CODECS[codec].excluded:
        return _("{rate} samples a second: the data sheet of {chip} excludes it", rate=rate, chip=codec)
    return ""


def _check_codec(board: Board, mistakes: Mistakes) -> None:
    place: Place = ("audio", "codec")
    codec = board.audio.codec
    chip = CODECS.get(codec.chip)
    if chip is None:
        mistakes.add((*place, "chip"), _("no driver knows it"), codec.chip, CODECS)
        return
    _check_belongs(chip, board, mistakes)
    if chip.addresses and codec.address is not None and codec.address not in chip.addresses:
        mistakes.add((*place, "address"), _("not where this chip answers"), f"{codec.address:#x}", spoken(chip.addresses, "#x"))
    for number, output in enumerate(codec.outputs or []):
        if chip.outputs and output not in chip.outputs:
            mistakes.add((*place, "outputs", number), _("no output of this chip"), output, chip.outputs)
    for number, rate in enumerate(board.audio.rates):
        if rate not in chip.rates + chip.excluded:
            mistakes.add(
                ("audio", "rates", number), _("not promised by the data sheet of {chip}", chip=codec.chip), rate, map(str, chip.rates)
            )
    clock = board.audio.master_clock
    allowed = [source for source in chip.clocks if source in PROCESSORS[board.chip].clocks]
    if clock.source not in allowed:
        mistakes.add(
            ("audio", "master_clock", "source"),
            _("{chip} on {chip2} cannot use it", chip=codec.chip, chip2=board.chip),
            clock.source,
            allowed,
        )
    elif (clock.pin is not None) != (clock.source != "bit-clock"):
        mistakes.add(("audio", "master_clock", "pin"), _("is needed for a clock that leaves by a pin and for no other"))
    elif clock.source == CLK_OUT1 and (clock.pin != 0 or board.audio.i2s.unit != 0):
        mistakes.add(("audio", "master_clock", "pin"), _("CLK_OUT1 carries I2S unit 0 and leaves by GPIO 0"), clock.pin, ["0"])


def _check_belongs(chip: Codec, board: Board, mistakes: Mistakes) -> None:
    """Settings that the chip needs and has, and others that it has not."""
    codec = board.audio.codec
    wants = {"address": bool(chip.addresses), "outputs": bool(chip.outputs), "enable": chip.enabled, "source": bool(chip.addresses)}
    for setting, wanted in wants.items():
        there = getattr(codec, setting) is not None
        if wanted and not there:
            mistakes.add(("audio", "codec", setting), _("is missing; {chip} needs it", chip=codec.chip))
        if there and not wanted and setting != "source":
            mistakes.add(("audio", "codec", setting), _("{chip} has no such thing", chip=codec.chip))
    if not chip.addresses and codec.level:
        mistakes.add(
            ("audio", "codec", "level"), _("nothing can be set in {chip}: its pins and the site's volume_ceiling do it", chip=codec.chip)
        )


def _check_chips(board: Board, mistakes: Mistakes) -> None:
    """Chips on I2C: known, at an address of theirs, no two at one, and a bus to reach them by."""
    taken: dict[int, str] = {}
    for setting, known in (("battery_clock", BATTERY_CLOCKS), ("supply_sensor", SUPPLY_SENSORS)):
        one = getattr(board, setting)
        if one and one.chip not in known:
            mistakes.add((setting, "chip"), _("no driver knows it"), one.chip, known)
        elif one and one.address not in known[one.chip]:
            mistakes.add((setting, "address"), _("not where this chip answers"), f"{one.address:#x}", spoken(known[one.chip], "#x"))
    for place, address in (
        (("audio", "codec"), board.audio.codec.address),
        (("battery_clock",), board.battery_clock.address if board.battery_clock else None),
        (("supply_sensor",), board.supply_sensor.address if board.supply_sensor else None),
    ):
        if address is None:
            continue
        if board.i2c is None:
            mistakes.add(place, _("is on I2C, and there is no [i2c] with its pins"))
        other = taken.setdefault(address, ".".join(place))
        if other != ".".join(place):
            mistakes.add((*place, "address"), _("{other} answers there already", other=other), f"{address:#x}")


def _pins(board: Board) -> Iterator[_Use]:
    i2s, codec, clock = board.audio.i2s, board.audio.codec, board.audio.master_clock
    for name in ("sck", "ws", "sd"):
        yield ("audio", "i2s", name), getattr(i2s, name), True
    if codec.enable is not None:
        yield ("audio", "codec", "enable"), codec.enable, True
    if clock.pin is not None:
        yield ("audio", "master_clock", "pin"), clock.pin, True
    if board.audio.amplifier:
        yield ("audio", "amplifier", "pin"), board.audio.amplifier.pin, True
    if board.i2c:
        yield ("i2c", "sda"), board.i2c.sda, True
        yield ("i2c", "scl"), board.i2c.scl, True
    if board.lan:
        for name, drives in (("mdc", True), ("mdio", True), ("power", True), ("ref_clk", board.lan.ref_clk_mode == "out")):
            if getattr(board.lan, name) is not None:
                yield ("lan", name), getattr(board.lan, name), drives
        for pin in (19, 21, 22, 25, 26, 27):  # RMII data of the ESP32 (Technical Reference Manual, IO_MUX): fixed
            yield ("lan",), pin, True
    if board.button:
        yield ("button", "pin"), board.button.pin, False


def _check_pins(board: Board, mistakes: Mistakes) -> None:
    processor = PROCESSORS[board.chip]
    users: dict[int, str] = {}
    for place, pin, drives in _pins(board):
        if pin not in processor.pins:
            mistakes.add(place, _("{chip} has no such pin for a board", chip=board.chip), pin, spoken(processor.pins))
        elif drives and pin not in processor.outputs:
            mistakes.add(place, _("this pin can only listen"), pin, spoken(processor.outputs))
        elif board.psram_mb and pin in PSRAM_PINS.get(board.chip, ()):
            mistakes.add(place, _("this pin belongs to the PSRAM"), pin)
        user = users.setdefault(pin, ".".join(map(str, place)))
        if user != ".".join(map(str, place)):
            mistakes.add(place, _("{user} uses this pin already", user=user), pin)
    if board.button and board.button.pin == processor.download:
        mistakes.add(("button", "pin"), _("held at power-up, it starts the chip's serial loader instead of the node"), board.button.pin)


def _check_uplinks(board: Board, mistakes: Mistakes) -> None:
    for number, uplink in enumerate(board.uplinks):
        if uplink in board.uplinks[:number]:
            mistakes.add(("uplinks", number), _("named twice"), uplink)
    if ("lan" in board.uplinks) != (board.lan is not None):
        mistakes.add(("lan",), _('is needed for the uplink "lan" and for nothing else'))
    if board.lan and board.chip != "esp32":
        mistakes.add(("lan",), _("only the ESP32 has an Ethernet controller"), board.chip, ["esp32"])


def _check_runtime(board: Board, mistakes: Mistakes) -> None:
    runtime, processor = board.runtime, PROCESSORS[board.chip]
    if runtime.march != processor.march:
        mistakes.add(("runtime", "march"), _("not what runs on {chip}", chip=board.chip), runtime.march, [processor.march])
    if runtime.offset != processor.offset:
        mistakes.add(
            ("runtime", "offset"),
            _("not where {chip} looks for its boot loader", chip=board.chip),
            f"{runtime.offset:#x}",
            [f"{processor.offset:#x}"],
        )
    if not runtime.url.endswith("/" + runtime.image):
        mistakes.add(("runtime", "url"), _('does not end with the name of the image, "{image}"', image=runtime.image), runtime.url)
    if f"-v{runtime.version}.bin" not in runtime.image:
        mistakes.add(("runtime", "version"), _('not the version in the name of the image, "{image}"', image=runtime.image), runtime.version)
    if bool(runtime.sha256) != bool(runtime.bytes):
        mistakes.add(("runtime", "sha256"), _("stands there with `bytes` or not at all: `loa boards lock` fills in both"))


def _check_partitions(board: Board, mistakes: Mistakes) -> None:
    labels = [partition.label for partition in board.partitions]
    for label, kind in _NEEDED.items():
        if label not in labels:
            mistakes.add(("partitions",), _('there is no partition "{label}"', label=label))
        elif board.partition(label).format != kind:
            said = f'format = "{kind}"' if kind else "no format"
            mistakes.add(
                ("partitions", labels.index(label), "format"),
                _('partition "{label}" has {said}', label=label, said=said),
                board.partition(label).format,
            )
    end = 0
    for number, partition in sorted(enumerate(board.partitions), key=lambda one: one[1].address):
        if labels.index(partition.label) != number:
            mistakes.add(("partitions", number, "label"), _("a second partition of this name"), partition.label)
        if partition.address < end:
            mistakes.add(("partitions", number), _('partition "{label}" overlaps the one before it', label=partition.label))
        end = partition.address + partition.size
    if end > board.flash_bytes:
        mistakes.add(
            ("partitions",),
            _("partitions end at {end:#x}, beyond the flash of {flash_bytes:#x} bytes", end=end, flash_bytes=board.flash_bytes),
        )
    if "factory" in labels and board.partition("factory").address != _APPLICATION:
        mistakes.add(
            ("partitions", labels.index("factory"), "address"),
            _("the image's application lies at {APPLICATION:#x}", APPLICATION=_APPLICATION),
        )
    if "journal" in labels and board.partition("journal").size < _JOURNAL_MIN:
        mistakes.add(
            ("partitions", labels.index("journal"), "size"), _("the journal needs {JOURNAL_MIN:#x} bytes", JOURNAL_MIN=_JOURNAL_MIN)
        )
    if "data" in labels:
        wanted = board.storage.bulletin_seconds * board.audio.rates[0] * 512 // 1017
        room = int(board.partition("data").size * DATA_SHARE)
        if wanted > room:
            most = room * 1017 // 512 // board.audio.rates[0]
            mistakes.add(
                ("storage", "bulletin_seconds"),
                _('more than three quarters of the partition "data": at most {most}', most=most),
                board.storage.bulletin_seconds,
            )
