"""What `node.late.overlay` loads here, whatever its number."""
