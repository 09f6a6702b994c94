"""What `test_hardware` starts with torchrun: the command `run`, with the loss of every step written down."""

import json
import sys
from pathlib import Path
from typing import Any

from train import processes
from train.__main__ import main
from train.trainer import NetworkTrainer


def started(arguments: list[str], losses: Path) -> int:
    """Runs `python -m train ARGUMENTS`, and leaves this process's share of each step's loss as JSON."""
    step, shares = NetworkTrainer.training_step, []

    def noting(*arguments: Any, **options: Any) -> Any:
        loss = step(*arguments, **options)
        shares.append(float(loss))
        return loss

    NetworkTrainer.training_step = noting  # type: ignore[method-assign]
    status = main(arguments)
    losses.with_name(f"{losses.name}-{processes.number()}").write_text(json.dumps(shares))
    return status


if __name__ == "__main__":
    sys.exit(started(sys.argv[2:], Path(sys.argv[1])))
