"""`esp32.NVS`: values by name in a namespace, in the room of the partition `nvs`. Kept in a file of the node's folder instead of the flash image, by `commit`.

Room is counted as ESP-IDF lays it out ("Non-Volatile Storage Library"): pages of 126 entries of 32 bytes, one page kept free. A full partition is erased at
the next start, as the port does when `nvs_flash_init` finds no free page: whatever is in it must be such as can be rebuilt.
"""

from chip import CHIP

_FILE = "nvs.json"
_NOT_FOUND = -0x1102  # ESP_ERR_NVS_NOT_FOUND
_NOT_ENOUGH_SPACE = -0x1105  # ESP_ERR_NVS_NOT_ENOUGH_SPACE
_INVALID_LENGTH = -0x110C  # ESP_ERR_NVS_INVALID_LENGTH
_I32_LIMIT = 1 << 31
_PAGES = 6  # of 4,096 bytes
_PAGE_ENTRIES = 126
_ENTRY_BYTES = 32
_ROOM = (_PAGES - 1) * _PAGE_ENTRIES


class NVS:
    """One namespace."""

    def __init__(self, namespace):
        self._namespace = namespace
        self._values = dict(_stored().get(namespace, {}))

    def set_i32(self, key, value):
        if not -_I32_LIMIT <= value < _I32_LIMIT:
            raise OverflowError("overflow converting long int to machine word")
        self._set(key, value)

    def get_i32(self, key):
        return self._get(key, int)

    def set_blob(self, key, value):
        self._set(key, [cell for cell in value])

    def get_blob(self, key, buffer):
        """Copy into `buffer` and return the length; it must be long enough."""
        value = bytes(self._get(key, list))
        if len(buffer) < len(value):
            raise OSError(_INVALID_LENGTH)
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

    def _set(self, key, value):
        others = _stored()
        others[self._namespace] = dict(self._values)
        others[self._namespace][key] = value
        if _entries(others) > _ROOM:
            raise OSError(_NOT_ENOUGH_SPACE)
        self._values[key] = value

    def _get(self, key, kind):
        value = self._values.get(key)
        if not isinstance(value, kind):
            raise OSError(_NOT_FOUND)
        return value


def erase_if_full():
    """What the port does at each start: a partition without a free page is erased."""
    if _entries(_stored()) > _ROOM - _PAGE_ENTRIES:
        CHIP.keep(_FILE, {})


def _entries(stored):
    """How many the values take: one a namespace and a number, and for a blob one more for its index and one for each 32 bytes."""
    count = 0
    for values in stored.values():
        count += 1
        for value in values.values():
            count += 1 if isinstance(value, int) else 2 + (len(value) + _ENTRY_BYTES - 1) // _ENTRY_BYTES
    return count


def _stored():
    return dict(CHIP.kept(_FILE) or {})
