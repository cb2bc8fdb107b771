"""The sound files of the demonstration; `make` is how they came to be."""
