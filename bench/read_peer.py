"""The rasterio side of the reading benches, and the maker of their files.

make FOLDER          writes the scenes (4096 x 4096 x 12, uint16, 256 x 256 tiles), where they are not there yet
read FILE KIND       for every line `run` on standard input: reads the windows of KIND, prints time and digest
"""
import hashlib
import json
import os
import resource
import sys
import time
import warnings

import numpy
import rasterio
from rasterio.windows import Window

warnings.filterwarnings("ignore")
SIDE, BANDS = 4096, 12
FILES = {
    "none": dict(),
    "deflate": dict(compress="deflate", predictor=2),
    "zstd": dict(compress="zstd", predictor=2),
    "lzw": dict(compress="lzw", predictor=2),
}


def scene():
    """Reflectances that compress as real ones do: smooth fields, sharp parcels, noise of a few per cent."""
    random = numpy.random.default_rng(7)
    parcels = random.integers(300, 3000, (SIDE // 64, SIDE // 64)).repeat(64, 0).repeat(64, 1)
    for band in range(BANDS):
        coarse = random.normal(0, 200, (SIDE // 128 + 1, SIDE // 128 + 1)).repeat(128, 0).repeat(128, 1)
        noise = random.normal(0, 25 + 2 * band, (SIDE, SIDE))
        yield (parcels * (0.6 + 0.07 * band) + coarse[:SIDE, :SIDE] + noise).clip(1, 10000).astype("uint16")


def make(folder):
    wanted = {name: os.path.join(folder, f"read-{name}.tif") for name in FILES}
    if all(os.path.exists(path) for path in wanted.values()):
        return
    bands = list(scene())
    for name, path in wanted.items():
        part = path + ".part"
        profile = dict(driver="GTiff", width=SIDE, height=SIDE, count=BANDS, dtype="uint16", tiled=True,
                       blockxsize=256, blockysize=256, interleave="pixel", num_threads=2, **FILES[name])
        with rasterio.open(part, "w", **profile) as out:
            out.write(numpy.stack(bands))
        os.rename(part, path)


def windows(kind):
    """The windows of a kind; readOurs.ts has the same generator."""
    if kind == "scan":
        step, halo = 512, 16
        for y in range(0, SIDE // 2, step):
            for x in range(0, SIDE, step):
                left, top = max(0, x - halo), max(0, y - halo)
                right, bottom = min(SIDE, x + step + halo), min(SIDE, y + step + halo)
                yield left, top, right - left, bottom - top
        return
    side, count = (512, 12) if kind == "window" else (128, 80)
    state = 12345
    for _ in range(count):
        state = (state * 1103515245 + 12345) % 2**31
        x = state // 64 % (SIDE - side)
        state = (state * 1103515245 + 12345) % 2**31
        yield x, state // 64 % (SIDE - side), side, side


def run(path, kind):
    digest = hashlib.md5()
    cpu = wall = 0.0
    options = {} if kind == "scan" else {"GDAL_CACHEMAX": 64}
    with rasterio.Env(GDAL_NUM_THREADS="1", **options):
        start, used = time.perf_counter(), time.process_time()
        dataset = rasterio.open(path)
        for x, y, width, height in windows(kind):
            pixels = dataset.read(window=Window(x, y, width, height))
            wall, cpu = wall + time.perf_counter() - start, cpu + time.process_time() - used
            digest.update(pixels.tobytes())
            start, used = time.perf_counter(), time.process_time()
        dataset.close()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(json.dumps({"cpu": cpu, "wall": wall, "digest": digest.hexdigest(), "peakRss": peak}), flush=True)


if sys.argv[1] == "make":
    make(sys.argv[2])
else:
    for _ in sys.stdin:
        run(sys.argv[2], sys.argv[3])
