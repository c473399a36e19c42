"""Looks at the results of a batch by JSON lines: maps, mosaic and STAC files, with rasterio and pyproj alone."""
import json
import os
import re
import sys

import numpy
import rasterio
from pyproj import Transformer
from rasterio.windows import Window


def sieved(request):
    """The raw map after a majority filter by its definition and GDAL's sieve, pixel by pixel against the finished one."""
    from rasterio.features import sieve

    with rasterio.open(request["raw"]) as dataset:
        raw = dataset.read(1)
    side, least = request["side"], request["least"]
    radius = side // 2
    voted = numpy.zeros_like(raw)
    for y in range(raw.shape[0]):
        for x in range(raw.shape[1]):
            if raw[y, x] == 0:
                continue
            around = raw[max(0, y - radius) : y + radius + 1, max(0, x - radius) : x + radius + 1]
            counts = numpy.bincount(around[around > 0])
            best = counts.max()
            voted[y, x] = raw[y, x] if counts[raw[y, x]] == best else counts.argmax()
    wanted = sieve(voted, least, mask=voted > 0)
    with rasterio.open(request["map"]) as dataset:
        found = dataset.read(1)
    return {"wrong": int((wanted != found).sum()), "changed": int((raw != found).sum())}


def mosaic(request):
    """The mosaic against the maps laid over each other in the order given, later ones on top."""
    with rasterio.open(request["vrt"]) as dataset:
        found = dataset.read(1)
        transform, crs, nodata = dataset.transform, dataset.crs.to_epsg(), dataset.nodata
        colors = dataset.colormap(1)
    wanted = numpy.zeros_like(found)
    for path in request["maps"]:
        with rasterio.open(path) as dataset:
            values = dataset.read(1)
            column, row = ~transform * (dataset.transform.c, dataset.transform.f)
            same = all(dataset.colormap(1)[value] == colors[value] for value in numpy.unique(values[values > 0]))
        assert same, f"colours of {path}"
        part = wanted[round(row) : round(row) + values.shape[0], round(column) : round(column) + values.shape[1]]
        part[values > 0] = values[values > 0]
    return {"wrong": int((wanted != found).sum()), "mapped": int((found > 0).sum()), "epsg": crs, "nodata": nodata}


DATETIME = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$")


def inside(folder, href):
    return os.path.exists(os.path.normpath(os.path.join(folder, href)))


def item_problems(path, collection):
    """What an item lacks of item-spec 1.0.0, of projection 1.1.0 and classification 2.0.0, and of its raster."""
    problems = []
    need = lambda fine, text: fine or problems.append(f"{os.path.basename(path)}: {text}")
    folder = os.path.dirname(path)
    with open(path) as file:
        item = json.load(file)
    need(item["type"] == "Feature" and item["stac_version"] == "1.0.0", "type and version")
    need(all(url.startswith("https://stac-extensions.github.io/") for url in item["stac_extensions"]), "extensions")
    need(isinstance(item["id"], str) and item["id"] and "/" not in item["id"], "id")
    need(DATETIME.match(item["properties"]["datetime"]), "datetime")
    need(item["collection"] == collection["id"], "collection")
    relations = [link["rel"] for link in item["links"]]
    need(relations.count("root") <= 1 and relations.count("parent") <= 1 and "collection" in relations, "links")
    need(all(inside(folder, link["href"]) for link in item["links"]), "links lead somewhere")
    need(all(inside(folder, asset["href"]) and asset["type"] for asset in item["assets"].values()), "assets are there")
    with rasterio.open(os.path.join(folder, item["assets"]["map"]["href"])) as dataset:
        width, height, affine, epsg = dataset.width, dataset.height, dataset.transform, dataset.crs.to_epsg()
    properties = item["properties"]
    need(properties["proj:epsg"] == epsg and properties["proj:shape"] == [height, width], "projection")
    need(properties["proj:transform"][:6] == list(affine)[:6], "transform")
    ring = item["geometry"]["coordinates"][0]
    need(item["geometry"]["type"] == "Polygon" and ring[0] == ring[-1] and len(ring) >= 4, "ring is closed")
    area = sum(a[0] * b[1] - b[0] * a[1] for a, b in zip(ring, ring[1:]))
    need(area > 0, "ring is counter-clockwise")
    xs, ys = zip(*ring)
    need(item["bbox"] == [min(xs), min(ys), max(xs), max(ys)], "bbox")
    to_ground = Transformer.from_crs(epsg, 4326, always_xy=True)
    for column, row in [(0, 0), (width, 0), (0, height), (width, height)]:
        longitude, latitude = to_ground.transform(*(affine * (column, row)))
        near = min(abs(longitude - x) + abs(latitude - y) for x, y in ring)
        need(near < 1e-6, f"corner {column} {row} is {near} degrees away")
    classes = item["assets"]["map"]["classification:classes"]
    need(len({one["value"] for one in classes}) == len(classes) > 0, "values of classes differ")
    need(all(re.match(r"^[0-9A-Za-z_-]+$", one["name"]) for one in classes), "names of classes are for machines")
    need(all(re.match(r"^[0-9A-F]{6}$", one["color_hint"]) for one in classes), "colours of classes")
    return problems


def official_problems(path, kind):
    """What the schemas of STAC 1.0.0, as PySTAC brings them, have against a file."""
    from pystac.validation import JsonSchemaSTACValidator

    with open(path) as file:
        entry = json.load(file)
    try:
        JsonSchemaSTACValidator().validate_core(entry, kind, "1.0.0")
    except Exception as error:
        return [f"{os.path.basename(path)}: {error}"]
    return []


def stac(request):
    with open(request["collection"]) as file:
        collection = json.load(file)
    folder = os.path.dirname(request["collection"])
    problems = official_problems(request["collection"], "Collection")
    need = lambda fine, text: fine or problems.append(f"collection: {text}")
    need(collection["type"] == "Collection" and collection["stac_version"] == "1.0.0", "type and version")
    need(all(collection[key] for key in ["id", "description", "license"]), "id, description, licence")
    items = [os.path.join(folder, link["href"]) for link in collection["links"] if link["rel"] == "item"]
    boxes = []
    for path in items:
        problems += official_problems(path, "Feature") + item_problems(path, collection)
        with open(path) as file:
            boxes.append(json.load(file)["bbox"])
    around = [min(b[0] for b in boxes), min(b[1] for b in boxes), max(b[2] for b in boxes), max(b[3] for b in boxes)]
    need(collection["extent"]["spatial"]["bbox"] == [around], "extent in space")
    start, end = collection["extent"]["temporal"]["interval"][0]
    need(DATETIME.match(start) and DATETIME.match(end) and start <= end, "extent in time")
    return {"items": len(items), "problems": problems}


ACTIONS = {"sieved": sieved, "mosaic": mosaic, "stac": stac}

for line in sys.stdin:
    request = json.loads(line)
    try:
        answer = ACTIONS[request["action"]](request)
    except Exception as error:  # the test says which
        answer = {"error": f"{type(error).__name__}: {error}"}
    print(json.dumps(answer), flush=True)
