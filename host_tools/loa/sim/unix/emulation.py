"""Import this before anything that uses `asyncio`: puts the emulated event queue in place of the built-in one, which no folder on `sys.path` hides."""

import sys

import task_queue

sys.modules["_asyncio"] = task_queue
