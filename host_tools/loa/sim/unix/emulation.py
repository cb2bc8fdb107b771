"""Import this before anything that uses `asyncio` or `ssl`: puts what is emulated in the place of built-in modules that no folder on `sys.path` hides."""

import sys

import task_queue
import transport_security

sys.modules["_asyncio"] = task_queue
sys.modules["tls"] = transport_security
