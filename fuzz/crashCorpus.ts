// What fuzzing found, as the smallest file that shows it. Each was mended; the target `corpus` reads them all in every run.
import type { ErrorCode } from '../app/error.ts';
import { imageFields, writeTiff } from '../main/raster/tiff/testing/writeTiff.ts';

export type CrashCase = {
  /** What was wrong. */
  readonly name: string;
  readonly target: string;
  readonly files: Readonly<Record<string, Uint8Array>>;
  /** What has to become of it. */
  readonly expected: 'read' | ErrorCode;
};

const pixels = Uint8Array.from({ length: 1024 }, (_, i) => i * 7);

function tiffs(): CrashCase[] {
  const rows = imageFields({ width: 32, height: 32, rowsPerStrip: 16 });
  const tiled = { tag: 324, type: 4, values: [8, 8, 8, 8] };
  const counts = { tag: 325, type: 4, values: [256, 256, 256, 256] };
  const tiff = (fields: typeof rows, blocks: Uint8Array[]): CrashCase['files'] => ({
    'case.tif': writeTiff({ directories: [{ fields, blocks }] }).bytes,
  });
  return [
    {
      name: 'a table of positions in bytes, which libtiff takes for none: other pixels',
      target: 'tiff',
      files: tiff(
        [
          ...rows,
          { tag: 273, type: 1, values: [8, 16] },
          { tag: 279, type: 4, values: [512, 512] },
        ],
        [],
      ),
      expected: 'corrupt',
    },
    {
      name: 'tables of tiles and of strips in one directory: other pixels',
      target: 'tiff',
      files: tiff([...imageFields({ width: 32, height: 32, tile: 16 }), tiled, counts], [pixels]),
      expected: 'corrupt',
    },
  ];
}

/** All cases. */
export const crashCorpus = (): readonly CrashCase[] => [...tiffs()];
