import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A folder for the files of one test module. */
export function temporaryFolder(): {
  readonly path: string;
  /** Writes a text, or a value as JSON, and gives the path. */
  write(name: string, content: unknown): string;
  remove(): void;
} {
  const path = mkdtempSync(join(tmpdir(), 'prismap-vector-'));
  return {
    path,
    write: (name, content) => {
      const file = join(path, name);
      writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
      return file;
    },
    remove: () => rmSync(path, { recursive: true, force: true }),
  };
}

/** A square ring with its lower left corner at (x, y). */
export const ring = (x: number, y: number, side = 1) => [
  [x, y],
  [x + side, y],
  [x + side, y + side],
  [x, y + side],
  [x, y],
];

export const feature = (
  properties: unknown,
  coordinates: unknown = [ring(0, 0)],
  type = 'Polygon',
) => ({
  type: 'Feature',
  properties,
  geometry: { type, coordinates },
});

export const collection = (features: unknown[], more: object = {}) => ({
  type: 'FeatureCollection',
  ...more,
  features,
});
