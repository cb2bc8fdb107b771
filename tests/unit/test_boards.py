"""Descriptions of boards: those that we have, the mistakes that are named, a new one made by following the guide, and the hashes of runtime images."""

import hashlib
import json
import re
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from loa import firmware
from loa.boards import check_folder, load_board, notes
from loa.boards import lock as locking
from loa.boards.load import _pins
from loa.boards.lock import lock
from loa.cli.app import app
from loa.errors import InvalidFile, LoaError
from loa.firmware import board_names
from loa.progress import Silent
from loa.provision.image import build_image
from loa.sim.boards import stand_in
from loa.site import load_site

ROOT = Path(__file__).resolve().parents[2]
PLAIN, CODEC, LAN, CLOCKED = "generic-esp32-max98357a", "louder-esp32", "wt32-eth01-pcm5102a", "esp32-lyrat"


@pytest.mark.parametrize("name", board_names())
def test_a_board_holds_together_and_its_page_names_its_pins(name):
    board = load_board(name)
    page = (firmware.BOARDS / name / "README.md").read_text()
    numbers = set(re.findall(r"\d+", page))
    for place, pin, _drives in _pins(board):
        assert str(pin) in numbers, f"{name}: {'.'.join(map(str, place))} = {pin} is not in its README.md"
    assert "10 kOhm" in page or "always on" in page or "nothing can be soldered" in page
    assert not board.verified
    assert set(board.for_node(name)) >= {"board", "uplinks", "rate", "buffers", "codecs", "i2s", "master_clock"}


@pytest.mark.parametrize("name", board_names())
def test_what_nobody_hashed_has_no_hash(name):
    runtime = load_board(name).runtime
    assert (runtime.sha256 == "") == (runtime.bytes == 0)


@pytest.mark.parametrize(
    ("name", "old", "new", "said"),
    [
        (
            PLAIN,
            'chip = "esp32"',
            'chip = "esp23"',
            r"board.toml:\d+: chip: not one of the allowed values; found 'esp23'.*did you mean \"esp32",
        ),
        (
            PLAIN,
            'chip = "max98357a"',
            'chip = "max98357"',
            r"audio\.codec\.chip: no driver knows it; found 'max98357'; allowed: .*did you mean",
        ),
        (
            PLAIN,
            "rates = [24000,",
            "rates = [11025,",
            r"audio\.rates\[0\]: not promised by the data sheet of max98357a; found 11025; allowed: .*48000",
        ),
        (PLAIN, "sck = 26", "sck = 25", r"audio\.amplifier\.pin: audio\.i2s\.sck uses this pin already; found 25"),
        (PLAIN, "sck = 26", "sck = 34", r"audio\.i2s\.sck: this pin can only listen; found 34"),
        (PLAIN, "sck = 26", "sck = 6", r"audio\.i2s\.sck: esp32 has no such pin for a board; found 6"),
        (PLAIN, "psram_mb = 0", "psram_mb = 4\nledd = 3", r"ledd: no such setting"),
        (
            PLAIN,
            "[[partitions]]",
            '[button]\npin = 0\npressed = 0\nsource = "vendor schematic"\nverified = false\n\n[[partitions]]',
            r"button\.pin: held at power-up, it starts the chip's serial loader instead of the node; found 0",
        ),
        (PLAIN, "verified = false", "", r"audio\.i2s\.verified: is missing"),
        (PLAIN, 'source = "the project\'s choice of a free pin"', 'source = "me"', r"audio\.amplifier\.source"),
        (
            PLAIN,
            "offset = 0x1000",
            "offset = 0x0",
            r"runtime\.offset: not where esp32 looks for its boot loader; found '0x0'; allowed: 0x1000",
        ),
        (PLAIN, 'march = "xtensawin"', 'march = "rv32imc"', r"runtime\.march: not what runs on esp32"),
        (PLAIN, 'version = "1.23.0"', 'version = "1.24.0"', r"runtime\.version: not the version in the name of the image"),
        (PLAIN, 'sha256 = ""', 'sha256 = "' + "0" * 64 + '"', r"runtime\.sha256: stands there with `bytes` or not at all"),
        (PLAIN, 'sha256 = ""', 'sha256 = "abc"', r"runtime\.sha256"),
        (PLAIN, 'label = "journal"', 'label = "jurnal"', r'there is no partition "journal"'),
        (
            PLAIN,
            'size = 0x60000\nformat = "littlefs"',
            "size = 0x60000",
            r'partitions\[4\]\.format: partition "app" has format = "littlefs"',
        ),
        (
            PLAIN,
            "bulletin_seconds = 110",
            "bulletin_seconds = 200",
            r'bulletin_seconds: more than three quarters of .*"data": at most 113; found 200',
        ),
        (PLAIN, 'uplinks = ["wlan"]', 'uplinks = ["wlan", "lan"]', r'lan: is needed for the uplink "lan"'),
        (PLAIN, 'chip = "max98357a"', 'chip = "max98357a"\nlevel = -3', r"audio\.codec\.level: nothing can be set in max98357a"),
        (PLAIN, 'chip = "max98357a"', 'chip = "max98357a"\naddress = 0x10', r"audio\.codec\.address: max98357a has no such thing"),
        (
            CODEC,
            "address = 0x2D",
            "address = 0x2A",
            r"audio\.codec\.address: not where this chip answers; found '0x2a'; allowed: 0x2c, 0x2d, 0x2e, 0x2f",
        ),
        (CODEC, "address = 0x2D\n", "", r"audio\.codec\.address: is missing; tas5805m needs it"),
        (CODEC, "enable = 33", "enable = 16", r"audio\.codec\.enable: this pin belongs to the PSRAM; found 16"),
        (CODEC, "analogue_gain = 0 ", "analogue_gain = 0.3 ", r"audio\.codec\.analogue_gain"),
        (CODEC, "rates = [32000,", "rates = [24000,", r"audio\.rates\[0\]: not promised by the data sheet of tas5805m; found 24000"),
        (
            CODEC,
            "[i2c]",
            '[battery_clock]\nchip = "ds3213"\naddress = 0x68\n\n[i2c]',
            r"battery_clock\.chip: no driver knows it.*did you mean \"ds3231\"",
        ),
        (
            CODEC,
            "[i2c]",
            '[supply_sensor]\nchip = "ina226"\naddress = 0x2D\nshunt_milliohm = 10\n\n[i2c]',
            r"audio\.codec answers there already",
        ),
        (
            CLOCKED,
            'source = "clk-out1"\npin = 0',
            'source = "clk-out1"\npin = 1',
            r"master_clock\.pin: CLK_OUT1 carries I2S unit 0 and leaves by GPIO 0",
        ),
        (
            CLOCKED,
            'source = "clk-out1"',
            'source = "any-pin"',
            r"master_clock\.source: es8388 on esp32 cannot use it; found 'any-pin'; allowed: clk-out1",
        ),
        (
            CLOCKED,
            'outputs = ["out1", "out2"]',
            'outputs = ["out3"]',
            r"audio\.codec\.outputs\[0\]: no output of this chip; found 'out3'.*did you mean",
        ),
        (LAN, "sck = 14", "sck = 25", r"lan: audio\.i2s\.sck uses this pin already"),
        (LAN, 'chip = "esp32"', 'chip = "esp32s3"', r"lan: only the ESP32 has an Ethernet controller"),
    ],
)
def test_mistakes_are_named_with_line_value_and_what_may_stand_there(tmp_path, name, old, new, said):
    folder = tmp_path / name
    shutil.copytree(firmware.BOARDS / name, folder)
    description = folder / "board.toml"
    text = description.read_text()
    assert old in text
    description.write_text(text.replace(old, new, 1))
    with pytest.raises(InvalidFile, match=said) as refused:
        check_folder(folder)
    assert all(re.match(rf"{re.escape(str(description))}:\d+: ", line) for line in refused.value.mistakes)


def test_a_board_without_its_page_or_description(tmp_path):
    folder = tmp_path / PLAIN
    shutil.copytree(firmware.BOARDS / PLAIN, folder)
    (folder / "README.md").unlink()
    with pytest.raises(InvalidFile, match=r"there is no README.md with the wiring"):
        check_folder(folder)
    with pytest.raises(LoaError, match="cannot be read"):
        check_folder(tmp_path)
    with pytest.raises(LoaError, match=r'there is no board "esp32-lirat"\ndid you mean "esp32-lyrat"'):
        load_board("esp32-lirat")


def test_a_site_cannot_have_a_rate_that_its_board_cannot_play():
    board = load_board(CODEC)
    assert board.for_node(CODEC, rate=48000)["rate"] == 48000
    with pytest.raises(LoaError, match=r"cannot play 24000 samples a second\nit can play 32000, 44100, 48000"):
        board.for_node(CODEC, rate=24000)


def test_a_site_file_says_which_boards_can_play_its_rate(tmp_path):
    text = (ROOT / "host_tools" / "loa" / "demo" / "site.toml").read_text()
    changed = text.replace('board = "generic-esp32-wrover-max98357a"', f'board = "{CODEC}"', 1)
    assert changed != text
    site = tmp_path / "site.toml"
    site.write_text(changed)
    with pytest.raises(
        InvalidFile,
        match=rf"site.toml:\d+: nodes\.[\w-]+\.board: cannot play .* 24000, only 32000, 44100, 48000; found '{CODEC}'; allowed: .*{PLAIN}",
    ):
        load_site(site)


@pytest.mark.parametrize("name", board_names())
def test_the_cache_never_outgrows_the_partition(name):
    board = load_board(name)
    for rate in board.audio.rates:
        assert board.cache_bytes(rate) <= 0.75 * board.partition("data").size


def test_a_board_made_by_following_the_guide_works_at_first_try(tmp_path, monkeypatch):
    guide = (ROOT / "docs" / "boards.md").read_text()
    (description,) = re.findall(r"```toml\n(.*?)```", guide, re.S)
    folder = tmp_path / "example"
    folder.mkdir()
    (folder / "board.toml").write_text(description)
    (folder / "README.md").write_text("# Example\n")
    told = CliRunner().invoke(app, ["boards", "check", str(folder)])
    assert told.exit_code == 0, told.output
    monkeypatch.setattr(firmware, "BOARDS", tmp_path)
    board = load_board("example")
    assert board.for_node("example")["codec"] == {"driver": "es8311", "address": 0x18, "level": -6}
    assert len(build_image(board, {})) == 8 << 20
    assert any("not yet heard" in said for said in notes(board))
    assert "example" in CliRunner().invoke(app, ["boards", "list"]).output


def test_what_a_board_without_psram_cannot_do_is_told():
    assert any("without PSRAM" in said for said in notes(load_board(PLAIN)))
    assert not any("without PSRAM" in said for said in notes(load_board(CLOCKED)))
    told = json.loads(CliRunner().invoke(app, ["boards", "list", "--json"]).output)
    assert {name for name, board in told.items() if not board["psram_mb"]} == {PLAIN, LAN}


def test_commands_say_mistakes_and_go_on(tmp_path):
    folder = tmp_path / PLAIN
    shutil.copytree(firmware.BOARDS / PLAIN, folder)
    description = folder / "board.toml"
    description.write_text(description.read_text().replace("sck = 26", "sck = 25"))
    told = CliRunner().invoke(app, ["boards", "check", str(folder), CODEC])
    assert told.exit_code == 3
    assert "uses this pin already" in told.output and f"{CODEC}: no mistakes" in told.output


def _board_with(tmp_path, name=PLAIN):
    folder = tmp_path / name
    shutil.copytree(firmware.BOARDS / name, folder)
    image = tmp_path / "image.bin"
    image.write_bytes(stand_in.image(load_board(name).chip))
    return folder, image


def test_lock_writes_what_it_hashed_and_nothing_else(tmp_path):
    folder, image = _board_with(tmp_path)
    before = (folder / "board.toml").read_text()
    sha256 = hashlib.sha256(image.read_bytes()).hexdigest()
    locked = lock(folder, tmp_path / "cache", Silent(), image)
    assert (locked.sha256, locked.bytes, locked.changed) == (sha256, image.stat().st_size, True)
    after = (folder / "board.toml").read_text()
    changed = [(old, new) for old, new in zip(before.splitlines(), after.splitlines(), strict=True) if old != new]
    assert [new.split("#")[0].strip() for _, new in changed] == [f'sha256 = "{sha256}"', f"bytes = {image.stat().st_size}"]
    assert check_folder(folder).runtime.locked
    assert not lock(folder, tmp_path / "cache", Silent(), image).changed


def test_lock_refuses_an_image_that_changed_or_is_none(tmp_path):
    folder, image = _board_with(tmp_path)
    lock(folder, tmp_path / "cache", Silent(), image)
    before = (folder / "board.toml").read_text()
    image.write_bytes(image.read_bytes() + b"\xff")
    with pytest.raises(LoaError, match=r"no longer what was locked(.|\n)*nothing was changed"):
        lock(folder, tmp_path / "cache", Silent(), image)
    image.write_bytes(b"no image")
    with pytest.raises(LoaError, match="no whole image"):
        lock(folder, tmp_path / "cache", Silent(), image)
    image.write_bytes(stand_in.image("esp32s3"))
    with pytest.raises(LoaError):
        lock(folder, tmp_path / "cache", Silent(), image)
    assert (folder / "board.toml").read_text() == before


def test_lock_needs_its_lines(tmp_path):
    folder, image = _board_with(tmp_path)
    description = folder / "board.toml"
    description.write_text(re.sub(r"^sha256 .*\n", "", description.read_text(), flags=re.M))
    with pytest.raises(LoaError, match="there is no line for sha256"):
        lock(folder, tmp_path / "cache", Silent(), image)


def test_the_commands_speak_json(tmp_path):
    folder, image = _board_with(tmp_path)
    listed = json.loads(CliRunner().invoke(app, ["boards", "list", "--json"]).stdout)
    assert list(listed) == board_names() and listed[CODEC]["rates"] == [32000, 44100, 48000] and not listed[CODEC]["verified"]
    told = json.loads(CliRunner().invoke(app, ["boards", "check", "--json"]).stdout)
    assert told["ok"] and list(told["notes"]) == board_names()
    locked = json.loads(CliRunner().invoke(app, ["boards", "lock", str(folder), "--image", str(image), "--json"]).stdout)
    assert locked[PLAIN]["changed"] and locked[PLAIN]["sha256"] == hashlib.sha256(image.read_bytes()).hexdigest()


def test_lock_with_one_image_is_for_one_board(tmp_path):
    _, image = _board_with(tmp_path)
    told = CliRunner().invoke(app, ["boards", "lock", "--image", str(image)])
    assert told.exit_code == 2 and "--image is for one board" in told.output


def test_what_cannot_be_fetched_is_said_and_the_others_are_locked(tmp_path, monkeypatch):
    folder, image = _board_with(tmp_path)
    other = tmp_path / CODEC
    shutil.copytree(firmware.BOARDS / CODEC, other)

    def fetch(url, name, sha256, cache, progress):
        if "SPIRAM" in url:
            raise LoaError(f"{url}: no network", "run it again", 6)
        return image

    monkeypatch.setattr(locking, "fetch", fetch)
    told = CliRunner().invoke(app, ["boards", "lock", str(other), str(folder)])
    assert told.exit_code == 6
    assert "no network" in told.output and f"{PLAIN} " in told.output
    assert check_folder(folder).runtime.locked and not check_folder(other).runtime.locked
