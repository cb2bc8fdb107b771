"""Shows the help of every command in the user's language, and lets `--lang` before the command choose it. Help is written in English where it stands."""

from collections.abc import Iterator, Sequence
from typing import Any

import typer
from typer.core import TyperGroup

from loa import language
from loa.language import _

_OPTION = "--lang"
_COMMAND_TEXTS = ("help", "rich_help_panel")
_PARAMETER_TEXTS = ("help", "rich_help_panel", "prompt", "show_default")


class Speaking(TyperGroup):
    """The root of all commands. The language is found before anything is parsed, so that usage errors are told in it too."""

    def make_context(self, info_name: str | None, args: list[str], parent: Any = None, **extra: Any) -> Any:
        """Choose the language, put all help into it, and go on as usual."""
        language.use(_asked(args) or language.current())
        for holder, name, text in help_texts(self):
            setattr(holder, name, _(text))
        return super().make_context(info_name, args, parent, **extra)


def help_texts(command: Any) -> Iterator[tuple[Any, str, str]]:
    """What the help of a command, of its parameters and of all commands below it says: object, attribute, text."""
    for holder, names in [(command, _COMMAND_TEXTS), *((one, _PARAMETER_TEXTS) for one in command.params)]:
        for name in names:
            text = getattr(holder, name, None)
            if isinstance(text, str) and text:
                yield holder, name, text
    for inner in getattr(command, "commands", {}).values():
        yield from help_texts(inner)


def lang_option(value: str | None) -> str | None:
    """Callback of `--lang`. Raises typer's BadParameter for a language that there is not."""
    if value is not None and language.known(value) is None:
        raise typer.BadParameter(_("the languages are: {languages}", languages=", ".join(language.LANGUAGES)))
    return value


def _asked(args: Sequence[str]) -> str | None:
    """The language that stands before the command, if there is one."""
    for number, word in enumerate(args):
        if not word.startswith("-"):
            return None
        name, equals, value = word.partition("=")
        if name == _OPTION:
            return language.known(value if equals else "".join(args[number + 1 : number + 2]))
    return None
