"""From a source of coded sound to the loudspeaker: sources, codecs, gain, sink, and the player that joins them. Decides nothing about what is played."""
