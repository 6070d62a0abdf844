"""``python -m butler``: the same as the command ``butler``."""

from butler.faces.cli import main

main()
