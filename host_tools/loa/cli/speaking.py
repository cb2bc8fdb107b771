"""Shows the help of every command in the user's language, and lets `--lang` before the command choose it. Help is written in English where it stands."""

from collections.abc import Iterator, Sequence
from types import SimpleNamespace
from typing import Any

import typer
from typer.core import TyperGroup

from loa import language
from loa.cli.usage import USAGE_ERROR, told
from loa.language import _

_OPTION = "--lang"
_NAMES = SimpleNamespace(help_option_names=["--help"])
_COMMAND_TEXTS = ("help", "rich_help_panel")
_PARAMETER_TEXTS = ("help", "rich_help_panel", "prompt", "show_default")


_Context: Any = TyperGroup.context_class  # the parser's, which typer gives no name


class _Formatter(_Context.formatter_class):  # type: ignore[misc]
    """Says in front of a command's form what it is."""

    def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
        """See click."""
        super().write_usage(prog, args, prefix or _("Usage: "))


class _Spoken(_Context):  # type: ignore[misc]
    """A context whose help is in the user's language."""

    formatter_class = _Formatter


class Speaking(TyperGroup):
    """The root of all commands. The language is found before anything is parsed, so that usage errors are told in it too."""

    def make_context(self, info_name: str | None, args: list[str], parent: Any = None, **extra: Any) -> Any:
        """Choose the language, put all help into it, and go on as usual."""
        language.use(_asked(args) or language.current())
        for holder, name, text in help_texts(self):
            setattr(holder, name, _(text))
        for command in _with_all_below(self):
            command.context_class = _Spoken
            command.get_help_option(_NAMES).help = _("Show this message and exit.")
        try:
            return super().make_context(info_name, args, parent, **extra)
        except USAGE_ERROR as error:
            raise told(error) from None

    def invoke(self, ctx: Any) -> Any:
        """Run the command that was named."""
        try:
            return super().invoke(ctx)
        except USAGE_ERROR as error:
            raise told(error) from None


def _with_all_below(command: Any) -> Iterator[Any]:
    yield command
    for inner in getattr(command, "commands", {}).values():
        yield from _with_all_below(inner)


def help_texts(command: Any) -> Iterator[tuple[Any, str, str]]:
    """What the help of a command, of its parameters and of all commands below it says: object, attribute, text."""
    for one in _with_all_below(command):
        for holder, names in [(one, _COMMAND_TEXTS), *((parameter, _PARAMETER_TEXTS) for parameter in one.params)]:
            for name in names:
                text = getattr(holder, name, None)
                if isinstance(text, str) and text:
                    yield holder, name, text


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
