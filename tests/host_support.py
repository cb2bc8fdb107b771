"""What the host's tests share: a small site with its keys, made once a process, and something to play."""

import wave
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

import numpy as np

from loa.keys import Keyring
from loa.site import Site, load_site

SITE_FILE = Path(__file__).parents[1] / "host_tools" / "loa" / "demo" / "site.toml"
AREA = "son-la/moc-chau"
STATION = "moc-chau"
BOARD = "generic-esp32-wrover-max98357a"


@cache
def site() -> Site:
    return load_site(SITE_FILE, [BOARD])


@cache
def keyring() -> Keyring:
    """Keys are only read by the tests that share them."""
    ring = Keyring(Path(mkdtemp(prefix="loa-keys-")))
    ring.ensure(site())
    return ring


def speech_like(seconds: float, path: Path, peak: float = 0.3) -> Path:
    """A WAV file of gated noise and tone, 22,050 Hz stereo: neither the rate nor the channels of a node."""
    rate = 22050
    time = np.arange(round(seconds * rate)) / rate
    noise = np.random.default_rng(1).normal(0, 0.2, len(time))
    sound = (np.sin(2 * np.pi * 300 * time) + noise) * (0.3 + 0.7 * (np.sin(2 * np.pi * 3 * time) > 0))
    sound *= peak / np.abs(sound).max()
    with wave.open(str(path), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(np.repeat((sound * 32767).astype("<i2"), 2).tobytes())
    return path
