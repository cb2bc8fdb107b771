"""What is wrong with the form of a value, in the user's language. pydantic says it in English only, by a type and what it compared with."""

from collections.abc import Callable, Mapping
from typing import Any

from loa.language import _

OWN = "value_error"  # raised by our own checks, in the user's language already
_PREFIX = "Value error, "  # what pydantic puts before them

_Says = Callable[[Mapping[str, Any]], str]


def _whole(_context: Mapping[str, Any]) -> str:
    return _("must be a whole number")


def _number(_context: Mapping[str, Any]) -> str:
    return _("must be a number")


def _text(_context: Mapping[str, Any]) -> str:
    return _("must be text in quotes")


def _flag(_context: Mapping[str, Any]) -> str:
    return _("must be true or false")


def _table(_context: Mapping[str, Any]) -> str:
    return _("must be a table of settings")


FORMS: dict[str, _Says] = {
    "greater_than_equal": lambda c: _("must be {least} or more", least=c["ge"]),
    "greater_than": lambda c: _("must be more than {bound}", bound=c["gt"]),
    "less_than_equal": lambda c: _("must be {most} or less", most=c["le"]),
    "less_than": lambda c: _("must be less than {bound}", bound=c["lt"]),
    "multiple_of": lambda c: _("must be a multiple of {unit}", unit=c["multiple_of"]),
    "finite_number": _number,
    "int_type": _whole,
    "int_parsing": _whole,
    "int_from_float": _whole,
    "int_parsing_size": _whole,
    "float_type": _number,
    "float_parsing": _number,
    "string_type": _text,
    "string_too_short": lambda c: _("must have {least} letters or more", least=c["min_length"]),
    "string_too_long": lambda c: _("must have {most} letters or less", most=c["max_length"]),
    "string_pattern_mismatch": lambda c: _("does not have the form {pattern}", pattern=c["pattern"]),
    "bool_type": _flag,
    "bool_parsing": _flag,
    "list_type": lambda c: _("must be a list"),
    "tuple_type": lambda c: _("must be a list"),
    "too_short": lambda c: _("must have {least} entries or more", least=c["min_length"]),
    "too_long": lambda c: _("must have {most} entries or less", most=c["max_length"]),
    "dict_type": _table,
    "model_type": _table,
    "path_type": _text,
    "date_type": lambda c: _("must be a date, as 2026-11-29"),
    "date_from_datetime_inexact": lambda c: _("must be a date, as 2026-11-29"),
    "date_from_datetime_parsing": lambda c: _("must be a date, as 2026-11-29"),
    "date_parsing": lambda c: _("must be a date, as 2026-11-29"),
}


def form_of(error: Mapping[str, Any]) -> str:
    """A pydantic error's sentence; of a type that is not known here pydantic's own."""
    says = FORMS.get(error["type"])
    return says(error.get("ctx", {})) if says else str(error["msg"]).removeprefix(_PREFIX)
