"""Makes the machine code of viper functions for the ESP32 and S3 (Xtensa, windowed) smaller and faster, behind `mpy-cross`: less than half of both.

A function goes through these modules: `decode` (machine code to instructions), `flow` (blocks, what lives where), `simplify` (constants, copies,
comparisons), `registers` (values into registers), `encode`; `function` is all of it, `mpy` finds the functions in a file. It knows nothing of
what a function is for, needs nothing but its code, and leaves alone what it does not understand.
"""
