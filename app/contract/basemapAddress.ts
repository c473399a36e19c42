/** Which tile of a basemap: level from 0 (coarsest), column and row from the upper left. */
export type BasemapAddress = {
  readonly basemap: string;
  readonly z: number;
  readonly x: number;
  readonly y: number;
};

const pattern = /^\/basemap\/([0-9a-f]{16})\/([0-9]{1,2})\/([0-9]{1,8})\/([0-9]{1,8})$/;

/** Path of the request that both shells answer with the picture or vector tile, or 204 where there is none. */
export function basemapPath({ basemap, z, x, y }: BasemapAddress): string {
  return `/basemap/${basemap}/${z}/${x}/${y}`;
}

/** The address of a path, or undefined where it is none. */
export function parseBasemapPath(pathname: string): BasemapAddress | undefined {
  const match = pattern.exec(pathname);
  if (match === null) return undefined;
  const [, basemap, z, x, y] = match;
  return { basemap: basemap!, z: Number(z), x: Number(x), y: Number(y) };
}
