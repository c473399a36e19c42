"""What NumPy, SciPy and rasterio make of areas of a scene: asked by JSON lines."""
import json
import sys
import warnings

import numpy
import rasterio
from affine import Affine
from rasterio.features import geometry_mask
from scipy import ndimage

warnings.filterwarnings("ignore")


def make(request):
    """Four materials in quarters, with noise, gradients and a hole of nodata; reflectance · 10,000."""
    random = numpy.random.default_rng(5)
    height, width, bands = 300, 320, request["bands"]
    y, x = numpy.mgrid[0:height, 0:width]
    quarter = (y >= 150) * 2 + (x >= 160)
    spectra = random.uniform(1000, 4000, (4, bands))
    cube = spectra[quarter].transpose(2, 0, 1) + random.normal(0, 60, (bands, height, width))
    cube += 2 * numpy.sin(x / 11) * 40
    cube = cube.astype("uint16")
    cube[:, 40:50, 60:75] = 0
    profile = {"driver": "GTiff", "count": bands, "height": height, "width": width, "dtype": "uint16", "nodata": 0,
               "crs": "EPSG:32633", "transform": Affine(10, 0, 400000, 0, -10, 5200000),
               "tiled": True, "blockxsize": 64, "blockysize": 64}
    with rasterio.open(request["path"], "w", **profile) as dataset:
        dataset.write(cube)
        dataset.scales = [0.0001] * bands
        dataset.offsets = [-0.1] * bands
    return {}


def physical(path):
    with rasterio.open(path) as dataset:
        cube = dataset.read().astype("float64")
        valid = (dataset.read_masks() != 0).all(axis=0)
        return cube * dataset.scales[0] + dataset.offsets[0], valid, dataset.transform


def pixels(cube, valid, transform, areas):
    inside = numpy.zeros(valid.shape, bool)
    for ring in areas:
        shape = {"type": "Polygon", "coordinates": [ring + [ring[0]]]}
        inside |= ~geometry_mask([shape], valid.shape, transform)
    return inside, cube[:, inside & valid]


def areas(request):
    cube, valid, transform = physical(request["path"])
    rows = []
    for area in request["areas"]:
        inside, spectra = pixels(cube, valid, transform, [area])
        rows.append({"pixels": int(inside.sum()), "mean": spectra.mean(1).tolist(), "std": spectra.std(1).tolist(),
                     "min": spectra.min(1).tolist(), "max": spectra.max(1).tolist()})
    return rows


def separability(request):
    cube, valid, transform = physical(request["path"])
    classes = [pixels(cube, valid, transform, areas)[1] for areas in request["classes"]]
    rows = []
    for i in range(len(classes)):
        for j in range(i + 1, len(classes)):
            a, b = classes[i], classes[j]
            ca, cb, apart = numpy.cov(a), numpy.cov(b), a.mean(1) - b.mean(1)
            middle = (ca + cb) / 2
            logs = [numpy.linalg.slogdet(m)[1] for m in (middle, ca, cb)]
            distance = apart @ numpy.linalg.solve(middle, apart) / 8 + (logs[0] - (logs[1] + logs[2]) / 2) / 2
            ia, ib = numpy.linalg.inv(ca), numpy.linalg.inv(cb)
            divergence = numpy.trace((ca - cb) @ (ib - ia)) / 2 + apart @ (ia + ib) @ apart / 2
            cosine = a.mean(1) @ b.mean(1) / numpy.linalg.norm(a.mean(1)) / numpy.linalg.norm(b.mean(1))
            rows.append([2 * (1 - numpy.exp(-distance)), 2 * (1 - numpy.exp(-divergence / 8)),
                         numpy.degrees(numpy.arccos(cosine))])
    return rows


def grow(request):
    """The connected set within a tolerance by SciPy's labels."""
    column, row = request["pixel"]
    with rasterio.open(request["path"]) as dataset:
        cube = dataset.read().astype("float64")
        valid = (dataset.read_masks() != 0).all(axis=0)
    top, left = max(0, row - 25), max(0, column - 25)
    around = (slice(top, row + 26), slice(left, column + 26))
    deviation = numpy.array([band[around][valid[around]].std() for band in cube])
    away = (cube - cube[:, row, column][:, None, None]) / deviation[:, None, None]
    close = (numpy.sqrt((away ** 2).mean(0)) <= request["tolerance"]) & valid
    labels, _ = ndimage.label(close)
    region = labels == labels[row, column]
    filled = ndimage.binary_fill_holes(region)
    return {"rows": ["".join("1" if v else "0" for v in line) for line in region],
            "pixels": int(region.sum()), "filled": int(filled.sum())}


def outline(request):
    """The pixels of polygons, as rows of 0 and 1."""
    with rasterio.open(request["path"]) as dataset:
        shape = {"type": "Polygon", "coordinates": [ring + [ring[0]] for ring in request["rings"]]}
        inside = ~geometry_mask([shape], dataset.shape, dataset.transform)
    return ["".join("1" if v else "0" for v in line) for line in inside]


def index(request):
    cube, valid, _ = physical(request["path"])
    a, b = cube[1][valid], cube[0][valid]
    values = (a - b) / (a + b + 0.5)
    p2, p98 = numpy.percentile(values, [2, 98])
    return {"min": values.min(), "max": values.max(), "mean": values.mean(), "std": values.std(), "p2": p2, "p98": p98}


def library(request):
    """An ENVI spectral library, read by its header."""
    with open(request["path"] + ".hdr") as file:
        text = file.read()
    fields = dict(line.split(" = ", 1) for line in text.splitlines() if " = " in line)
    values = numpy.fromfile(request["path"] + ".sli", {"5": "<f8"}[fields["data type"]])
    table = values.reshape(int(fields["lines"]), int(fields["samples"]))
    return {"fields": fields, "values": [[None if numpy.isnan(v) else v for v in row] for row in table.tolist()]}


actions = {"make": make, "areas": areas, "separability": separability, "grow": grow, "outline": outline,
           "index": index, "library": library}

for line in sys.stdin:
    request = json.loads(line)
    print(json.dumps(actions[request["action"]](request)), flush=True)
