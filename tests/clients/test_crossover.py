"""The example strategy as a process of its own."""

from __future__ import annotations

import signal
import subprocess
import sys
import time

from tests.api.served import TIMEOUT_S, serving


def test_the_example_strategy_ends_quietly_when_it_is_interrupted() -> None:
    with serving(stepped=False) as served:
        command = [sys.executable, "-m", "examples.crossover", "--url", served.url]
        process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
        try:
            deadline = time.monotonic() + TIMEOUT_S
            while not served.desk.hub.subscribers and time.monotonic() < deadline:
                time.sleep(0.02)
            process.send_signal(signal.SIGINT)
            _, said = process.communicate(timeout=TIMEOUT_S)
        finally:
            process.kill()
            process.wait()
    assert said == "strategy: interrupted; 0 fills were reported to me\n"
    assert process.returncode == 1
