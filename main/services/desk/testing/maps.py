"""Class maps by rasterio, and what NumPy and GDAL make of them: asked by JSON lines."""
import json
import sys
import warnings

import numpy
import rasterio
from affine import Affine
from rasterio.features import rasterize, sieve

warnings.filterwarnings("ignore")
colors = {0: (0, 0, 0, 0), 1: (20, 60, 200, 255), 2: (40, 90, 30, 255), 3: (230, 210, 40, 255), 4: (190, 60, 20, 255)}


def patches(seed, height, width):
    """Blobs of four classes of very different size, with specks and an empty corner."""
    random = numpy.random.default_rng(seed)
    y, x = numpy.mgrid[0:height, 0:width]
    waves = numpy.sin(x / 31 + 1) * numpy.cos(y / 23) + numpy.sin((x + 2 * y) / 57)
    classes = numpy.digitize(waves, [-1.2, 0.1, 1.5]) + 1
    specks = random.random((height, width)) < 0.03
    classes[specks] = random.integers(1, 5, specks.sum())
    classes[: height // 6, : width // 8] = 0
    return classes.astype("uint8")


def write(path, classes, crs="EPSG:32633"):
    height, width = classes.shape
    with rasterio.open(path, "w", driver="GTiff", count=1, height=height, width=width, dtype="uint8", nodata=0,
                       crs=crs, transform=Affine(10, 0, 400000, 0, -10, 5200000), tiled=True,
                       blockxsize=128, blockysize=128, compress="deflate") as dataset:
        dataset.write_colormap(1, colors)
        dataset.write(classes, 1)


def make(request):
    classes = patches(1, 330, 410)
    write(request["map"], classes)
    truth = classes.copy()
    random = numpy.random.default_rng(2)
    wrong = random.random(truth.shape) < 0.15
    truth[wrong] = random.integers(1, 5, wrong.sum())
    truth[:, 300:] = 0
    write(request["reference"], truth)
    both = (classes > 0) & (truth > 0)
    return {"counts": numpy.bincount(classes.ravel(), minlength=5).tolist(),
            "agrees": int((both & (classes == truth)).sum()), "differs": int((both & (classes != truth)).sum())}


def values(request):
    """Values of a raster at positions."""
    with rasterio.open(request["path"]) as dataset:
        return [int(value[0]) for value in dataset.sample(request["points"])]


def agreement(request):
    """Whether a raster is 1 where two others agree, 2 where they differ, 0 where one has no class; and its colours."""
    with rasterio.open(request["map"]) as a, rasterio.open(request["reference"]) as b:
        first, second = a.read(1), b.read(1)
    wanted = numpy.where((first == 0) | (second == 0), 0, numpy.where(first == second, 1, 2))
    with rasterio.open(request["path"]) as dataset:
        return {"equal": bool((dataset.read(1) == wanted).all()), "color": list(dataset.colormap(1)[2]),
                "overviews": dataset.overviews(1), "layout": dataset.tags(ns="IMAGE_STRUCTURE").get("LAYOUT")}


def sieved(request):
    """Whether a raster is GDAL's sieve of another."""
    with rasterio.open(request["map"]) as dataset:
        classes = dataset.read(1)
    wanted = sieve(classes, request["size"], mask=classes != 0) if request["size"] > 1 else classes
    with rasterio.open(request["path"]) as dataset:
        got = dataset.read(1)
        colors = {str(k): v for k, v in dataset.colormap(1).items() if k < 5}
    return {"differing": int((got != wanted).sum()), "changed": int((wanted != classes).sum()), "colors": colors}


def burnt(request):
    """Polygons of a vector file burnt again, beside the sieved map: how many pixels differ; and how the shapes meet."""
    import sqlite3
    from shapely import from_wkb
    from shapely.geometry import shape
    from shapely.ops import unary_union
    path = request["path"]
    if path.endswith(".gpkg"):
        rows = sqlite3.connect(path).execute("select geom, value from map").fetchall()
        shapes = [(from_wkb(bytes(geom)[40:]), value) for geom, value in rows]
    else:
        with open(path) as file:
            features = json.load(file)["features"]
        shapes = [(shape(f["geometry"]), f["properties"]["value"]) for f in features]
    with rasterio.open(request["map"]) as dataset:
        classes, transform = dataset.read(1), dataset.transform
    wanted = sieve(classes, request["size"], mask=classes != 0) if request["size"] > 1 else classes
    again = rasterize(shapes, wanted.shape, transform=transform, dtype="uint8")
    whole = unary_union([geometry for geometry, _ in shapes])
    area = sum(geometry.area for geometry, _ in shapes)
    return {"differing": int((again != wanted).sum()), "shapes": len(shapes),
            "valid": all(geometry.is_valid for geometry, _ in shapes), "overlap": abs(area - whole.area),
            "area": area, "vertices": sum(len(g.exterior.coords) for s, _ in shapes
                                          for g in (s.geoms if s.geom_type == "MultiPolygon" else [s]))}


def picture(request):
    """Size, place and some pixels of a picture with a world file."""
    with rasterio.open(request["path"]) as dataset, rasterio.open(request["map"]) as other:
        table = numpy.array([dataset.colormap(1).get(v, (0, 0, 0, 0)) for v in range(256)], "uint8")
        classes = other.read(1)
        wanted = numpy.array([colors[v] for v in range(5)], "uint8")[classes]
        wanted[classes == 0] = (0, 0, 0, 0)
        opaque = wanted[..., 3] > 0
        got = table[dataset.read(1)]
        return {"transform": list(dataset.transform.to_gdal()), "wanted": list(other.transform.to_gdal()),
                "size": [dataset.width, dataset.height], "epsg": dataset.crs.to_epsg() if dataset.crs else None,
                "differing": int((got[opaque] != wanted[opaque]).any(axis=1).sum() + (got[~opaque][:, 3] != 0).sum())}


def sld(request):
    """Colour and label by value of a Styled Layer Descriptor, by an XML parser."""
    from xml.etree import ElementTree
    root = ElementTree.fromstring(request["text"].encode())
    return {entry.get("quantity"): [entry.get("color"), entry.get("label")]
            for entry in root.iter("{http://www.opengis.net/sld}ColorMapEntry")}


def texts(request):
    """Lines of the first page of a PDF, and the fonts that it holds."""
    import pypdf
    page = pypdf.PdfReader(request["path"]).pages[0]
    fonts = [font.get_object() for font in page["/Resources"]["/Font"].values()]
    return {"lines": [line.strip() for line in page.extract_text().splitlines()],
            "embedded": ["/FontFile2" in font["/DescendantFonts"][0]["/FontDescriptor"] for font in fonts]}


actions = {"make": make, "values": values, "agreement": agreement, "sieved": sieved, "burnt": burnt,
           "picture": picture, "sld": sld, "texts": texts}

for line in sys.stdin:
    request = json.loads(line)
    print(json.dumps(actions[request["action"]](request)), flush=True)
