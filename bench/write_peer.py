"""GDAL's side of the writing bench: write_peer.py MAP OUT DRIVER; one round for every line on standard input."""

import hashlib
import json
import os
import resource
import sys
import time
import warnings

import numpy
import rasterio
from rasterio.enums import Resampling
from rasterio.transform import Affine

warnings.filterwarnings("ignore")
side = 4096
source, path, driver = sys.argv[1:]
pixels = numpy.fromfile(source, "u1").reshape(side, side)
common = dict(
    width=side, height=side, count=1, dtype="uint8", nodata=0, crs="EPSG:32632",
    transform=Affine(10, 0, 5e5, 0, -10, 5e6), num_threads="ALL_CPUS", compress="deflate",
)
colors = {value: (value * 30, 255 - value * 30, 40, 255) for value in range(1, 9)}


def write():
    if driver == "COG":
        with rasterio.open(path, "w", driver="COG", blocksize=512, overview_resampling="nearest", **common) as data:
            data.write(pixels, 1)
            data.write_colormap(1, colors)
        return
    with rasterio.open(path, "w", driver="GTiff", tiled=True, blockxsize=512, blockysize=512, **common) as data:
        data.write(pixels, 1)
        data.write_colormap(1, colors)
    with rasterio.open(path, "r+") as data:
        data.build_overviews([2, 4, 8], Resampling.nearest)


def digest():
    result = hashlib.md5()
    with rasterio.open(path) as data:
        levels = len(data.overviews(1))
        result.update(data.read(1).tobytes())
    for level in range(levels):
        with rasterio.open(path, OVERVIEW_LEVEL=level) as data:
            result.update(data.read(1).tobytes())
    return result.hexdigest()


for line in sys.stdin:
    before, started = time.process_time(), time.perf_counter()
    write()
    wall, cpu = time.perf_counter() - started, time.process_time() - before
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    answer = {"cpu": cpu, "wall": wall, "digest": digest(), "peakRss": peak, "bytes": os.path.getsize(path)}
    print(json.dumps(answer), flush=True)
