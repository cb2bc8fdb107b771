"""The MP3 decoder's judges: streams of every kind, FFmpeg as the one who knows, and a driver of bad input."""
