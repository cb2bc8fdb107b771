"""Notices that a site's description or its accounts have changed, so that what runs may follow without being started anew."""

from pathlib import Path

from loa.keys import Keyring
from loa.site.load import load_site
from loa.site.model import Site


class SiteWatch:
    """Looks at `site.toml` and at the keys folder. The first look tells nothing: it is what runs already."""

    def __init__(self, file: Path, keyring: Keyring) -> None:
        self._file = file
        self._keys = keyring.folder
        self._seen = self._stamp()

    def changed(self) -> Site | None:
        """The site as it is now if anything changed since the last look, else None. Raises `LoaError`, once, for a description with mistakes."""
        stamp = self._stamp()
        if stamp == self._seen:
            return None
        self._seen = stamp
        return load_site(self._file)

    def _stamp(self) -> frozenset[tuple[str, int]]:
        paths = [self._file, *self._keys.glob("server.pem"), *self._keys.glob("nodes/*"), *self._keys.glob("stations/*.password")]
        stamps = set()
        for path in paths:
            try:
                stamps.add((str(path), path.stat().st_mtime_ns))
            except FileNotFoundError:  # replaced just now
                continue
        return frozenset(stamps)
