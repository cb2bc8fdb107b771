"""A small site with its keys, made once for all tests of one process that need one."""

from functools import cache
from pathlib import Path
from tempfile import mkdtemp

from loa.keys import Keyring
from loa.site import Site, load_site

SITE_FILE = Path(__file__).parents[1] / "host_tools" / "loa" / "demo" / "site.toml"
AREA = "son-la/moc-chau"
STATION = "moc-chau"
BOARD = "generic-esp32"


@cache
def site() -> Site:
    return load_site(SITE_FILE, [BOARD])


@cache
def keyring() -> Keyring:
    """Keys are only read by the tests that share them."""
    ring = Keyring(Path(mkdtemp(prefix="loa-keys-")))
    ring.ensure(site())
    return ring
