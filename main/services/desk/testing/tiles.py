"""Writes scenes of several kinds into a folder and answers, by JSON lines, what rasterio makes of their tiles."""
import json
import os
import sys
import warnings

import numpy
import rasterio
from affine import Affine
from rasterio.enums import Resampling
from rasterio.warp import reproject
from rasterio.windows import Window

warnings.filterwarnings("ignore")


def ground(bands, height, width, dtype, seed):
    """Waves and noise, so that a pixel differs from its neighbours."""
    random = numpy.random.default_rng(seed)
    y, x = numpy.mgrid[0:height, 0:width]
    waves = [1000 + 400 * numpy.sin(x / (5 + b)) * numpy.cos(y / (7 + b)) for b in range(bands)]
    cube = numpy.stack(waves) + random.uniform(0, 200, (bands, height, width))
    return cube.astype(dtype)


def write(path, cube, **options):
    bands, height, width = cube.shape
    profile = {"driver": "GTiff", "count": bands, "height": height, "width": width, "dtype": cube.dtype}
    with rasterio.open(path, "w", **{**profile, **options}) as dataset:
        dataset.write(cube)


def make(folder):
    utm = {"crs": "EPSG:32633", "transform": Affine(10, 0, 400000, 0, -10, 5200000)}
    tiled = {"tiled": True, "blockxsize": 256, "blockysize": 256, "compress": "deflate"}
    cube = ground(3, 530, 700, "uint16", 1)
    cube[:, 100:140, 200:300] = 0
    write(f"{folder}/utm.tif", cube, nodata=0, **utm, **tiled)
    write(f"{folder}/scaled.tif", cube, nodata=0, **utm, **tiled)
    with rasterio.open(f"{folder}/scaled.tif", "r+") as dataset:
        dataset.scales, dataset.offsets = [0.0001, 0.0002, 0.0001], [-0.1, 0, 0]
    floats = ground(2, 300, 280, "float32", 2)
    floats[1, 10:40, 50:90] = numpy.nan
    write(f"{folder}/float.tif", floats, **utm)
    rotated = Affine.translation(400000, 5200000) * Affine.rotation(30) * Affine.scale(10, -10)
    write(f"{folder}/rotated.tif", ground(1, 400, 600, "int16", 3), nodata=-1, crs="EPSG:32633", transform=rotated)
    write(f"{folder}/southUp.tif", ground(1, 300, 400, "uint16", 4), crs="EPSG:32633",
          transform=Affine(10, 0, 400000, 0, 10, 5200000))
    write(f"{folder}/oblong.tif", ground(1, 200, 300, "uint8", 5), crs="EPSG:4326",
          transform=Affine(0.002, 0, 14, 0, -0.001, 47))
    write(f"{folder}/bare.tif", ground(1, 300, 500, "uint16", 6))
    write(f"{folder}/cube.dat", ground(6, 310, 420, "int16", 7), driver="ENVI", INTERLEAVE="BIP", **utm)
    classes = numpy.random.default_rng(8).integers(0, 4, (1, 260, 300)).astype("uint8")
    with rasterio.open(f"{folder}/classes.tif", "w", driver="GTiff", count=1, height=260, width=300,
                       dtype="uint8", nodata=0, **utm) as dataset:
        dataset.write_colormap(1, {0: (0, 0, 0, 0), 1: (10, 20, 30, 255), 2: (200, 0, 0, 255), 3: (0, 99, 0, 255)})
        dataset.write(classes)
    large = ground(1, 2600, 3100, "uint16", 9)
    write(f"{folder}/large.tif", large, **utm, **tiled)
    write(f"{folder}/overviews.tif", large, **utm, **tiled)
    with rasterio.open(f"{folder}/overviews.tif", "r+") as dataset:
        dataset.build_overviews([2, 4, 8, 16], Resampling.average)
    y, x = numpy.mgrid[0:6000, 0:6000].astype("float32")
    write(f"{folder}/wide.tif", (100 + 60 * numpy.sin(x / 17) * numpy.cos(y / 13) + x / 100).astype("uint8")[None],
          **utm, **tiled)
    return {}


def planes_of(request):
    """Bands of a tile and its mask, by GDAL's warper with nearest neighbours."""
    size, resolution = 256, request["resolution"]
    left = request["bounds"][0] + request["x"] * size * resolution
    top = request["bounds"][3] - request["y"] * size * resolution
    target = Affine(resolution, 0, left, 0, -resolution, top)
    with rasterio.open(request["path"]) as dataset:
        crs = dataset.crs or "EPSG:32633"
        source = dataset.transform
        if source.is_identity:
            # the warper takes the pixels of a picture for no georeference: move them
            source, target = Affine(1, 0, 1000, 0, -1, 1000), Affine.translation(1000, 1000) * target
        options = {"src_transform": source, "src_crs": crs, "dst_transform": target, "dst_crs": crs,
                   "resampling": Resampling.nearest, "tolerance": 0}
        mask = numpy.full((size, size), 255, "uint8")
        planes = []
        for band in request["bands"]:
            plane = numpy.zeros((size, size), dataset.dtypes[band])
            reproject(dataset.read(band + 1), plane, init_dest_nodata=False, **options)
            valid = numpy.zeros((size, size), "uint8")
            samples = dataset.read(band + 1)
            source_mask = dataset.read_masks(band + 1)
            if samples.dtype.kind == "f":
                source_mask = numpy.where(numpy.isnan(samples), 0, source_mask).astype("uint8")
            reproject(source_mask, valid, init_dest_nodata=False, **options)
            mask &= valid
            planes.append(plane)
    return planes, mask


def tile(request):
    planes, mask = planes_of(request)
    with open(request["out"], "wb") as out:
        for plane in planes:
            out.write(plane.tobytes())
        out.write(mask.tobytes())
    return {}


def index(request):
    """A formula of numpy over physical values b[0], b[1] ... of a tile, in doubles."""
    planes, mask = planes_of(request)
    with rasterio.open(request["path"]) as dataset:
        b = [plane.astype("float64") * dataset.scales[band] + dataset.offsets[band]
             for plane, band in zip(planes, request["bands"])]
    with numpy.errstate(all="ignore"):
        values = eval(request["formula"], {"numpy": numpy, "b": b})
    mask = numpy.where(numpy.isfinite(values), mask, 0).astype("uint8")
    with open(request["out"], "wb") as out:
        out.write(values.astype("float32").tobytes() + mask.tobytes())
    return {}


def overview(request):
    """A window read at the size of a tile: what rasterio takes from the overviews of the file."""
    with rasterio.open(request["path"]) as dataset:
        window = Window(*request["window"])
        dataset.read(1, window=window, out_shape=(256, 256)).tofile(request["out"])
    return {}


def classes(request):
    with rasterio.open(request["path"]) as dataset:
        band = dataset.read(1, masked=True).compressed().astype("float64")
        p2, p98 = numpy.percentile(band, [2, 98])
        return {"min": band.min(), "max": band.max(), "mean": band.mean(), "std": band.std(), "p2": p2, "p98": p98,
                "counts": numpy.histogram(band, 256)[0].tolist()}


actions = {"make": lambda request: make(request["folder"]), "tile": tile, "index": index, "overview": overview, "figures": classes}

for line in sys.stdin:
    request = json.loads(line)
    print(json.dumps(actions[request["action"]](request)), flush=True)
