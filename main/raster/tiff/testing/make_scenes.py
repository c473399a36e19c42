"""Writes GeoTIFFs with rasterio (GDAL) into a folder and prints, one JSON line a file, what a reader must find in them."""
import hashlib
import json
import sys
import warnings

import numpy
import rasterio
from rasterio.control import GroundControlPoint
from rasterio.enums import ColorInterp, Resampling
from rasterio.transform import Affine, from_origin
from rasterio.windows import Window

warnings.filterwarnings("ignore")
folder = sys.argv[1]
random = numpy.random.default_rng(3)
WIDTH, HEIGHT = 150, 110
NORTH_UP = from_origin(400000, 5200000, 10, 10)


def pixels(count, dtype, top=200):
    smooth = numpy.add.outer(numpy.arange(HEIGHT), numpy.arange(WIDTH)) % top
    noise = random.integers(0, max(2, top // 8), (count, HEIGHT, WIDTH))
    return ((smooth + noise) % top).astype(dtype)


def digest(array):
    return hashlib.md5(numpy.ascontiguousarray(array).tobytes()).hexdigest()


def write(name, data, after=None, env=None, **profile):
    path = f"{folder}/{name}.tif"
    options = dict(driver="GTiff", width=data.shape[2], height=data.shape[1], count=data.shape[0],
                   dtype=data.dtype.name, crs="EPSG:32633", transform=NORTH_UP)
    options.update(profile)
    with rasterio.Env(**(env or {})):
        with rasterio.open(path, "w", **options) as out:
            out.write(data)
            if after:
                after(out)
    describe(name, path)


def reduced(dataset, window, width, height):
    shape = (dataset.count, height, width)
    return [digest(band) for band in dataset.read(window=window, out_shape=shape, resampling=Resampling.nearest)]


def describe(name, path):
    with rasterio.open(path) as dataset:
        window = Window(17, 9, 64, 50)
        reads = [
            {"window": [0, 0, dataset.width, dataset.height], "size": [37, 29]},
            {"window": [3, 5, 100, 90], "size": [25, 18]},
            {"window": [10, 10, 40, 40], "size": [80, 20]},
        ]
        for read in reads:
            read["digests"] = reduced(dataset, Window(*read["window"]), *read["size"])
        identity = dataset.transform.is_identity
        crs = dataset.crs or dataset.gcps[1]
        print(json.dumps({
            "name": name,
            "width": dataset.width,
            "height": dataset.height,
            "type": dataset.dtypes[0],
            "epsg": crs.to_epsg() if crs else None,
            "transform": None if identity else list(dataset.transform.to_gdal()),
            "nodata": None if dataset.nodata is None else repr(float(dataset.nodata)),
            "overviews": dataset.overviews(1),
            "descriptions": dataset.descriptions,
            "scales": dataset.scales,
            "offsets": dataset.offsets,
            "digests": [digest(dataset.read(i, window=window)) for i in dataset.indexes],
            "masks": [digest((dataset.read_masks(i, window=window) != 0).astype("uint8")) for i in dataset.indexes],
            "reads": reads,
        }), flush=True)


for dtype in ["uint8", "int8", "uint16", "int16", "uint32", "int32", "uint64", "int64", "float32", "float64"]:
    for compress in ["none", "lzw", "deflate", "zstd", "packbits"]:
        predicted = compress in ("lzw", "deflate", "zstd")
        predictor = (3 if dtype.startswith("float") else 2) if predicted else None
        extra = {"predictor": predictor} if predictor else {}
        write(f"{dtype}-{compress}", pixels(3, dtype, 120), compress=compress, tiled=True, blockxsize=64,
              blockysize=48, interleave="pixel", **extra)
for endianness in ["LITTLE", "BIG"]:
    for bigtiff in ["NO", "YES"]:
        for interleave in ["pixel", "band"]:
            write(f"{endianness}-{bigtiff}-{interleave}", pixels(4, "int16"), compress="deflate", predictor=2,
                  endianness=endianness, bigtiff=bigtiff, interleave=interleave, blockysize=7)
for bits in [1, 2, 4, 5, 7]:
    write(f"bits-{bits}", pixels(2, "uint8", 2**bits), nbits=bits)
for bits in [9, 12, 15]:
    write(f"bits-{bits}", pixels(2, "uint16", 2**bits), nbits=bits, compress="lzw")
for bits in [17, 24, 31]:
    write(f"bits-{bits}", pixels(1, "uint32", 2**bits), nbits=bits, interleave="band")
for bits in [16, 24]:
    write(f"float-{bits}", (pixels(2, "float32") / 7 - 9).astype("float32"), nbits=bits)
write("float-16-tiny", (pixels(1, "float32") * 1e-8).astype("float32"), nbits=16)
write("white-is-zero", pixels(1, "uint8"), photometric="miniswhite")
write("sparse", numpy.zeros((2, HEIGHT, WIDTH), "uint16"), sparse_ok=True, tiled=True, blockxsize=32, blockysize=32)
write("sparse-nodata", numpy.full((1, HEIGHT, WIDTH), 7, "uint16"), sparse_ok=True, nodata=7, tiled=True,
      blockxsize=32, blockysize=32, compress="deflate")
write("nodata-nan", numpy.where(pixels(2, "float32") > 50, numpy.nan, 3).astype("float32"), nodata=float("nan"))
write("nodata-negative", pixels(2, "int16") - 20, nodata=-5)
write("rotated", pixels(1, "uint8"), transform=Affine(8, 3, 400000, -2, -9, 5200000))
write("point", pixels(1, "uint8"), after=lambda out: out.update_tags(AREA_OR_POINT="Point"))
write("no-crs", pixels(1, "uint8"), crs=None, transform=Affine.identity())
write("no-crs-placed", pixels(1, "uint8"), crs=None)
write("geographic", pixels(1, "uint8"), crs="EPSG:4326", transform=from_origin(12, 47, 0.001, 0.001))
write("polar", pixels(1, "uint8"), crs="EPSG:3031")
write("mercator", pixels(1, "uint8"), crs="EPSG:3857")
write("alpha", pixels(4, "uint8", 4), photometric="rgb", alpha="yes")
write("alpha-16", pixels(2, "uint16", 3), alpha="unspecified")


def describe_bands(out):
    out.scales, out.offsets = (0.0001, 2.0), (-0.1, 5.0)
    out.set_band_description(1, "B04 – red")
    out.update_tags(1, WAVELENGTH="664.6", WAVELENGTH_UNITS="Nanometers", FWHM="31")
    out.update_tags(2, wavelength="0.8328", wavelength_units="Micrometers", bbl="0")
    out.update_tags(SENSOR="made <up> & \"quoted\"")
    out.update_tags(1, STATISTICS_MINIMUM=1, STATISTICS_MAXIMUM=9, STATISTICS_MEAN=4.5, STATISTICS_STDDEV=2)


write("described", pixels(2, "uint16"), after=describe_bands)
write("palette", pixels(1, "uint8", 5), photometric="palette", nodata=0,
      after=lambda out: out.write_colormap(1, {i: (i, 40 * i, 255 - i, 255) for i in range(5)}))


def with_mask(out):
    out.write_mask(pixels(1, "uint8", 3)[0] > 0)


write("mask-inside", pixels(3, "uint8"), after=with_mask, env={"GDAL_TIFF_INTERNAL_MASK": True})
write("mask-outside", pixels(2, "uint8"), after=with_mask, env={"GDAL_TIFF_INTERNAL_MASK": False})
write("mask-inside-deflate", pixels(3, "uint8"), after=with_mask, compress="deflate", tiled=True, blockxsize=64,
      blockysize=64, env={"GDAL_TIFF_INTERNAL_MASK": True})


def overviews(name, env=None, **profile):
    data = pixels(2, "uint16")
    path = f"{folder}/{name}.tif"
    with rasterio.Env(**(env or {})):
        with rasterio.open(path, "w", driver="GTiff", width=WIDTH, height=HEIGHT, count=2, dtype="uint16",
                           crs="EPSG:32633", transform=NORTH_UP, tiled=True, blockxsize=32, blockysize=32,
                           **profile) as out:
            out.write(data)
        with rasterio.open(path, "r+") as out:
            out.build_overviews([2, 4, 8], Resampling.average)
    describe(name, path)


overviews("overviews-inside", compress="deflate")
overviews("overviews-outside", compress="zstd", env={"TIFF_USE_OVR": True})
write("cog", pixels(3, "uint8"), driver="COG", compress="deflate", blocksize=128)
write("jpeg-grey", pixels(1, "uint8"), compress="jpeg", tiled=True, blockxsize=64, blockysize=64)
write("jpeg-rgb", pixels(3, "uint8"), compress="jpeg", photometric="rgb", tiled=True, blockxsize=64, blockysize=64)
write("jpeg-bands", pixels(5, "uint8"), compress="jpeg", interleave="band")
write("webp-lossless", pixels(3, "uint8"), compress="webp", webp_lossless=True, tiled=True, blockxsize=64, blockysize=64)
write("webp-lossless-alpha", pixels(4, "uint8"), compress="webp", webp_lossless=True, tiled=True, blockxsize=64,
      blockysize=64, photometric="rgb", alpha="yes")
write("webp-lossy", pixels(3, "uint8"), compress="webp", webp_level=60, tiled=True, blockxsize=64, blockysize=64)
for dtype in ["uint8", "int16", "uint16", "int32", "float32", "float64"]:
    for compress in ["lerc", "lerc_deflate", "lerc_zstd"]:
        write(f"{compress}-{dtype}", pixels(3, dtype), compress=compress, max_z_error=0, tiled=True, blockxsize=64,
              blockysize=64)
write("lerc-nan", numpy.where(pixels(2, "float32") > 100, numpy.nan, pixels(2, "float32")).astype("float32"),
      compress="lerc", interleave="band")
write("world-file", pixels(1, "uint8"), crs=None, profile="BASELINE", tfw="YES")
points = [GroundControlPoint(0, 0, 1, 2), GroundControlPoint(9, 0, 1, 3), GroundControlPoint(9, 9, 2, 3)]
write("control-points", pixels(1, "uint8"), transform=None, gcps=points)
