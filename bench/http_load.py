"""HTTP load from the program wrk, which takes little processor time itself."""

import re
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory


@dataclass(frozen=True)
class LoadResult:
    """Requests per second, and the median and 99th percentile of response times in ms."""

    per_second: float
    median: float
    p99: float


def measure_load(
    url: str,
    *,
    token: str = "",
    paths: Sequence[str] = (),
    body: str = "",
    at_once: int = 8,
    seconds: float = 5,
) -> LoadResult:
    """Request ``url``, or ``paths`` of its host in turn, and measure the responses.

    Requests with a ``body`` use POST.
    Raises ``RuntimeError`` if any response is an error.
    """
    paths_script = (
        f"local paths = {{{', '.join(f'[==[{path}]==]' for path in paths)}}}\n"
        "local at = math.random(#paths)\n"
        "request = function() at = at % #paths + 1; return wrk.format(nil, paths[at]) end\n"
    )
    script = (
        f"{paths_script if paths else ''}"
        f"wrk.method = '{'POST' if body else 'GET'}'\n"
        f"wrk.body = [==[{body}]==]\n"
        "wrk.headers['Content-Type'] = 'application/json'\n"
        f"wrk.headers['Authorization'] = 'Bearer {token}'\n"
        "done = function(all, times) io.write(string.format('result %d %d %d %d\\n',"
        " all.requests, all.duration, times:percentile(50), times:percentile(99))) end\n"
    )
    with TemporaryDirectory() as folder:
        file = Path(folder) / "load.lua"
        file.write_text(script)
        command = ["wrk", "-t1", f"-c{at_once}", f"-d{seconds}s", "--timeout", "30s"]
        result = subprocess.run(
            [*command, "--script", str(file), url], capture_output=True, text=True, check=True
        )
    if re.search("Non-2xx|Socket errors", result.stdout):
        raise RuntimeError(result.stdout)
    match = re.search(r"result (\d+) (\d+) (\d+) (\d+)", result.stdout)
    assert match, result.stdout
    requests, duration, median, p99 = (int(part) for part in match.groups())
    return LoadResult(requests / duration * 1e6, median / 1e3, p99 / 1e3)
