"""Says as JSON what GDAL makes of a raster. One path a line on standard input, one line of JSON a path; pixels of every
resolution go to PATH.<level>.raw, band by band, row by row."""

import json
import os
import struct
import sys
import warnings
import xml.etree.ElementTree

import numpy
import rasterio
import rasterio.shutil
from rio_cogeo.cogeo import cog_validate

warnings.filterwarnings("ignore")


def plain(value):
    return str(value) if isinstance(value, float) and not numpy.isfinite(value) else value


def check_blocks(path, data, levels):
    """Leader and trailer of every block, and the order of blocks, as GDAL's own validator checks them."""
    errors = []
    with open(path, "rb") as file:
        raw = file.read()
    ends = []
    for level in range(levels):
        last = 0
        first = None
        with rasterio.open(path, **({} if level == 0 else {"OVERVIEW_LEVEL": level - 1})) as image:
            height, width = image.block_shapes[0]
            for band in range(1, image.count + 1):
                for y in range(-(-image.height // height)):
                    for x in range(-(-image.width // width)):
                        item = lambda name: int(
                            data.get_tag_item(
                                f"{name}_{x}_{y}", "TIFF", bidx=band, **({} if level == 0 else {"ovr": level - 1})
                            )
                        )
                        offset, size = item("BLOCK_OFFSET"), item("BLOCK_SIZE")
                        first = first if first is not None else offset
                        if offset < last:
                            errors.append(f"block {level} {band} {x} {y} lies before the one before")
                        if struct.unpack("<I", raw[offset - 4 : offset])[0] != size:
                            errors.append(f"leader of {level} {band} {x} {y}")
                        end = offset + size
                        if raw[end - 4 : end] != raw[end : end + 4]:
                            errors.append(f"trailer of {level} {band} {x} {y}")
                        last = offset
        ends.append(first)
    if ends != sorted(ends, reverse=True):
        errors.append("levels are not ordered smallest first")
    return errors


def side_files(path):
    """Class names and attribute table as GDAL sees them, by way of a VRT that it writes of the raster."""
    vrt = path + ".vrt"
    rasterio.shutil.copy(path, vrt, driver="VRT")
    tree = xml.etree.ElementTree.parse(vrt)
    os.remove(vrt)
    return {
        "categories": [item.text or "" for item in tree.iter("Category")],
        "rows": [[cell.text or "" for cell in row] for row in tree.iter("Row")],
    }


def describe(path):
    valid, errors, cautions = cog_validate(path, quiet=True)
    with rasterio.open(path) as data:
        overviews = data.overviews(1)
        result = {
            "cog": {"valid": valid, "errors": errors, "warnings": cautions},
            "blocks": check_blocks(path, data, len(overviews) + 1),
            "layout": data.tags(ns="IMAGE_STRUCTURE"),
            "size": [data.width, data.height, data.count],
            "type": data.dtypes[0],
            "blockShape": data.block_shapes[0],
            "nodata": plain(data.nodata),
            "crs": None if data.crs is None else data.crs.to_wkt(),
            "epsg": None if data.crs is None else data.crs.to_epsg(),
            "transform": list(data.transform.to_gdal()),
            "descriptions": list(data.descriptions),
            "scales": list(data.scales),
            "offsets": list(data.offsets),
            "units": list(data.units),
            "interpretation": [c.name for c in data.colorinterp],
            "tags": data.tags(),
            "bandTags": [data.tags(i) for i in data.indexes],
            "imagery": [data.tags(i, ns="IMAGERY") for i in data.indexes],
            "files": data.files,
            "overviews": [],
        }
        try:
            result["colormap"] = {str(k): list(v) for k, v in data.colormap(1).items()}
        except ValueError:
            result["colormap"] = None
        data.read().tofile(f"{path}.0.raw")
        result["side"] = side_files(path)
    for level in range(len(overviews)):
        with rasterio.open(path, OVERVIEW_LEVEL=level) as image:
            result["overviews"].append([image.width, image.height])
            image.read().tofile(f"{path}.{level + 1}.raw")
    return result


for line in sys.stdin:
    path = line.rstrip("\n")
    try:
        print(json.dumps(describe(path)), flush=True)
    except Exception as error:  # the test shows it
        print(json.dumps({"error": f"{type(error).__name__}: {error}"}), flush=True)
