"""`python -IS healthy.py PORT PATH`: ends with 0 if this container answers 200 there, else with 1.

A health check is a new process every few seconds, so it imports a socket and nothing else: a third of urllib's time.
"""

import socket
import sys

TIMEOUT_S = 4.0


def is_healthy(port: int, path: str) -> bool:
    """Whether the answer's first line says 200."""
    try:
        with socket.create_connection(("127.0.0.1", port), TIMEOUT_S) as asked:
            asked.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
            return asked.recv(64).split(b" ")[1:2] == [b"200"]
    except OSError:
        return False


if __name__ == "__main__":
    sys.exit(not is_healthy(int(sys.argv[1]), sys.argv[2]))
