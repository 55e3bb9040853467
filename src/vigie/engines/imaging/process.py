"""One confined worker seen from outside: started, asked, and ended when it takes too long or says anything odd."""

import fcntl
import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from vigie.engines.imaging.confinement.bubblewrap import Bubblewrap, environment
from vigie.engines.imaging.limits import Limits
from vigie.engines.imaging.protocol.messages import (
    ANSWER_BYTES,
    LONGEST_REFUSAL,
    BadMessage,
    Request,
    Status,
    unpack_answer,
)
from vigie.engines.imaging.refusals import MediaRefused, RefusalCode
from vigie.engines.imaging.roles import Role

PACKAGE_ROOT = Path(__file__).resolve().parents[3]
_PIPE_BYTES = 1 << 20  # as large as an ordinary user may ask for: a 2 MB photograph then travels in two turns
_END_SECONDS = 10
_COMPLAINT_BYTES = 4096


class WorkerProcess:
    """A confined process; after any exception from `ask` it must be stopped and never asked again.

    Used by one thread at a time; `stop` may be called from any.
    """

    def __init__(self, role: Role, limits: Limits, wrap: Bubblewrap | None) -> None:
        self.served = 0
        self._limits = limits
        self._inner: int | None = None
        command = [sys.executable, "-s", "-P", "-B", "-m", "vigie.engines.imaging.worker"]
        command += [role.value, limits.to_argument()]
        if wrap is None:
            self._process = _spawn(command, ())
        else:
            self._process = self._spawn_inside(wrap, [*command, wrap.name])
        self._requests, self._answers = _pipes(self._process)

    @property
    def pid(self) -> int:
        """The process id of what was started: the worker itself where no outer layer stands around it."""
        return self._process.pid

    def is_alive(self) -> bool:
        """Whether it still runs, as far as can be told without asking it."""
        return self._process.poll() is None

    def greet(self) -> tuple[str, ...]:
        """Wait until the worker has shut itself in and return the layers that hold it.

        Raises MediaRefused `unsupported_here` with the reason when it cannot be confined.
        """
        deadline = time.monotonic() + self._limits.start_seconds
        try:
            status, text = self._answer(deadline, most=LONGEST_REFUSAL)
        except MediaRefused as refused:
            complaint = self._last_words()
            raise MediaRefused(
                RefusalCode.UNSUPPORTED_HERE,
                f"the confined worker did not start: {complaint or refused.message}",
            ) from refused
        if self._process.stderr is not None:
            self._process.stderr.close()
        if status == Status.REFUSED:
            raise _refusal(text)
        return tuple(text.decode("utf-8", "replace").split("\n"))

    def ask(self, request: Request, payload: Iterable[memoryview], *, most: int) -> bytearray:
        """Send a request and return its result, at most `most` bytes.

        Raises MediaRefused: what the worker refuses, `too_slow` when `request.seconds` have passed, `worker_killed`
        when it ended or broke the protocol.
        """
        self._send((memoryview(request.pack()),), request.seconds)
        self._send(payload, request.seconds)
        status, answer = self._answer(time.monotonic() + request.seconds, most=most)
        self.served += 1
        if status == Status.REFUSED:
            raise _refusal(answer)
        return answer

    def stop(self) -> None:
        """End the process, whatever it is doing, and collect it."""
        if self._inner is not None:
            with suppress(OSError):
                signal.pidfd_send_signal(self._inner, signal.SIGKILL)
            with suppress(OSError):
                os.close(self._inner)
            self._inner = None
        self._process.kill()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(_END_SECONDS)
        for pipe in (self._process.stdin, self._process.stdout, self._process.stderr):
            if pipe is not None:
                with suppress(OSError):
                    pipe.close()

    def _spawn_inside(self, wrap: Bubblewrap, command: list[str]) -> subprocess.Popen[bytes]:
        report, reported = os.pipe()
        try:
            process = _spawn(wrap.around(command, PACKAGE_ROOT, reported), (reported,))
            os.close(reported)
            reported = -1
            self._inner = _process_inside(report)
            return process
        finally:
            os.close(report)
            if reported != -1:
                os.close(reported)

    def _send(self, payload: Iterable[memoryview], seconds: int) -> None:
        for chunk in payload:
            deadline = (
                time.monotonic() + seconds
            )  # anew for each chunk: the source may be slow, the worker may not
            rest = chunk
            while rest:
                self._wait(self._requests, select.POLLOUT, deadline)
                try:
                    rest = rest[os.write(self._requests, rest) :]
                except BlockingIOError:
                    continue
                except OSError as error:
                    raise self._ended() from error

    def _answer(self, deadline: float, *, most: int) -> tuple[Status, bytearray]:
        header = self._receive(ANSWER_BYTES, deadline)
        try:
            status, length = unpack_answer(bytes(header), most=most)
        except BadMessage as error:
            raise MediaRefused(
                RefusalCode.WORKER_KILLED, f"the worker broke the protocol: {error}"
            ) from error
        return status, self._receive(length, deadline)

    def _receive(self, length: int, deadline: float) -> bytearray:
        taken = bytearray(length)
        view = memoryview(taken)
        at = 0
        while at < length:
            self._wait(self._answers, select.POLLIN, deadline)
            try:
                count = os.readv(self._answers, [view[at:]])
            except BlockingIOError:
                continue
            except OSError as error:
                raise self._ended() from error
            if count == 0:
                raise self._ended()
            at += count
        return taken

    def _wait(self, descriptor: int, event: int, deadline: float) -> None:
        left = deadline - time.monotonic()
        waiting = select.poll()
        waiting.register(descriptor, event)
        if left <= 0 or not waiting.poll(left * 1000):
            raise MediaRefused(RefusalCode.TOO_SLOW, "it took longer than allowed and was stopped")

    def _ended(self) -> MediaRefused:
        try:
            status = self._process.wait(_END_SECONDS)
        except subprocess.TimeoutExpired:
            return MediaRefused(RefusalCode.WORKER_KILLED, "the worker closed its pipe")
        number = -status if status < 0 else status - 128  # bubblewrap reports a signal as a shell does
        if number == signal.SIGSYS:
            return MediaRefused(RefusalCode.WORKER_KILLED, "it made the worker try a forbidden system call")
        if number in (signal.SIGALRM, signal.SIGXCPU):
            return MediaRefused(RefusalCode.TOO_SLOW, "it used more processor time than allowed")
        return MediaRefused(RefusalCode.WORKER_KILLED, f"it ended the worker (status {status})")

    def _last_words(self) -> str:
        """Return the last line a worker that never became ready wrote to its error output."""
        self._process.kill()
        if self._process.stderr is None:
            return ""
        lines = self._process.stderr.read(_COMPLAINT_BYTES).decode("utf-8", "replace").strip().splitlines()
        return lines[-1][:300] if lines else ""


def _spawn(command: list[str], passed: tuple[int, ...]) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            bufsize=0,
            cwd="/",
            env=environment(PACKAGE_ROOT),
            pass_fds=passed,
        )
    except OSError as error:
        raise MediaRefused(
            RefusalCode.UNSUPPORTED_HERE, f"no worker could be started: {error.strerror}"
        ) from error


def _pipes(process: subprocess.Popen[bytes]) -> tuple[int, int]:
    assert process.stdin is not None
    assert process.stdout is not None
    ends = process.stdin.fileno(), process.stdout.fileno()
    for end in ends:
        os.set_blocking(end, False)
        with suppress(OSError):
            fcntl.fcntl(end, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)
    return ends


def _process_inside(report: int) -> int | None:
    """Return a handle on the first process inside bubblewrap, whose end is the end of all in there."""
    with suppress(OSError, ValueError, KeyError), os.fdopen(os.dup(report), "rb") as stated:
        return os.pidfd_open(int(json.load(stated)["child-pid"]))
    return None


def _refusal(payload: bytearray) -> MediaRefused:
    code, _, message = payload.decode("utf-8", "replace").partition("\n")
    shown = "".join(one if one.isprintable() else " " for one in message)
    try:
        return MediaRefused(code, shown)
    except ValueError:
        return MediaRefused(RefusalCode.WORKER_KILLED, "the worker gave an answer that does not exist")
