"""Brings the clock that `machine.I2S` makes for itself, 256 times the sample rate, out on a pin: the port leaves it inside the chip.

To be called while the I2S unit runs. Codecs that run from the bit clock need none of this.
"""

from micropython import const

# ESP32 (Technical Reference Manual, IO_MUX; ESP-IDF soc/io_mux_reg.h and its i2s driver)
_PIN_CTRL = const(0x3FF49000)  # bits 3:0 choose what CLK_OUT1 carries: 0 I2S0, 15 I2S1
_MUX_GPIO0 = const(0x3FF49044)
_MUX_FUNCTION = const(0x7000)  # bits 14:12
_FUNCTION_CLK_OUT1 = const(0x1000)
_CLK_OUT1 = const(0xF)

# ESP32-S3 (ESP-IDF soc/esp32s3 gpio_reg.h and gpio_sig_map.h)
_OUT_SELECT_GPIO0 = const(0x60004554)  # one register of 4 bytes a pin; bits 8:0 choose the signal, the others invert and override
_OUT_SELECT_BITS = const(0xFFF)
_I2S0_MCLK_OUT = const(23)
_I2S1_MCLK_OUT = const(21)


def to_clk_out1(memory, unit):
    """ESP32: I2S `unit` on GPIO 0, the only pin of CLK_OUT1 that no console uses. `memory`: `machine.mem32`."""
    memory[_PIN_CTRL] = memory[_PIN_CTRL] & ~_CLK_OUT1 | (_CLK_OUT1 if unit else 0)
    memory[_MUX_GPIO0] = memory[_MUX_GPIO0] & ~_MUX_FUNCTION | _FUNCTION_CLK_OUT1


def to_any_pin(memory, unit, number):
    """ESP32-S3: I2S `unit` on the pin of that number, which is an output already. `memory`: `machine.mem32`."""
    register = _OUT_SELECT_GPIO0 + 4 * number
    memory[register] = memory[register] & ~_OUT_SELECT_BITS | (_I2S1_MCLK_OUT if unit else _I2S0_MCLK_OUT)
