"""HTTP load from the program wrk, which takes little processor time itself."""

import os
import re
import statistics
import subprocess
import time
from dataclasses import astuple, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.servers.processes import ServerProcess

SECONDS = int(os.environ.get("BENCH_SECONDS", "4"))
"""Duration of each load in whole seconds."""

IDLE_TIMEOUT = 30
"""Longest time in seconds until a server has finished the requests of a load."""

ROUNDS = 3
"""Number of measurements of each figure. The result is their median."""

_SCRIPT = """
local requests = {{}}
sent = 0
wrk.headers['Authorization'] = 'Bearer {token}'
function init()
  for line in io.lines('{file}') do
    local method, path, body, key = line:match('^(.-)\\t(.-)\\t(.-)\\t(.*)$')
    local headers = {{}}
    for name, value in pairs(wrk.headers) do headers[name] = value end
    if key ~= '' then headers['Idempotency-Key'] = key end
    if body ~= '' then headers['Content-Type'] = 'application/json' else body = nil end
    requests[#requests + 1] = wrk.format(method, path, headers, body)
  end
end
function request()
  sent = sent + 1
  return requests[(sent - 1) % #requests + 1]
end
function setup(thread) loader = thread end
function done(all, times)
  io.write(string.format('result %d %d %d %d %d\\n', all.requests, all.duration,
    times:percentile(50), times:percentile(99), loader:get('sent')))
end
"""


@dataclass(frozen=True)
class Request:
    """An HTTP request. ``body`` is JSON."""

    method: str
    path: str
    body: str = ""
    idempotency_key: str = ""


@dataclass(frozen=True)
class LoadResult:
    """Requests per second, median and 99th percentile of response times in ms, processor time of
    the server process per request in ms.
    """

    per_second: float
    median: float
    p99: float
    processor_ms: float


@dataclass
class Load:
    """Requests to a server, ``at_once`` at a time.

    Each request is sent at most once: `measure` removes the requests it has sent from ``requests``.
    With ``repeat``, all requests are sent again and again.
    """

    server: ServerProcess
    requests: list[Request]
    token: str = ""
    at_once: int = 8
    repeat: bool = False
    seconds: int = SECONDS

    def measure(self) -> LoadResult:
        """Send requests for ``seconds`` and measure the responses.

        Raises ``RuntimeError`` if any response is an error, if there is no response, or if there
        are too few requests.
        """
        assert self.server.process
        pid = self.server.process.pid
        processor_start = _read_processor_seconds(pid)
        output = self._run_wrk()
        processor_seconds = _wait_until_idle(pid) - processor_start
        match = re.search(r"result (\d+) (\d+) (\d+) (\d+) (\d+)", output)
        if not match or re.search("Non-2xx|Socket errors", output):
            raise RuntimeError(output)
        count, duration, median, p99, sent = (int(part) for part in match.groups())
        if not count:
            raise RuntimeError(f"no response in {self.seconds} s")
        if not self.repeat:
            if sent > len(self.requests):
                raise RuntimeError(f"{sent} requests sent, but only {len(self.requests)} differ")
            del self.requests[:sent]
        # wrk takes one request more, to see how `request` behaves. The last requests are sent
        # without waiting for their responses.
        processor_ms = processor_seconds * 1e3 / (sent - 1)
        return LoadResult(count / duration * 1e6, median / 1e3, p99 / 1e3, processor_ms)

    def _run_wrk(self) -> str:
        """Run wrk; return its output."""
        with TemporaryDirectory() as folder:
            file, script = Path(folder) / "requests", Path(folder) / "load.lua"
            file.write_text("".join("\t".join(astuple(one)) + "\n" for one in self.requests))
            script.write_text(_SCRIPT.format(token=self.token, file=file))
            options = ["-t1", f"-c{self.at_once}", f"-d{self.seconds}s", "--timeout", "30s"]
            result = subprocess.run(
                ["wrk", *options, "--script", str(script), self.server.url],
                capture_output=True,
                text=True,
                check=True,
            )
        return result.stdout


def measure_in_turn(*loads: Load) -> list[LoadResult]:
    """Measure the loads in turn, `ROUNDS` times; return the medians of each."""
    rounds = [[astuple(load.measure()) for load in loads] for _ in range(ROUNDS)]
    return [
        LoadResult(*(statistics.median(values) for values in zip(*results, strict=True)))
        for results in zip(*rounds, strict=True)
    ]


def _wait_until_idle(pid: int) -> float:
    """Wait until a process has finished its work; return the processor time that it has used."""
    deadline = time.monotonic() + IDLE_TIMEOUT
    used, before = _read_processor_seconds(pid), -1.0
    while used != before:
        if time.monotonic() > deadline:
            raise RuntimeError(f"process {pid} is busy after the load")
        time.sleep(0.1)
        used, before = _read_processor_seconds(pid), used
    return used


def _read_processor_seconds(pid: int) -> float:
    """Return the processor time that a process has used so far."""
    # The name of the process, in parentheses, may contain spaces.
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    user_ticks, system_ticks = fields[11:13]
    return (int(user_ticks) + int(system_ticks)) / os.sysconf("SC_CLK_TCK")
