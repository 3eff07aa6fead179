"""Write the baseline anew from the rooms' tables: `python -m entrepot.migrations`, then `make fix`."""

from pathlib import Path

from .schema import baseline

target = Path(__file__).parent / "versions" / "v0001_baseline.py"
target.write_text(baseline(), encoding="utf-8")
