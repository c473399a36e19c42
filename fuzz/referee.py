"""Reads one raster a line with rasterio, by the driver that is named, and prints size, type and digests of its pixels as JSON."""
import hashlib
import json
import math
import sys
import warnings

import numpy
import rasterio
from rasterio.windows import Window

warnings.filterwarnings("ignore")
WHOLE_BYTES = 2**24
SIDE = 256


def digest(array):
    return hashlib.md5(numpy.ascontiguousarray(array).tobytes()).hexdigest()


def window_of(dataset, bytes_per_pixel):
    """All of a small raster, the middle of a large one. The other side has the same rule."""
    width, height = dataset.width, dataset.height
    if width * height * bytes_per_pixel <= WHOLE_BYTES:
        return Window(0, 0, width, height)
    side = max(1, min(SIDE, math.isqrt(WHOLE_BYTES // bytes_per_pixel)))
    x, y = max(0, width // 2 - side // 2), max(0, height // 2 - side // 2)
    return Window(x, y, min(side, width - x), min(side, height - y))


def facts(path):
    with rasterio.open(path, driver=sys.argv[1]) as dataset:
        size = numpy.dtype(dataset.dtypes[0]).itemsize
        window = window_of(dataset, dataset.count * size)
        return {
            "width": dataset.width,
            "height": dataset.height,
            "type": dataset.dtypes[0],
            "digests": [digest(dataset.read(i, window=window)) for i in dataset.indexes],
        }


for line in sys.stdin:
    path = json.loads(line)["path"]
    try:
        answer = facts(path)
    except UnicodeDecodeError:
        # A fault of the Python side with names that are no UTF-8: GDAL has read them.
        answer = {"error": {"code": "referee", "message": "names that are no UTF-8"}}
    except Exception as error:
        answer = {"error": {"message": str(error.__cause__ or error)[:300]}}
    print(json.dumps(answer), flush=True)
