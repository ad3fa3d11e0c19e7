"""The portal and its commands work without the modules that Windows lacks.

Simulated: these modules cannot be imported. All else, `sys.platform` included, is that of this
machine. filelock then falls back to SoftFileLock; on Windows it uses LockFileEx instead.
"""

import subprocess
import sys

from tests.servers.installation import portal_server
from tests.servers.processes import ROOT, environment

WITHOUT_POSIX = """
import sys, warnings
warnings.filterwarnings("ignore", "only soft file lock is available")
lacking = ("fcntl", "grp", "pwd", "resource", "termios", "uvloop")
sys.modules.update(dict.fromkeys(lacking))
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
    server = portal_server(tmp_path / "data")
    script = WITHOUT_POSIX + SERVE
    server.command = [sys.executable, "-c", script, "app:app", "--port", str(server.port)]
    server.start()
    server.stop()
    assert server.passwords.keys() == {"member", "reviewer"}


def test_command_line_loads_and_changes_a_locked_file(tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_POSIX + RUN_COMMAND, "user", "add", "ann@example.com"],
        cwd=ROOT,
        env=environment(tmp_path),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "ann@example.com" in (tmp_path / "accounts.yaml").read_text()
