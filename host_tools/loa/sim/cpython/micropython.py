"""MicroPython's `micropython` module for CPython: `const` and the decorators that here change nothing."""

import builtins


def const(value):
    return value


def native(function):
    return function
