"""`python -m refarch.cli`, the same as `refarch`."""

from refarch.cli import main

if __name__ == "__main__":
    main(prog_name="refarch")
