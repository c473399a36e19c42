"""The referee of the raster tests: reads and writes rasters with rasterio (and scipy) as told by JSON lines."""
import hashlib
import json
import os
import sys
import warnings

import numpy
import rasterio
from rasterio.windows import Window

warnings.filterwarnings("ignore")


def digest(array):
    return hashlib.md5(numpy.ascontiguousarray(array).tobytes()).hexdigest()


def read(request):
    with rasterio.open(request["path"]) as dataset:
        window = Window(*request["window"]) if "window" in request else None
        size = request.get("size")
        shape = None if size is None else (size[1], size[0])
        bands = [dataset.read(i, window=window, out_shape=shape) for i in dataset.indexes]
        transform = list(dataset.transform.to_gdal())
        try:
            epsg = dataset.crs.to_epsg() if dataset.crs else None
        except Exception:
            epsg = None
        answer = {
            "driver": dataset.driver,
            "width": dataset.width,
            "height": dataset.height,
            "types": list(dataset.dtypes),
            "transform": None if dataset.transform.is_identity else transform,
            "epsg": epsg,
            "nodata": [None if value is None else repr(float(value)) for value in dataset.nodatavals],
            "digests": [digest(band) for band in bands],
            "masks": [
                digest((dataset.read_masks(i, window=window, out_shape=shape) != 0).astype("uint8"))
                for i in dataset.indexes
            ],
        }
        if "samples" in request:
            numpy.stack(bands).tofile(request["samples"])
        return answer


def statistics(request):
    with rasterio.open(request["path"]) as dataset:
        rows = []
        for i in dataset.indexes:
            band = dataset.read(i, masked=True)
            valid = band.compressed().astype("float64")
            valid = valid[numpy.isfinite(valid)]
            counts, edges = numpy.histogram(valid, request["bins"])
            rows.append({
                "min": valid.min(), "max": valid.max(), "mean": valid.mean(), "std": valid.std(),
                "count": int(valid.size), "validPercent": 100 * valid.size / band.size,
                "histogram": counts.tolist(), "edges": [edges[0], edges[-1]],
            })
        return rows


def mat(request):
    from scipy.io import loadmat

    array = loadmat(request["path"], variable_names=[request["name"]])[request["name"]]
    shape = request.get("image")
    if shape is not None:
        spectra = array if array.shape[1] == shape[0] * shape[1] else array.T
        array = spectra.reshape(spectra.shape[0], *shape, order="F").transpose(1, 2, 0)
    if array.ndim == 2:
        array = array[:, :, None]
    cube = array.transpose(2, 0, 1).astype(request["type"])
    return {"shape": list(cube.shape), "digests": [digest(band) for band in cube]}


def pattern(bands, height, width, dtype, seed=1):
    """Smooth ground with edges and noise, using the whole range of small types."""
    random = numpy.random.default_rng(seed)
    y, x = numpy.mgrid[0:height, 0:width]
    cube = []
    for band in range(bands):
        value = 90 + 60 * numpy.sin(x / (7 + band)) + 40 * numpy.cos(y / 9) + random.normal(0, 4, (height, width))
        value[: height // 4, : width // 5] = 0
        cube.append(value)
    cube = numpy.clip(numpy.stack(cube), 0, 250)
    dtype = numpy.dtype(dtype)
    if dtype.kind == "f":
        return (cube / 250).astype(dtype)
    if dtype.itemsize > 1:
        cube = cube * 40 - (1500 if dtype.kind == "i" else 0)
    return cube.astype(dtype)


def write(request):
    """Writes one raster by rasterio with the options of the request."""
    options = dict(request["profile"])
    values = options.pop("values", None)
    bands, height, width = options["count"], options["height"], options["width"]
    data = pattern(bands, height, width, options["dtype"], request.get("seed", 1))
    if values is not None:
        data[:] = values
    if "transform" in options:
        options["transform"] = rasterio.Affine.from_gdal(*options["transform"])
    os.makedirs(os.path.dirname(request["path"]), exist_ok=True)
    internal = rasterio.Env(GDAL_TIFF_INTERNAL_MASK=True)
    with internal, rasterio.open(request["path"], "w", **options) as dataset:
        dataset.write(data)
        if request.get("mask"):
            dataset.write_mask(numpy.random.default_rng(7).random((height, width)) < 0.8)
        for key, tags in request.get("tags", {}).items():
            dataset.update_tags(ns=key, **tags)
        for index, name in enumerate(request.get("names", []), 1):
            dataset.set_band_description(index, name)
    if request.get("raw"):
        data.tofile(request["raw"])
    return {"digests": [digest(band) for band in data]}


DO = {"read": read, "statistics": statistics, "mat": mat, "write": write}
for line in sys.stdin:
    try:
        request = json.loads(line)
        answer = DO[request["do"]](request)
    except Exception as error:
        answer = {"error": f"{type(error).__name__}: {error}"[:300]}
    print(json.dumps(answer), flush=True)
