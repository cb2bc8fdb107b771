"""The `loa` command: a thin skin over the library. Each command reads its arguments, calls a function or two, and shows what they return."""

from loa.cli.app import main

__all__ = ["main"]
