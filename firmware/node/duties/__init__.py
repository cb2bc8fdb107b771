"""What the node does with its parts, one duty a module; each is a task that `app.py` starts. The parts themselves know nothing of each other."""
