"""A job beside has its calls made here, and for no longer than it may."""

import threading
import time

import pytest

from api.errands import Errands
from engine.worker.errors import WorkerStopped


def test_calls_are_made_by_the_thread_that_attends() -> None:
    errands = Errands()
    said: list[object] = []

    def job() -> None:
        said.append(errands.call(threading.current_thread))
        said.append(threading.current_thread())

    assert errands.attend(job, 5)
    assert said[0] is threading.current_thread()
    assert said[1] is not threading.current_thread()


def test_what_a_call_raises_is_raised_where_it_was_made() -> None:
    errands = Errands()
    caught: list[BaseException] = []

    def job() -> None:
        try:
            errands.call(int, "no number")
        except ValueError as error:
            caught.append(error)

    assert errands.attend(job, 5)
    assert "no number" in str(caught[0])


def test_what_the_job_raises_is_raised_where_it_is_waited_for() -> None:
    def job() -> None:
        raise KeyError("absent")

    with pytest.raises(KeyError, match="absent"):
        Errands().attend(job, 5)


def test_a_job_that_only_loops_is_cut_off_and_its_thread_ends() -> None:
    threads: list[threading.Thread] = []

    def job() -> None:
        threads.append(threading.current_thread())
        while True:
            pass

    started = time.monotonic()
    assert not Errands().attend(job, 0.1)
    assert time.monotonic() - started < 5
    threads[0].join(5)
    assert not threads[0].is_alive()


def test_a_job_that_calls_for_ever_is_refused_once_its_time_is_up() -> None:
    errands = Errands()
    calls: list[int] = []
    threads: list[threading.Thread] = []

    def job() -> None:
        threads.append(threading.current_thread())
        while True:
            errands.call(calls.append, 1)

    assert not errands.attend(job, 0.1)
    threads[0].join(5)
    assert not threads[0].is_alive()
    assert calls
    with pytest.raises(WorkerStopped):
        errands.call(calls.append, 1)


def test_a_job_that_catches_everything_can_no_longer_do_anything() -> None:
    errands = Errands()
    calls: list[int] = []
    over = threading.Event()

    def job() -> None:
        while not over.is_set():
            try:
                errands.call(calls.append, 1)
            except BaseException:  # noqa: BLE001  it is the point
                continue

    assert not errands.attend(job, 0.1)
    made = len(calls)
    time.sleep(0.05)
    over.set()
    assert len(calls) == made


def test_what_waits_for_its_turn_when_the_time_is_up_is_refused() -> None:
    errands = Errands()
    begun = threading.Event()
    refused: list[BaseException] = []

    def take_long() -> None:
        begun.set()
        time.sleep(0.3)

    def wait_for_a_turn() -> None:
        assert begun.wait(5)
        try:
            errands.call(list)
        except WorkerStopped as error:
            refused.append(error)

    helper = threading.Thread(target=wait_for_a_turn)

    def job() -> None:
        helper.start()
        errands.call(take_long)

    assert not errands.attend(job, 0.1)
    helper.join(5)
    assert len(refused) == 1
