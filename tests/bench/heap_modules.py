"""Run by MicroPython: imports modules one after another and prints what each costs of the heap, as JSON lines `[name, bytes]`.

Arguments: folder of the compiled application, folders of the emulation separated by `:`, then the modules, what they need first.
"""

import sys

_application, _emulation = sys.argv[1:3]
_modules = sys.argv[3:]
for _folder in [_application] + _emulation.split(":"):
    sys.path.insert(0, _folder)

import emulation  # noqa: F401

# isort: split
# What the runtime image brings along costs the application nothing.
import asyncio  # noqa: F401
import binascii  # noqa: F401
import errno  # noqa: F401
import gc
import hashlib  # noqa: F401
import json
import math  # noqa: F401
import os  # noqa: F401
import random  # noqa: F401
import select  # noqa: F401
import socket  # noqa: F401
import struct  # noqa: F401
import time  # noqa: F401
from array import array  # noqa: F401
from collections import namedtuple  # noqa: F401

import esp32  # noqa: F401
import machine  # noqa: F401
import network  # noqa: F401
import tls  # noqa: F401
import vfs  # noqa: F401


def used():
    gc.collect()
    gc.collect()
    return gc.mem_alloc()


for _name in _modules:
    _before = used()
    __import__(_name)
    print(json.dumps([_name, used() - _before]))
