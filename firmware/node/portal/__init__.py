"""The node's own page for a phone: runs instead of the application, changes networks and nothing else."""
