"""Writes the settings that MLServer reads, then becomes `mlserver start`."""

import json
import os
import sys
from pathlib import Path

from benchmarks.serving.ports import free_port
from benchmarks.serving.systems.given import given


def main() -> None:
    told = given()
    folder = Path.cwd() / f"mlserver-{told.port}"
    folder.mkdir()
    runtime = "Engine" if told.same_engine else "AsWritten"
    model = {"name": "serving", "implementation": f"benchmarks.serving.systems.mlserver_runtime.{runtime}"}
    server = {
        "host": "127.0.0.1", "http_port": told.port, "grpc_port": free_port(), "metrics_port": free_port(),
        "debug": False,
    }  # fmt: skip
    if told.same_engine:
        server["parallel_workers"] = 0  # in the server's own process: nothing is copied to another one
    (folder / "settings.json").write_text(json.dumps(server), encoding="utf-8")
    (folder / "model-settings.json").write_text(json.dumps(model), encoding="utf-8")
    os.environ["SERVED_CHECKPOINT"] = str(told.checkpoint)
    command = str(Path(sys.executable).with_name("mlserver"))
    os.execv(command, [command, "start", str(folder)])


if __name__ == "__main__":
    main()
