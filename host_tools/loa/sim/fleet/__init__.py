"""Many nodes in one process: the same firmware on CPython's asyncio, each node with a chip, files and a clock of its own.

universe   loads the firmware with its own `import`, so that MicroPython's modules are the twins below and the host's are left alone
chip       what one board is: files, journal flash, RTC, radio, ledger; which chip runs is a context variable that every task inherits
timing     clocks, real and virtual, and the 10 ms tick on which every sleep ends
hardware, runtime, filing    twins of `machine`, `network`, `esp32`; of `asyncio`, `time`, `gc` and the like; of `os` and `open`
kernels    host twins of the viper kernels, and the ledger's, which count samples instead of making them
ledger     `machine.I2S` whose ring counts
life       one node from power-on to power-off
worker     a process full of nodes; `parade` is the other end of it
"""
