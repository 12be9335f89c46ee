"""Wall time and CPU of questions asked one after the other, by one client or by several."""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np

Q = TypeVar("Q")
A = TypeVar("A")

WARM_UP = 3
FEWEST = 20  # questions, however long they take


@dataclass(frozen=True, slots=True)
class Timing(Generic[A]):
    """What the questions took; ``answers`` to the first of them, in their order.

    ``cpu_ms`` is CPU a question, of all threads of the process; ``seconds`` is the wall time of
    all of them together.
    """

    p50_ms: float
    p99_ms: float
    cpu_ms: float
    asked: int
    seconds: float
    answers: Sequence[A]


def one_client(
    ask: Callable[[Q], A], questions: Sequence[Q], *, seconds: float, alone: bool = True
) -> Timing[A]:
    """Every question once; when the time is up, no more than FEWEST.

    The CPU is the median over the questions. Where something else runs in the process (not
    ``alone``), only the asking thread's CPU is counted.
    """
    clock = time.process_time if alone else time.thread_time
    for question in questions[:WARM_UP]:
        ask(question)
    walls, cpus, answers = [], [], []
    end = time.perf_counter() + seconds
    for number, question in enumerate(questions):
        started, cpu = time.perf_counter(), clock()
        if started > end and number >= FEWEST:
            break
        answers.append(ask(question))
        cpus.append(clock() - cpu)
        walls.append(time.perf_counter() - started)
    return Timing(
        *_percentiles(walls), float(np.median(cpus)) * 1000, len(walls), sum(walls), answers
    )


def several_clients(
    ask: Callable[[Q], A], questions: Sequence[Q], *, clients: int, seconds: float
) -> Timing[A]:
    """The questions, over and over by every client, for that time; CPU is the mean.

    The first client asks every question at least once.
    """
    for question in questions[:WARM_UP]:
        ask(question)
    walls: list[list[float]] = [[] for _ in range(clients)]
    answers: list[A] = []
    cpu, began = time.process_time(), time.perf_counter()
    end = began + seconds

    def client(number: int) -> None:
        asked = 0
        while time.perf_counter() < end or (not number and asked < len(questions)):
            started = time.perf_counter()
            answer = ask(questions[(asked + number * 7) % len(questions)])
            walls[number].append(time.perf_counter() - started)
            if not number and asked < len(questions):
                answers.append(answer)
            asked += 1

    in_threads(client, clients)
    times = [wall for of_client in walls for wall in of_client]
    cpu = (time.process_time() - cpu) / len(times) * 1000
    wall = time.perf_counter() - began
    return Timing(*_percentiles(times), cpu, len(times), wall, answers)


def rate(ask: Callable[[Q], A], questions: Sequence[Q], *, clients: int, seconds: float) -> float:
    """Questions a second that so many clients get answered together."""
    counts = [0] * clients
    end = time.perf_counter() + seconds

    def client(number: int) -> None:
        while time.perf_counter() < end:
            ask(questions[(counts[number] + number * 7) % len(questions)])
            counts[number] += 1

    started = time.perf_counter()
    in_threads(client, clients)
    return sum(counts) / (time.perf_counter() - started)


def in_threads(work: Callable[[int], None], number: int) -> None:
    """Runs ``work(0)`` to ``work(number - 1)`` at once. Raises what the first of them raised."""
    failures: list[BaseException] = []

    def run(which: int) -> None:
        try:
            work(which)
        except BaseException as failure:
            failures.append(failure)

    threads = [threading.Thread(target=run, args=(which,)) for which in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]


def _percentiles(seconds: Sequence[float]) -> tuple[float, float]:
    p50, p99 = np.percentile(np.asarray(seconds) * 1000, [50, 99])
    return float(p50), float(p99)
