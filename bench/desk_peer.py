"""GDAL's side of the benches of the desk, and the maker of their scenes.

make FOLDER    writes big.tif (a COG of about 1 GB: 8704 x 8704 x 8, uint16, DEFLATE, overviews) and bare.tif (the same pixels
               in tiles, without overviews) into FOLDER, where they are not there yet
tiles FILE     for every line `run` on standard input: renders the tiles of a path over the scene, prints time and digest
"""
import hashlib
import json
import os
import sys
import time
import warnings

import numpy
import rasterio
import rasterio.shutil
from rasterio.windows import Window

warnings.filterwarnings("ignore")
SIDE, BANDS, TILE = 8704, 8, 256
RGB = (3, 2, 1)


def rows(random, parcels, y, height):
    """Reflectances that compress as real ones do: sharp parcels, noise of a few per cent."""
    field = parcels[y // 64:(y + height) // 64].repeat(64, 0).repeat(64, 1)
    for band in range(BANDS):
        noise = random.normal(0, 25 + 2 * band, field.shape).astype("float32")
        yield (field * (0.6 + 0.07 * band) + noise).clip(1, 10000).astype("uint16")


def write_bare(path):
    random = numpy.random.default_rng(7)
    parcels = random.integers(300, 3000, (SIDE // 64, SIDE // 64)).astype("float32")
    profile = dict(driver="GTiff", width=SIDE, height=SIDE, count=BANDS, dtype="uint16", tiled=True, blockxsize=512,
                   blockysize=512, interleave="pixel", num_threads=2, compress="deflate", predictor=2, zlevel=1,
                   crs="EPSG:32633", transform=rasterio.transform.from_origin(300000, 5900000, 10, 10))
    with rasterio.open(path, "w", **profile) as out:
        for y in range(0, SIDE, 512):
            window = Window(0, y, SIDE, 512)
            out.write(numpy.stack(list(rows(random, parcels, y, 512))), window=window)


def make(folder):
    os.makedirs(folder, exist_ok=True)
    bare, big = os.path.join(folder, "bare.tif"), os.path.join(folder, "big.tif")
    if not os.path.exists(bare):
        write_bare(bare + ".part")
        os.rename(bare + ".part", bare)
    if not os.path.exists(big):
        rasterio.shutil.copy(bare, big + ".part", driver="COG", compress="deflate", predictor="yes", level=1,
                             num_threads=2, overviews="ignore_existing", overview_resampling="nearest")
        os.rename(big + ".part", big)


def tiles(path):
    """Every tile of levels 8, 4 and 1 pixels a step on the diagonal of the scene and beside it; deskTilesOurs.ts has the same."""
    for step in (8, 4, 1):
        count = -(-SIDE // (TILE * step))
        for i in range(count):
            for x in (i, i + 1):
                if x < count:
                    yield step, x, i


def run(path):
    digest = hashlib.md5()
    cpu = wall = 0.0
    with rasterio.Env(GDAL_NUM_THREADS="1", GDAL_CACHEMAX=64):
        start, used = time.perf_counter(), time.process_time()
        dataset = rasterio.open(path)
        for step, x, y in tiles(path):
            side = TILE * step
            window = Window(x * side, y * side, min(side, SIDE - x * side), min(side, SIDE - y * side))
            shape = (len(RGB), -(-window.height // step), -(-window.width // step))
            pixels = dataset.read([band + 1 for band in RGB], window=window, out_shape=shape)
            mask = dataset.read_masks(1, window=window, out_shape=shape[1:])
            wall, cpu = wall + time.perf_counter() - start, cpu + time.process_time() - used
            if shape[1:] == (TILE, TILE) and mask.all():
                digest.update(pixels.tobytes())
            start, used = time.perf_counter(), time.process_time()
        dataset.close()
    print(json.dumps({"cpu": cpu, "wall": wall, "digest": digest.hexdigest()}), flush=True)


if sys.argv[1] == "make":
    make(sys.argv[2])
else:
    for _ in sys.stdin:
        run(sys.argv[2])
