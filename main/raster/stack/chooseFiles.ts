import { basename, extname } from 'node:path';
import { readSensor, recogniseSensor, type SensorId } from '../scenes/sensors.ts';

/**
 * The files of a folder that make one scene. Where some are bands of a known sensor, those, in the sensor's order: a
 * product's true-colour picture, masks and angles lie beside them. Else all, by name.
 */
export async function chooseFiles(paths: readonly string[]): Promise<string[]> {
  const bands = paths.flatMap((path) => {
    const stem = basename(path).slice(0, -extname(path).length || undefined);
    const found = recogniseSensor([stem]);
    return found === undefined ? [] : [{ path, sensor: found.sensor, band: found.bands[0]! }];
  });
  const sensors = new Set<SensorId>(bands.map((band) => band.sensor));
  const distinct = new Set(bands.map((band) => band.band));
  if (bands.length === 0 || sensors.size !== 1 || distinct.size !== bands.length) return [...paths];
  const { bands: order } = await readSensor(bands[0]!.sensor);
  const position = (name: string): number => order.findIndex((band) => band.name === name);
  return bands.sort((a, b) => position(a.band) - position(b.band)).map((band) => band.path);
}
