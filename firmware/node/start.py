"""What runs once `main.py` has mounted everything: the node's own page if somebody is there for it, else the application."""

from node.board import Board
from node.moved import move
from node.portal.wanted import wanted


def main(root, watchdog):
    """Never returns in ordinary life; for `root` and `watchdog` see `Board`. What only the page needs is loaded only for it."""
    board = Board(root, watchdog)
    move("node.app", root + "/slot/node/app.moved", board.memory, board.slow_memory)
    if wanted(board):
        from node.portal.main import main as page

        page(board)
    else:
        from node.app import main as application

        application(board)
