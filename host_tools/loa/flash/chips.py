"""Facts of each family of chips that a bench needs; everything finer is esptool's."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Chip:
    """`name` as board.toml has it; `spoken` as esptool and the package say; `image_id` stands in every image for it (esp_chip_id_t of ESP-IDF)."""

    name: str
    spoken: str
    image_id: int
    usb_built_in: bool


CHIPS = {
    chip.name: chip
    for chip in (
        Chip("esp32", "ESP32", 0, False),
        Chip("esp32s3", "ESP32-S3", 9, True),
        Chip("esp32c3", "ESP32-C3", 5, True),
    )
}


def spoken(name: str) -> str:
    """The name for people, also of a chip that no board here has."""
    return CHIPS[name].spoken if name in CHIPS else name
