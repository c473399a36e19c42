"""The PyTorch side of the weights bench, and the maker of its files.

make FILE zip|legacy   writes the encoder of SpectralGPT Base with random numbers
load FILE              for every line `run` on standard input: torch.load into memory, prints time and digest
"""
import collections
import hashlib
import json
import resource
import sys
import time

import torch

torch.set_num_threads(2)


def shapes():
    width = 768
    yield "pos_embed_spatial", (1, 256, width)
    yield "pos_embed_temporal", (1, 4, width)
    yield "patch_embed.proj.weight", (width, 1, 3, 8, 8)
    yield "patch_embed.proj.bias", (width,)
    for i in range(12):
        block = f"blocks.{i}."
        for norm in ("norm1", "norm2"):
            yield block + norm + ".weight", (width,)
            yield block + norm + ".bias", (width,)
        for part in "q", "k", "v", "proj":
            yield f"{block}attn.{part}.weight", (width, width)
            yield f"{block}attn.{part}.bias", (width,)
        yield block + "mlp.fc1.weight", (4 * width, width)
        yield block + "mlp.fc1.bias", (4 * width,)
        yield block + "mlp.fc2.weight", (width, 4 * width)
        yield block + "mlp.fc2.bias", (width,)
    yield "norm.weight", (width,)
    yield "norm.bias", (width,)


def make(path, kind):
    torch.manual_seed(11)
    model = collections.OrderedDict((name, torch.randn(shape)) for name, shape in shapes())
    torch.save({"model": model, "epoch": 199}, path, _use_new_zipfile_serialization=kind == "zip")


def load(path):
    start, used = time.perf_counter(), time.process_time()
    model = torch.load(path, weights_only=True)["model"]
    wall, cpu = time.perf_counter() - start, time.process_time() - used
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    digest = hashlib.md5()
    # In the order of our paths.
    for name in sorted(model):
        digest.update(memoryview(model[name].contiguous().view(torch.uint8).flatten().numpy()))
    print(json.dumps(dict(cpu=cpu, wall=wall, digest=digest.hexdigest(), peakRss=peak)), flush=True)


if sys.argv[1] == "make":
    make(sys.argv[2], sys.argv[3])
else:
    for line in sys.stdin:
        if line.strip() == "run":
            load(sys.argv[2])
