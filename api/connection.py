"""One HTTP connection, as uvicorn serves it, with a single timer for all of its idle times.

A connection that stays idle for too long is closed. uvicorn starts a timer for that after every
answer and stops it at the next request, which costs more than anything else that it does between
the two. Here the moment is noted, and the timer looks at it when it goes off.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

if TYPE_CHECKING:
    import asyncio

    from uvicorn._types import ASGI3Application
    from uvicorn.protocols.http.httptools_impl import RequestResponseCycle


class Connection(HttpToolsProtocol):
    """A connection of the server; uvicorn makes them."""

    _idle_since: float | None = None
    """By the loop's clock; None while something is asked or answered."""

    _running: asyncio.Task[None] | None = None
    """What answers the request under way; the loop alone would not keep it alive."""

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: ASGI3Application) -> None:
        """Answer a request. The server is told of the task when it must wait for it, or end it:
        most have long ended by then.
        """
        self._running = self.loop.create_task(cycle.run_asgi(app))

    def shutdown(self) -> None:
        """The server stops: finish what is under way, and close."""
        super().shutdown()
        self._hand_over()

    def connection_lost(self, exc: Exception | None) -> None:
        """It is gone, and its timer with it; what it asked for may go on."""
        super().connection_lost(exc)
        if self.timeout_keep_alive_task is not None:
            self.timeout_keep_alive_task.cancel()
            self.timeout_keep_alive_task = None
        self._hand_over()

    def _hand_over(self) -> None:
        """Let the server know of the task at work, as it knows of its own."""
        task = self._running
        if task is not None and not task.done():
            self.tasks.add(task)
            task.add_done_callback(self.tasks.discard)

    def on_response_complete(self) -> None:
        """Go on with the next request if it has come already; else be idle from now on."""
        self.server_state.total_requests += 1
        if self.transport.is_closing():
            return
        self.flow.resume_reading()
        if self.pipeline:
            self._start_asgi_task(*self.pipeline.pop())
            return
        self._idle_since = self.loop.time()
        if self.timeout_keep_alive_task is None:
            self._look_in(self.timeout_keep_alive)

    def timeout_keep_alive_handler(self) -> None:
        """Close the connection if it has been idle for long enough by now."""
        self.timeout_keep_alive_task = None
        if self._idle_since is None:
            return  # the answer that is under way starts the timer again
        left = self._idle_since + self.timeout_keep_alive - self.loop.time()
        if left > 0:
            self._look_in(left)
        elif not self.transport.is_closing():
            self.transport.close()

    def _look_in(self, seconds: float) -> None:
        self.timeout_keep_alive_task = self.loop.call_later(
            seconds, self.timeout_keep_alive_handler
        )

    def _unset_keepalive_if_required(self) -> None:
        """Whatever comes ends an idle time; uvicorn calls this first."""
        self._idle_since = None
