"""The command line: one short function a subcommand."""


def main() -> None:
    """Run the command line."""
    raise SystemExit(2)
