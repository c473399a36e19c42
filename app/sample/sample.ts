import { AppError } from '../error.ts';
import type { Grid } from '../raster/grid.ts';
import type { Band } from '../raster/scene.ts';
import type { ClassScheme } from '../vector/roi.ts';
import { hyperspectralBands, sentinel2Bands } from './bands.ts';
import { createLayout } from './layout.ts';
import { changeNames, type SampleClass, type SampleLibrary, surfaceNames } from './library.ts';
import type { Layout } from './site.ts';

export const sampleKinds = ['hyperspectral', 'sentinel2', 'pair'] as const;
export type SampleKind = (typeof sampleKinds)[number];

/** A generated scene: everything but its pixels, which `sampleWindow` makes. */
export type Sample = {
  readonly kind: SampleKind;
  readonly seed: number;
  readonly grid: Grid;
  readonly bands: readonly Band[];
  /** Classes of the reference, for training and for evaluation. */
  readonly classes: ClassScheme;
  /** Kinds of change between the dates; only of a pair. The first is "no change". */
  readonly changes?: ClassScheme;
  /** When each date was "taken", ISO 8601. */
  readonly dates: readonly string[];
  readonly layout: Layout;
  readonly library: SampleLibrary;
  /** Class value by surface, change value by kind of change. */
  readonly valueOfSurface: Uint8Array;
  readonly valueOfChange: Uint8Array;
};

const defaultSize = { hyperspectral: 400, sentinel2: 1000, pair: 512 } as const;
const pixelSize = { hyperspectral: 5, sentinel2: 10, pair: 10 } as const;

/** What to generate. The same options always give the same pixels. */
export type SampleOptions = {
  readonly kind: SampleKind;
  /** Width and height in pixels, 32 to 100,000; default 400, 1000 and 512. Larger scenes show more land, not finer land. */
  readonly size?: number;
  readonly seed?: number;
  /** Number of bands of a hyperspectral scene; default 120. */
  readonly bandCount?: number;
};

/**
 * Describes a sample scene; costs milliseconds whatever its size.
 *
 * @throws AppError `usage` where the size is out of range
 */
export function describeSample(options: SampleOptions, library: SampleLibrary): Sample {
  const { kind, seed = 1, bandCount = 120 } = options;
  const size = options.size ?? defaultSize[kind];
  check('size', size, 32, 100_000);
  check('number of bands', bandCount, 8, 1000);
  const classes = kind === 'hyperspectral' ? library.hyperspectral : library.sentinel2;
  const metres = pixelSize[kind];
  return {
    kind,
    seed,
    grid: {
      width: size,
      height: size,
      crs: 'EPSG:32633',
      transform: [399_960, metres, 0, 5_820_000, 0, -metres],
    },
    bands: kind === 'hyperspectral' ? hyperspectralBands(bandCount) : sentinel2Bands(),
    classes: plain(classes),
    ...(kind === 'pair' ? { changes: plain(library.change) } : {}),
    dates:
      kind === 'pair' ? ['2024-05-14T10:10:31Z', '2025-06-02T10:10:29Z'] : ['2024-05-14T10:10:31Z'],
    layout: createLayout(seed, size),
    library,
    valueOfSurface: valuesOf(surfaceNames, classes),
    valueOfChange: valuesOf(changeNames, library.change),
  };
}

function check(what: string, value: number, least: number, most: number): void {
  if (Number.isInteger(value) && value >= least && value <= most) return;
  throw new AppError(
    'usage',
    `The ${what} of a sample scene is ${value}; it must be a whole number from ${least} to ${most}.`,
    { value, least, most },
  );
}

function plain(classes: readonly SampleClass[]): ClassScheme {
  return classes.map(({ value, name, color, macroclass }) => ({
    value,
    name,
    color,
    ...(macroclass === undefined ? {} : { macroclass }),
  }));
}

function valuesOf(names: readonly string[], classes: readonly SampleClass[]): Uint8Array {
  return Uint8Array.from(names, (name) => {
    const found = classes.find((landClass) => landClass.members.includes(name));
    if (found === undefined) {
      throw new AppError('corrupt', `No class of the sample scene contains '${name}'.`, { name });
    }
    return found.value;
  });
}
