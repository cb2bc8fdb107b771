"""What the tests of the player share: a source of some samples, where sound begins and ends, and that nothing clicked."""

from support_audio import STEP_MAX, MemorySource, format_of, largest_step, pcm_head

FORMAT = format_of(pcm_head())
FADE_STEP = 64  # a fade of full scale over 512 frames


def source_of(samples, frames_left=-1, skip_frames=0):
    return MemorySource(FORMAT, [bytes(samples)], skip_frames, frames_left)


def assert_no_click(bench, programme):
    assert largest_step(bench.emitted) <= largest_step(programme[i] - programme[0] for i in range(len(programme))) + FADE_STEP + 2
    assert largest_step(bench.emitted) < STEP_MAX + largest_step(programme[i] - programme[0] for i in range(len(programme)))


def sound_frames(bench):
    """First and last frame of sound in what was emitted."""
    sounding = [i for i, sample in enumerate(bench.emitted) if sample]
    return sounding[0], sounding[-1]
