"""`esp32.NVS`: values by name in a namespace. Kept in a file of the node's folder instead of the flash image, and only by `commit`."""

from chip import CHIP

_FILE = "nvs.json"
_NOT_FOUND = -0x1102  # ESP_ERR_NVS_NOT_FOUND
_I32_LIMIT = 1 << 31


class NVS:
    """One namespace."""

    def __init__(self, namespace):
        self._namespace = namespace
        self._values = dict(_stored().get(namespace, {}))

    def set_i32(self, key, value):
        if not -_I32_LIMIT <= value < _I32_LIMIT:
            raise OverflowError("overflow converting long int to machine word")
        self._values[key] = value

    def get_i32(self, key):
        return self._get(key, int)

    def set_blob(self, key, value):
        self._values[key] = [cell for cell in value]

    def get_blob(self, key, buffer):
        """Copy into `buffer` and return the length; it must be long enough."""
        value = bytes(self._get(key, list))
        if len(buffer) < len(value):
            raise OSError(-0x110C)  # ESP_ERR_NVS_INVALID_LENGTH
        buffer[: len(value)] = value
        return len(value)

    def erase_key(self, key):
        self._get(key, (int, list))
        del self._values[key]

    def commit(self):
        """Write what was set; until then a reset loses it."""
        stored = _stored()
        stored[self._namespace] = dict(self._values)
        CHIP.keep(_FILE, stored)

    def _get(self, key, kind):
        value = self._values.get(key)
        if not isinstance(value, kind):
            raise OSError(_NOT_FOUND)
        return value


def _stored():
    return CHIP.kept(_FILE) or {}
