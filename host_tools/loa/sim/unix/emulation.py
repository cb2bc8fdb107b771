"""Import this before anything that uses `asyncio` or `ssl`: puts what is emulated in the place of built-in modules that no folder on `sys.path` hides."""

import sys

import task_queue
import transport_security

from loa.sim.esp32 import spare_memory

sys.modules["_asyncio"] = task_queue
sys.modules["tls"] = transport_security
sys.modules["uctypes"] = spare_memory
