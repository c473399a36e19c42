"""Makes the tile files of the tests with other people's programs: MBTiles by GDAL, PMTiles by its authors' writer.

Needs rasterio (any recent), pmtiles==3.8.1 and mapbox-vector-tile==2.2.0. Run in this folder.
world.mbtiles, world.pmtiles: zooms 0 to 2 of the world as PNG; the tile (x, y) of zoom 2 has the colour
(60 x + 20, 60 y + 20, 128), so a tile at the wrong place is seen.
areas.pmtiles: zoom 0 as a gzipped vector tile with one layer "water" that covers the eastern half of the world.
"""
import gzip
import os
import subprocess
import sys

import numpy as np
import rasterio
from rasterio.enums import Resampling
from rasterio.shutil import copy
from rasterio.transform import from_origin


def world():
    half = 20037508.342789244
    image = np.zeros((3, 1024, 1024), np.uint8)
    for y in range(4):
        for x in range(4):
            part = image[:, 256 * y : 256 * (y + 1), 256 * x : 256 * (x + 1)]
            part[0], part[1], part[2] = 60 * x + 20, 60 * y + 20, 128
    profile = dict(driver="GTiff", width=1024, height=1024, count=3, dtype="uint8", crs="EPSG:3857",
                   transform=from_origin(-half, half, 2 * half / 1024, 2 * half / 1024))
    with rasterio.open("world.tif", "w", **profile) as out:
        out.write(image)
    copy("world.tif", "world.mbtiles", driver="MBTiles", TILE_FORMAT="PNG")
    with rasterio.open("world.mbtiles", "r+") as out:
        out.build_overviews([2, 4], Resampling.nearest)
    import sqlite3
    database = sqlite3.connect("world.mbtiles")
    database.execute("INSERT OR REPLACE INTO metadata VALUES ('attribution', '<a href=\"https://example.org\">&copy; Nobody</a>')")
    database.execute("PRAGMA journal_mode=DELETE")
    database.commit()
    database.execute("VACUUM")
    database.close()
    os.remove("world.tif")


def pmtiles():
    subprocess.run([os.path.join(os.path.dirname(sys.executable), "pmtiles-convert"), "world.mbtiles", "world.pmtiles"], check=True)
    import mapbox_vector_tile
    from pmtiles.tile import Compression, TileType, zxy_to_tileid
    from pmtiles.writer import write
    square = "POLYGON ((2048 0, 4096 0, 4096 4096, 2048 4096, 2048 0))"
    tile = mapbox_vector_tile.encode([{"name": "water", "features": [{"geometry": square, "properties": {"kind": "ocean"}}]}])
    with write("areas.pmtiles") as out:
        out.write_tile(zxy_to_tileid(0, 0, 0), gzip.compress(tile, mtime=0))
        out.finalize({"tile_type": TileType.MVT, "tile_compression": Compression.GZIP, "min_zoom": 0, "max_zoom": 0,
                      "min_lon_e7": -1800000000, "min_lat_e7": -850511287, "max_lon_e7": 1800000000, "max_lat_e7": 850511287,
                      "center_zoom": 0, "center_lon_e7": 0, "center_lat_e7": 0}, {"attribution": "Areas of nobody"})


if "world" in sys.argv:
    world()
else:
    pmtiles()
