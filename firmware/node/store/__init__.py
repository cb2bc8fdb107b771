"""What survives a power cut: atomic files, signed documents, bulletins by hash, and the journal. Knows no network and no audio."""
