"""Hosts on loopback, policies that allow them, and resolvers that know them."""

import socket
import socketserver
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from openfrs.checked_network import Address, Resolve
from openfrs.image_urls import UrlPolicy, fetch
from openfrs.objects.local import LocalObjects

PICTURE = b"\xff\xd8 not much of a picture"
HOST = "pictures.example"
LOOPBACK = ip_address("127.0.0.1")
MAX_BYTES = 1000

Script = Callable[[socket.socket], None]


def policy(
    *hosts: str,
    private: Sequence[str] = (HOST,),
    buckets: Mapping[str, Path] | None = None,
    timeout: float = 20.0,
    max_redirects: int = 3,
) -> UrlPolicy:
    return UrlPolicy(
        hosts=frozenset(hosts),
        buckets={name: LocalObjects(root) for name, root in (buckets or {}).items()},
        private_hosts=frozenset(private),
        max_bytes=MAX_BYTES,
        timeout=timeout,
        max_redirects=max_redirects,
    )


def everything_on_loopback(host: str, port: int) -> list[Address]:
    return [LOOPBACK]


def leads_to(*addresses: str) -> Resolve:
    def resolve(host: str, port: int) -> list[Address]:
        return [ip_address(address) for address in addresses]

    return resolve


def never(host: str, port: int) -> list[Address]:
    raise AssertionError(f"{host} was looked up")


class Server:
    """A host on loopback that says what its script says, and remembers what it was asked."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.requests: list[bytes] = []
        self.scripts: dict[bytes, Script] = {}

    @property
    def host(self) -> str:
        return f"{HOST}:{self.port}"

    def url(self, path: str = "/") -> str:
        return f"http://{self.host}{path}"

    def says(self, *parts: bytes, path: str = "/") -> None:
        def script(connection: socket.socket) -> None:
            for part in parts:
                connection.sendall(part)

        self.scripts[path.encode()] = script

    def answers(self, body: bytes, *headers: bytes, status: bytes = b"200 OK") -> None:
        self.says(response(body, *headers, status=status))

    def redirects(self, location: str, path: str = "/", status: bytes = b"302 Found") -> None:
        self.says(response(b"", b"Location: " + location.encode(), status=status), path=path)

    def fetch(self, path: str = "/", **limits: float) -> bytes:
        allowed = policy(self.host, **limits)  # type: ignore[arg-type]
        return fetch(self.url(path), allowed, resolve=everything_on_loopback)


def response(body: bytes, *headers: bytes, status: bytes = b"200 OK") -> bytes:
    lines = [b"HTTP/1.1 " + status, b"Content-Length: %d" % len(body), *headers, b"", body]
    return b"\r\n".join(lines)


@contextmanager
def serving(tls: ssl.SSLContext | None = None) -> Iterator[Server]:
    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            connection: socket.socket = self.request
            with suppress(OSError), ExitStack() as stack:  # the client may go whenever it likes
                connection.settimeout(20)
                if tls:
                    connection = stack.enter_context(tls.wrap_socket(connection, server_side=True))
                request = b""
                while b"\r\n\r\n" not in request:
                    piece = connection.recv(4096)
                    if not piece:
                        return
                    request += piece
                started.requests.append(request)
                started.scripts[request.split(b" ")[1]](connection)

    class Listener(socketserver.ThreadingTCPServer):
        daemon_threads = False  # so that closing waits for the handlers

    with Listener(("127.0.0.1", 0), Handler) as listener:
        started = Server(listener.server_address[1])
        thread = threading.Thread(target=listener.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield started
        finally:
            listener.shutdown()
            thread.join()


def tls_pair(folder: Path, name: str) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """A server's context with a certificate for that name, and a client's that trusts it."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "test")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = certificate.public_bytes(serialization.Encoding.PEM)
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    (folder / "chain.pem").write_bytes(private + pem)
    own = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    own.load_cert_chain(folder / "chain.pem")
    return own, ssl.create_default_context(cadata=pem.decode())
