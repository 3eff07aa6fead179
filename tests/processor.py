"""What a process has taken of a processor: unlike a clock, it does not count what other programs took meanwhile."""

import os
from pathlib import Path


def processor_s(pid: int) -> float:
    """Seconds of a processor, in the program and in the system for it; none where the system does not tell."""
    try:
        told = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except FileNotFoundError:
        return 0.0
    return (int(told[11]) + int(told[12])) / os.sysconf("SC_CLK_TCK")
