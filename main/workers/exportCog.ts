import { createCogWriter } from '../raster/cog/writeCog.ts';
import type { Exporter } from './exportSource.ts';

/** A Cloud-Optimised GeoTIFF with class names and colours, and where they come from. */
export const exportCog: Exporter = async (map, path, _, { signal }) => {
  const { grid, classes } = map;
  const writer = await createCogWriter(path, {
    grid,
    bands: [{ name: 'class', type: 'uint8', nodata: 0 }],
    classNames: new Map(classes.map(({ value, name }) => [value, name])),
    palette: new Map(
      classes.map(({ value, color: [red, green, blue] }) => [value, [red, green, blue, 255]]),
    ),
    metadata: { PRISMAP_MANIFEST: JSON.stringify(map.manifest) },
    overviews: 'mode',
    signal,
  });
  try {
    for await (const { y, height, values } of map.bands())
      await writer.write({ window: { x: 0, y, width: grid.width, height }, bands: [values] });
    await writer.finish();
  } catch (error) {
    await writer.abort();
    throw error;
  }
  return [path, `${path}.aux.xml`, path.replace(/\.[^./\\]*$/, '.qml')];
};
