"""A service on a real socket, for clients that cannot be given an application."""

import socket
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager

import uvicorn

from openfrs.app import OpenFRS, create_app


@contextmanager
def listening(openfrs: OpenFRS) -> Iterator[str]:
    """Where the service listens, as http://127.0.0.1:PORT."""
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        server = uvicorn.Server(uvicorn.Config(create_app(openfrs), log_level="error"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()
