"""The station's audio: takes a recording in, makes the variants that nodes play, and keeps each file under its own SHA-256.

A bulletin's audio has a name of the officer's choice and may be there in several languages. Files are never changed; taking a recording in
again under the same name makes new ones, and what was signed before stays playable. A file goes when neither a recording nor the record names it.
"""

import hashlib
import os
import re
import time
import unicodedata
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from loa.errors import EXIT_INVALID, LoaError, suggestion
from loa.firmware import topics
from loa.keys import base64url
from loa.language import _
from loa.site.model import Audio
from loa.station import forms, mp3, passthrough, wav
from loa.station.database import Database
from loa.station.decode import decoded_file
from loa.station.loudness import Loudness, measure, normalised

_TITLE_BYTES_MAX = 96
_SPARED_S = 86400  # after a file was last named: somebody may be about to
_NAME_MAX = 32


def name_of(path: Path) -> str:
    """A bulletin's name made of a file's: `Bản tin sáng.mp3` gives `ban-tin-sang`."""
    plain = unicodedata.normalize("NFD", path.stem.lower().replace("đ", "d")).encode("ascii", "ignore").decode()
    return re.sub("[^a-z0-9]+", "-", plain).strip("-")[:_NAME_MAX].strip("-") or "audio"


@dataclass(frozen=True)
class Recording:
    """One language of a bulletin's audio; loudness as measured in what nodes get."""

    name: str
    language: str
    title: str
    ms: int
    lufs: float
    peak_dbtp: float


class AudioStore:
    """Recordings in the database, files in a folder."""

    def __init__(self, database: Database, folder: Path, policy: Audio) -> None:
        self._database = database
        self._folder = folder
        self._policy = policy
        folder.mkdir(parents=True, exist_ok=True)

    def add(self, path: Path, name: str, language: str, title: str | None = None) -> Recording:
        """Take a recording in. Raises `LoaError` for what is no audio, is silent, or has an impossible name; then nothing changes."""
        if not topics.is_segment(name):
            raise LoaError(_('"{name}" cannot be the name of a bulletin', name=name), _("use 1 to 32 of a-z, 0-9 and -"), EXIT_INVALID)
        shown = title or path.stem
        if len(shown.encode()) > _TITLE_BYTES_MAX:
            raise LoaError(
                _('the title "{shown}" is too long', shown=shown),
                _("at most {TITLE_BYTES_MAX} bytes in UTF-8", TITLE_BYTES_MAX=_TITLE_BYTES_MAX),
                EXIT_INVALID,
            )
        policy = self._policy
        sound = decoded_file(path, policy.rate)
        if not np.any(np.abs(sound) > 1 / 32768):
            raise LoaError(_("{path}: is silent from beginning to end", path=path), _("check the recording"), EXIT_INVALID)
        as_it_is = self._passed_on(path, sound) if mp3.MP3 in policy.codecs else None
        sound = normalised(sound, policy.rate, policy.loudness_lufs, policy.true_peak_dbtp)
        heard = measure(sound, policy.rate)
        samples = wav.padded(np.clip(np.rint(sound * 32767), -32768, 32767).astype(np.int16))
        ms = len(samples) * 1000 // policy.rate
        variants = [
            (codec, *self._store(codec, as_it_is if as_it_is and codec == mp3.MP3 else forms.file(codec, samples, policy.rate)))
            for codec in policy.codecs
        ]
        recording = Recording(name, language, shown, ms, heard.lufs, heard.peak_dbtp)
        with self._database.transaction() as rows:
            for row in self._database.rows("SELECT sha256 FROM variant WHERE name = ? AND language = ?", name, language):
                self._spare(self.file(row["sha256"]))
            rows.execute("DELETE FROM audio WHERE name = ? AND language = ?", (name, language))
            rows.execute(
                "INSERT INTO audio VALUES (?, ?, ?, ?, ?, ?)",
                (name, language, shown, max(heard.lufs, -99.0), heard.peak_dbtp, int(time.time())),
            )
            rows.executemany(
                "INSERT INTO variant VALUES (?, ?, ?, ?, ?, ?, ?)",
                [(name, language, codec, policy.rate, ms, size, sha256) for codec, size, sha256 in variants],
            )
        return recording

    def names(self) -> list[str]:
        """All bulletins' names."""
        return [row["name"] for row in self._database.rows("SELECT DISTINCT name FROM audio ORDER BY name")]

    def recordings(self) -> list[Recording]:
        """All recordings, by name and language."""
        rows = self._database.rows(
            "SELECT audio.*, max(ms) AS ms FROM audio JOIN variant USING (name, language) GROUP BY name, language ORDER BY name, language"
        )
        return [Recording(row["name"], row["language"], row["title"], row["ms"], row["lufs"], row["peak_dbtp"]) for row in rows]

    def bulletin(self, name: str, importance: str) -> dict[str, Any]:
        """The BULLETIN record of a name in a class. Raises `LoaError` with a suggestion if there is none."""
        rows = self._database.rows("SELECT * FROM variant WHERE name = ? ORDER BY language, codec", name)
        if not rows:
            known = self.names()
            raise LoaError(
                _('there is no audio named "{name}"', name=name),
                suggestion(name, known) or _("take it in with `loa add`; there is: ") + ", ".join(known),
                EXIT_INVALID,
            )
        title = self._database.rows("SELECT title FROM audio WHERE name = ? ORDER BY added DESC", name)[0]["title"]
        fields = ("codec", "rate", "ms", "bytes", "sha256", "language")
        return {"class": importance, "title": title, "variants": [{field: row[field] for field in fields} for row in rows]}

    def file(self, sha256: str) -> Path | None:
        """The file whose SHA-256 that is, or None. Anything else than a SHA-256 in base64url has none."""
        if len(sha256) != 43 or not all(letter.isalnum() or letter in "-_" for letter in sha256):
            return None
        paths = (self._folder / f"{sha256}{suffix}" for suffix in forms.SUFFIXES)
        return next((path for path in paths if path.is_file()), None)

    def forget_files(self, named: Iterable[str]) -> None:
        """Remove the files that no recording is made of and whose SHA-256 is not among `named`, a day after they were named last."""
        with self._database.transaction():
            kept = {*named, *(row["sha256"] for row in self._database.rows("SELECT sha256 FROM variant"))}
            before = time.time() - _SPARED_S
            for path in self._folder.iterdir():
                with suppress(FileNotFoundError):  # what another process is just writing gets its name
                    if path.name.partition(".")[0] not in kept and path.stat().st_mtime < before:
                        path.unlink()

    @staticmethod
    def _spare(path: Path | None) -> None:
        if path is not None:
            os.utime(path, (time.time(),) * 2)

    def _passed_on(self, path: Path, sound: NDArray[np.float32]) -> bytes | None:
        """What was handed in, where nodes play it as it is."""
        policy = self._policy
        wanted = Loudness(policy.loudness_lufs, policy.true_peak_dbtp)
        return passthrough.fit(path, policy.rate, len(sound) / policy.rate, measure(sound, policy.rate), wanted)

    def _store(self, codec: str, content: bytes) -> tuple[int, str]:
        """Size and SHA-256 of the file, which is on disk when this returns."""
        sha256 = base64url.encode(hashlib.sha256(content).digest())
        path = self._folder / f"{sha256}{forms.suffix(codec)}"
        if not path.exists():
            new = path.with_name(f"{path.name}.{os.getpid()}.new")
            with new.open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            new.replace(path)
        self._spare(path)
        return len(content), sha256
