"""Run the command line: ``python -m issue_portal``."""

from issue_portal.cli.commands import main

main()
