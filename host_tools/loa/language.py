"""The language in which `loa` speaks to people. A message is written in English where it is said, `_("no board {name}", name=name)`, and looked up here.

The catalogues lie in `locale/`; `tools/translations.py` makes and checks them. What programs read (JSON, keys, codes) is never translated.
"""

import gettext
import os
from functools import cache
from locale import getlocale
from pathlib import Path

LANGUAGES = ("en", "vi")
VARIABLE = "LOA_LANG"
DOMAIN = "loa"
FOLDER = Path(__file__).resolve().parent / "locale"

_VARIABLES = (VARIABLE, "LC_ALL", "LC_MESSAGES", "LANG")  # the first that is set decides, as POSIX has it (XBD 8.2)
_NAMES = {"english": "en", "vietnamese": "vi"}  # Windows names its locales so


def _(message: str, /, **values: object) -> str:
    """The message in the language of this process, its `{name}` fields filled with `values`."""
    text = _catalogue(current()).gettext(message) if message else ""
    return text.format(**values) if values else text


def current() -> str:
    """The language of this process: one of `LANGUAGES`, English if the environment names none of them."""
    for variable in _VARIABLES:
        if value := os.environ.get(variable):
            return known(value) or LANGUAGES[0]
    return known(getlocale()[0] or "") or LANGUAGES[0]


def use(language: str) -> None:
    """Speak this language from now on, in this process and in those that it starts. What typer itself says follows."""
    os.environ[VARIABLE] = language
    os.environ["LANGUAGE"] = language  # where `gettext` looks first
    gettext.bindtextdomain(DOMAIN, FOLDER)
    gettext.textdomain(DOMAIN)


def known(locale: str) -> str | None:
    """The language of a locale's name ("vi_VN.UTF-8", "vi", "Vietnamese_Vietnam.1258"), or None if `loa` does not speak it."""
    word = locale.partition(".")[0].replace("-", "_").partition("_")[0].lower()
    name = _NAMES.get(word, word)
    return name if name in LANGUAGES else None


@cache
def _catalogue(language: str) -> gettext.NullTranslations:
    """What is said in a language; English is what stands in the code."""
    return gettext.translation(DOMAIN, FOLDER, [language], fallback=language == LANGUAGES[0])
