"""`python -m loa.cli`, where the command itself is not on PATH."""

from loa.cli import main

main()
