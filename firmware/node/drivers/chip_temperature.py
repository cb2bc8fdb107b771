"""Temperature inside the processor: it shows a case that the sun heats, and is some way above the air around it."""


def celsius(chip):
    """Whole degrees, or None where the chip has no sensor. `chip`: the module `esp32`."""
    if hasattr(chip, "mcu_temperature"):  # S3, C3: calibrated
        return int(chip.mcu_temperature())
    if hasattr(chip, "raw_temperature"):  # ESP32: Fahrenheit, uncalibrated
        return (chip.raw_temperature() - 32) * 5 // 9
    return None
