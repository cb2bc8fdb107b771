"""An ear that counts the beeps in which a node tells its number."""

_WINDOW_MS = 10
_QUIET, _STRUCK = 1500, 4000  # of 32767
_DIGIT_MS = 500  # two tones of one digit are nearer to each other
_LONG_MS = 200


def counted(samples, rate):
    """What an ear counts: for each digit its tones, "0" for a long one. A tone is struck where it was quiet and is loud."""
    window = rate * _WINDOW_MS // 1000
    loud = [max(abs(sample) for sample in samples[start : start + window]) for start in range(0, len(samples) - window, window)]
    digits, before, quiet = [], None, True
    for place, level in enumerate(loud):
        if level < _QUIET:
            quiet = True
        elif level > _STRUCK and quiet:
            quiet = False
            rings = 0
            while place + rings < len(loud) and loud[place + rings] > _QUIET:
                rings += 1
            if before is None or (place - before) * _WINDOW_MS > _DIGIT_MS:
                digits.append(0)
            digits[-1] = "0" if rings * _WINDOW_MS > _LONG_MS else digits[-1] + 1
            before = place
    return "".join(str(digit) for digit in digits)
