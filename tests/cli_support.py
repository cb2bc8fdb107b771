"""The `loa` command as a test calls it: a site in a folder of its own, and what came out."""

import json
from pathlib import Path
from typing import Any

from host_support import SITE_FILE, keyring
from typer.testing import CliRunner

from loa.cli.app import app
from loa.station.places import FOLDER, Places

_UNSET = dict.fromkeys(("LOA_SITE", "LOA_FOLDER", "LOA_STATION", "LOA_SIM", "LOA_DEBUG", "LOA_PASSPHRASE", "LOA_ROOT"))

_ENGLISH = dict.fromkeys(("LOA_LANG", "LANGUAGE"), "en")


class Desk:
    """A folder with a `site.toml`, whose keys are those that all tests share unless `own_keys`."""

    def __init__(self, folder: Path, own_keys: bool = False) -> None:
        self.folder = folder
        self.site = folder / "site.toml"
        self.places = Places(folder / FOLDER)
        text = SITE_FILE.read_text(encoding="utf-8")
        self.site.write_text(text if own_keys else text.replace('keys = "keys"', f'keys = "{keyring().folder}"'), encoding="utf-8")

    def edit(self, old: str, new: str) -> None:
        """Change the site's description."""
        text = self.site.read_text(encoding="utf-8")
        assert old in text
        self.site.write_text(text.replace(old, new), encoding="utf-8")

    def line(self, text: str) -> int:
        """Number of the line on which a text stands in it."""
        return 1 + next(number for number, line in enumerate(self.site.read_text(encoding="utf-8").splitlines()) if text in line)

    def loa(self, *arguments: str | Path, code: int = 0) -> "Output":
        """Run a command that takes --site, and check its exit code."""
        return run(*arguments, "--site", self.site, code=code)


class Output:
    """What a command printed."""

    def __init__(self, stdout: str, stderr: str) -> None:
        self.stdout = stdout
        self.stderr = stderr

    @property
    def json(self) -> Any:
        """The one JSON value on stdout."""
        return json.loads(self.stdout)


def run(*arguments: str | Path, code: int = 0) -> Output:
    """Run `loa` and check its exit code."""
    result = CliRunner().invoke(app, [str(one) for one in arguments], env={**_UNSET, **_ENGLISH}, prog_name="loa")
    assert result.exit_code == code, f"{result.exit_code}: {result.output}\n{result.exception!r}"
    return Output(result.stdout, result.stderr)
