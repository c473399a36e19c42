"""What the machine can do: one JSON line on standard output. GFLOP/s of float32 products (PyTorch, 2,048 squared), GB/s of
copying in memory (read and written, 256 MiB, all threads), MB/s of a file written and synced, and read again from the disk.
Best of several."""

import json
import os
import sys
import tempfile
import time

import torch

torch.set_num_threads(os.cpu_count())


def best(work, rounds):
    seconds = []
    for _ in range(rounds):
        start = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - start)
    return min(seconds)


def product():
    n = 2048
    a, b = torch.rand(n, n), torch.rand(n, n)
    out = torch.empty(n, n)
    return 2 * n**3 / best(lambda: torch.mm(a, b, out=out), 8) / 1e9


def copying():
    source = torch.rand(2**26)
    target = torch.empty_like(source)
    return 2 * 4 * 2**26 / best(lambda: target.copy_(source), 8) / 1e9


def disk(folder):
    size = 2**28
    block = os.urandom(2**24)
    path = os.path.join(folder, "peak")

    def write():
        with open(path, "wb") as file:
            for _ in range(size // len(block)):
                file.write(block)
            file.flush()
            os.fsync(file.fileno())

    def read():
        with open(path, "rb", buffering=0) as file:
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
            while file.read(2**24):
                pass

    return size / best(write, 3) / 1e6, size / best(read, 3) / 1e6


with tempfile.TemporaryDirectory(dir=sys.argv[1] if len(sys.argv) > 1 else None) as folder:
    written, read = disk(folder)
print(json.dumps({"gemm": product(), "memory": copying(), "write": written, "read": read}))
