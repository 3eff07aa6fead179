"""The program of a llama.cpp child process: loads one model, serves it on a loopback port, ends with its parent.

It reads what to do from standard input, one line of JSON, so that neither the key nor the path stands in a list of
processes; prints its address when it is ready; and goes on until standard input closes, which it does when the parent
ends, however that happens.
"""

from __future__ import annotations

import json
import os
import socket
import sys
from typing import Any

HOST = "127.0.0.1"


def serve(order: dict[str, Any]) -> Any:
    """Load the model and listen; returns the server, which works as long as it is kept."""
    import xllamacpp

    params = xllamacpp.CommonParams()
    params.model.path = order["path"]
    params.model_alias = {order["alias"]}  # otherwise it would tell the file's path to everybody
    params.hostnames = [HOST]
    params.port = free_port()
    params.api_keys = [order["key"]]
    params.n_ctx = order["context"] * order["parallel"]
    params.n_parallel = order["parallel"]
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = order["threads"]
    params.n_threads_http = order["parallel"] + 2
    params.embedding = order["embedding"]
    params.warmup = False
    params.verbosity = -1
    params.endpoint_props = True
    params.ui = False
    return xllamacpp.Server(params)


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def main() -> None:
    """Read the order, serve, wait for the parent's end."""
    order = json.loads(sys.stdin.readline())
    spoken = os.dup(1)
    os.dup2(2, 1)  # what the library prints goes with the errors; the address alone is spoken
    server = serve(order)
    os.write(spoken, (server.listening_address + "\n").encode())
    while sys.stdin.read(4_096):
        pass
    os._exit(0)  # the library's threads would be waited for otherwise


if __name__ == "__main__":
    main()
