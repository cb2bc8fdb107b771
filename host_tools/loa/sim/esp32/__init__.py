"""The ESP32's own MicroPython modules, emulated at their API on the models of `loa.sim.hardware`. Each runtime names them `machine`, `network`, `esp32`."""
