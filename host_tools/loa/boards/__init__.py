"""Boards: one folder each, with `board.toml` for the tools and README.md for whoever wires it. A new board of known chips is a folder and no code."""

from loa.boards.load import DESCRIPTION, board_folder, check_folder, load_board, notes, rate_note
from loa.boards.model import MACHINE_CODE, Board, Partition

__all__ = ["DESCRIPTION", "MACHINE_CODE", "Board", "Partition", "board_folder", "check_folder", "load_board", "notes", "rate_note"]
