"""The simulated node: flash image, process and emulated board. Importing the package does nothing, so that MicroPython may do it too."""
