"""The portal and its commands work without the modules that Windows lacks.

The tests only block the import of these modules. They do not imitate Windows in other ways: for
example, they keep `sys.platform`, and filelock uses SoftFileLock here, but LockFileEx on Windows.
"""

import subprocess
import sys

from tests.servers.installation import make_portal_server
from tests.servers.processes import ROOT, make_environment

WITHOUT_POSIX = """
import sys, warnings
warnings.filterwarnings("ignore", "only soft file lock is available")
missing = ("fcntl", "grp", "pwd", "resource", "termios", "uvloop")
sys.modules.update(dict.fromkeys(missing))
"""
SERVE = "import uvicorn; uvicorn.main()"
RUN_COMMAND = """
from importlib import import_module
from issue_portal.cli.commands import COMMANDS
from issue_portal.cli.main import main
for command in COMMANDS.values():
    import_module(command.partition(":")[0])
main()
"""


def test_portal_starts_without_unix_modules(tmp_path):
    server = make_portal_server(tmp_path / "data")
    script = WITHOUT_POSIX + SERVE
    server.command = [sys.executable, "-c", script, "app:app", "--port", str(server.port)]
    server.start()
    server.stop()
    assert server.passwords.keys() == {"member", "reviewer"}


def test_all_commands_load_and_user_add_works_without_unix_modules(tmp_path):
    # `user add` locks the accounts file while it changes the file.
    process = subprocess.run(
        [sys.executable, "-c", WITHOUT_POSIX + RUN_COMMAND, "user", "add", "ann@example.com"],
        cwd=ROOT,
        env=make_environment(tmp_path),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert process.returncode == 0, process.stderr
    assert "ann@example.com" in (tmp_path / "accounts.yaml").read_text()
