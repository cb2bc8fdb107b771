"""What a node is given at the bench: identity, configuration, application."""
