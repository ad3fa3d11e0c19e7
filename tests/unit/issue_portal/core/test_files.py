"""Files of the data directory: atomic replacement, private files, and the write probe."""

import os
import stat
import time
from unittest.mock import Mock

import pytest

from issue_portal.core import files
from issue_portal.core.files import (
    WriteProbe,
    make_data_directory,
    replace_when_complete,
    write_private_file,
)
from issue_portal.core.settings import FatalError, Settings


def test_file_appears_only_when_it_is_complete(tmp_path):
    path = tmp_path / "file"
    path.write_text("old")
    with pytest.raises(ZeroDivisionError), replace_when_complete(path) as temporary:
        temporary.write_text("half")
        assert path.read_text() == "old"
        raise ZeroDivisionError
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]
    with replace_when_complete(path) as temporary:
        temporary.write_text("new")
    assert path.read_text() == "new"


def test_private_file_is_replaced_only_on_request(tmp_path):
    path = tmp_path / "secret.key"
    assert write_private_file(path, "first")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert not write_private_file(path, "second")
    assert path.read_text() == "first"
    assert write_private_file(path, "second", replace=True)
    assert path.read_text() == "second"


def test_stale_temporary_files_are_removed(tmp_path):
    ages = {
        ".secret.key.0123abcd": 3600,
        ".accounts.yaml.0123abcd": 0,
        ".other.0123abcd": 3600,
        "secret.key": 3600,
    }
    for name, age in ages.items():
        (tmp_path / name).write_text("")
        os.utime(tmp_path / name, (time.time() - age,) * 2)
    make_data_directory(Settings(data_dir=tmp_path, _env_file=None))
    left = {file.name for file in tmp_path.iterdir()}
    assert left == ages.keys() - {".secret.key.0123abcd"}


def test_data_directory_that_is_a_file_is_refused(tmp_path):
    (tmp_path / "data").write_text("")
    with pytest.raises(FatalError, match="ISSUES_DATA_DIR"):
        make_data_directory(Settings(data_dir=tmp_path / "data", _env_file=None))


def test_probe_checks_again_at_once_after_a_failure_and_later_after_a_success(
    tmp_path, monkeypatch
):
    clock = Mock(monotonic=Mock(return_value=1000.0))
    monkeypatch.setattr(files, "time", clock)
    folder = tmp_path / "data"
    probe = WriteProbe(folder)
    assert probe.find_error() == "No such file or directory"
    folder.mkdir()
    assert probe.find_error() == ""
    folder.rmdir()
    assert probe.find_error() == ""
    clock.monotonic.return_value += 6
    assert probe.find_error() == "No such file or directory"
