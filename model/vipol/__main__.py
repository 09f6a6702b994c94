"""`python -m vipol` is the command `vipol`."""

import sys

from vipol.cli import main

if __name__ == "__main__":
    sys.exit(main())
