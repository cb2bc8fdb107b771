"""Bits as they stand in a stream, most significant first."""


class BitWriter:
    """Grows at its end; `text` is the bits as `0` and `1`."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._length = 0

    def put(self, value: int, width: int) -> None:
        """ValueError where `value` does not fit `width` bits."""
        if not 0 <= value < 1 << width:
            raise ValueError(f"{value} in {width} bits")
        if width:
            self.put_text(f"{value:0{width}b}")

    def put_text(self, bits: str) -> None:
        self._parts.append(bits)
        self._length += len(bits)

    def __len__(self) -> int:
        return self._length

    @property
    def text(self) -> str:
        return "".join(self._parts)

    def octets(self) -> bytes:
        """The bits, with zeros up to a whole byte."""
        text = self.text
        text += "0" * (-len(text) % 8)
        return int(text, 2).to_bytes(len(text) // 8, "big") if text else b""


class BitReader:
    """Reads `octets` from the front; IndexError at their end."""

    def __init__(self, octets: bytes) -> None:
        self._value = int.from_bytes(octets, "big")
        self._left = 8 * len(octets)

    def take(self, width: int) -> int:
        if width > self._left:
            raise IndexError(f"{width} bits of {self._left}")
        self._left -= width
        return self._value >> self._left & (1 << width) - 1
