"""`python -m entrepot` is the command line."""

from entrepot.cli import main

main(prog_name="entrepot")
