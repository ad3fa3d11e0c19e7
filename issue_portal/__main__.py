"""Run the command line: ``python -m issue_portal``."""

from issue_portal.cli.main import main

main()
