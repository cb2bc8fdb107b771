"""What a technician does at the bench: make boards into nodes, many at a time, label them, and find out what is wrong with one."""
