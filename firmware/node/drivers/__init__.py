"""Chips beside the processor, one file each. A board loads only those that it has: `node.board` imports them by the names in `board.json`.

A codec has `async start(rate, bits, level)`, after which it is ready and muted, `unmute()`, `mute()` and `stop()`, which mutes too; one that watches
its outputs also `look()`. A battery clock has `read()` and `write(unix)`, a sensor `read()`. All raise `registers.Fault` where the chip does not
answer or is another.
"""
