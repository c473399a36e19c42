import type { Input, Output } from '../../app/contract/api.ts';
import { AppError } from '../../app/error.ts';
import { toMap } from '../../app/raster/geoTransform.ts';
import { type Grid, type Window, wholeWindow } from '../../app/raster/grid.ts';
import type { ClassScheme, LandClass } from '../../app/vector/roi.ts';
import { writePreview } from '../raster/picture.ts';
import { createGeoPackage } from '../vector/geoPackageWriter.ts';
import { liveMap } from './liveMap.ts';
import { pixelHectares } from './mapAreas.ts';
import { finishRasters, identityOf, type MapRun, writeRasters } from './mapRun.ts';
import { classScores, openRasterWriters, type ScoredWindow, scoreBand } from './mapWriters.ts';
import { type CellMapping, mapTileCells } from './tiles/mapTileCells.ts';
import { cellGrid, cellWindow, type TileCells, tileCells } from './tiles/tileCells.ts';

/** Score from which a label of several is given. */
const givenFrom = 0.5;

/** A judged cell of the map. */
type Cell = {
  readonly column: number;
  readonly row: number;
  /** By class. */
  readonly scores: Float32Array;
};

/** Cells of a map over an area: a tile of the training data's size on the ground each, or what `--stride` says. */
export function cellsFor(
  { model, source, extent }: Pick<CellMapping, 'model' | 'source' | 'extent'>,
  { stride }: Pick<Input<'predict'>, 'stride'>,
  warn: (message: string) => void,
): TileCells {
  const { tileSide = model.config.imageSize, resolution } = model.card;
  const pixel = source.description.grid.transform?.[1];
  const ratio = resolution === undefined || pixel === undefined ? 1 : resolution / Math.abs(pixel);
  // Far outside, one of the two is in degrees.
  const differs = Math.abs(ratio - 1) > 0.01 && ratio > 0.02 && ratio < 50;
  const side = differs ? Math.max(1, Math.round(tileSide * ratio)) : tileSide;
  if (differs)
    warn(
      `The model's tiles had pixels of ${resolution} m, the scene has ${Math.abs(pixel!)} m: tiles of ${side} × ${side} pixels cover the same ground.`,
    );
  if (stride !== undefined && stride > side)
    throw new AppError(
      'usage',
      `With --stride ${stride}, tiles of ${side} × ${side} pixels would leave gaps. Give at most ${side}.`,
    );
  return tileCells(extent.area, side, stride ?? side);
}

/** Maps a scene with a model that names whole tiles: a pixel a cell, and on request a polygon a cell. */
export async function mapTileLabels(map: MapRun, mapping: CellMapping): Promise<Output<'predict'>> {
  const { input, manifest, run, classes } = map;
  const { cells, source } = mapping;
  const several = mapping.model.config.task === 'multilabel';
  const grid = cellGrid(source.description.grid, cells);
  const judged: Cell[] = [];
  const take = (scored: ScoredWindow): void => {
    judged.push(...cellsIn(scored, classes.length));
  };
  if (several) await writeScores(map, mapping, grid, take);
  else await writeClasses(map, mapping, grid, take);
  if (judged.length === 0) run.warn('No tile could be judged: the area holds nothing but nodata.');
  if (input.vector !== undefined) await writePolygons(map, mapping, judged, several);
  if (input.preview !== undefined) await writePreview(input.out, input.preview);
  const areas = areasOf(judged, { cells, classes, several, grid: source.description.grid });
  const tiles = cells.rows * cells.columns;
  return {
    map: input.out,
    tiles,
    seconds: run.seconds(),
    peakRssBytes: process.resourceUsage().maxRSS * 1024,
    areas,
    nodataPixels: tiles - judged.length,
    engine: `${manifest.engine.id}, ${manifest.engine.device}`,
    warnings: [...run.warnings],
    manifest: await run.record(`${input.out}.json`, manifest, { tiles, areas }, [
      input.out,
      input.score,
      input.probabilities,
      input.vector,
      input.preview,
    ]),
  };
}

/** The class map of one class a tile, as any class map but for its grid. */
async function writeClasses(
  map: MapRun,
  mapping: CellMapping,
  grid: Grid,
  take: (scored: ScoredWindow) => void,
): Promise<void> {
  const { source, cells } = mapping;
  const onCells = { ...source, description: { ...source.description, grid } };
  const fill: Parameters<typeof writeRasters>[3] = async (writers, watch) => {
    for await (const scored of mapTileCells(mapping)) {
      take(scored);
      await writers.write(scored);
      watch?.(scored);
    }
    return grid.width * grid.height;
  };
  await writeRasters(map, onCells, wholeWindow(grid), fill, placeOf(cells));
}

/** The part of the scene that the map is of; its last cells may reach beyond the area. */
const placeOf = ({ area: { x, y }, stride, columns, rows }: TileCells): Window => ({
  ...{ x, y, width: columns * stride, height: rows * stride },
});

/** For several labels a band of scores a class. */
async function writeScores(
  { input, title, classes, manifest, context }: MapRun,
  mapping: CellMapping,
  grid: Grid,
  take: (scored: ScoredWindow) => void,
): Promise<void> {
  if (input.probabilities !== undefined || input.score !== undefined)
    throw new AppError(
      'usage',
      'The map of a model with several labels holds the scores of all classes already. Leave --probabilities and --score out.',
    );
  const { compression, resume } = input;
  // Of several labels the picture has the surest.
  const watched = { size: grid, place: placeOf(mapping.cells), classes };
  const watch = input.live === true ? liveMap(watched, (event) => context.emit(event)) : undefined;
  const writers = await openRasterWriters(
    [
      {
        path: input.out,
        content: { bands: classes.map(({ name }) => scoreBand(name)), overviews: 'average' },
        samples: (scored) => classScores(scored, classes.length),
      },
    ],
    { grid, compression, resume, signal: context.signal, ...identityOf(manifest, title) },
  );
  await finishRasters(writers, context.signal, async () => {
    for await (const scored of mapTileCells(mapping)) {
      take(scored);
      await writers.write(scored);
      watch?.(scored);
    }
    return grid.width * grid.height;
  });
}

const cellsIn = ({ window, indices, scores }: ScoredWindow, classes: number): Cell[] =>
  Array.from(indices, (column, i) => ({
    column,
    row: window.y,
    scores: scores.slice(i * classes, (i + 1) * classes),
  }));

const best = (scores: Float32Array): number => scores.indexOf(Math.max(...scores));

/** Classes that a cell gets. */
const givenOf = (scores: Float32Array, several: boolean): readonly number[] =>
  several ? [...scores.keys()].filter((k) => scores[k]! >= givenFrom) : [best(scores)];

function areasOf(
  judged: readonly Cell[],
  {
    cells,
    classes,
    several,
    grid,
  }: {
    readonly cells: TileCells;
    readonly classes: ClassScheme;
    readonly several: boolean;
    readonly grid: Grid;
  },
): Output<'predict'>['areas'] {
  const tiles = new Array<number>(classes.length).fill(0);
  const pixels = new Array<number>(classes.length).fill(0);
  for (const { column, row, scores } of judged) {
    const { width, height } = cellWindow(cells, column, row);
    for (const k of givenOf(scores, several)) {
      tiles[k]! += 1;
      pixels[k]! += width * height;
    }
  }
  const hectares = pixelHectares(grid);
  return classes.map(({ name }, k) => ({
    class: name,
    pixels: tiles[k]!,
    ...(hectares === undefined ? {} : { hectares: pixels[k]! * hectares }),
  }));
}

/** A polygon a cell with its class and score; for several labels their list and a field of scores a class. */
async function writePolygons(
  { input, classes, manifest, context }: MapRun,
  { cells, source }: CellMapping,
  judged: readonly Cell[],
  several: boolean,
): Promise<void> {
  const { crs, transform } = source.description.grid;
  const fields = several
    ? [
        { name: 'labels', type: 'TEXT' as const },
        ...fieldNames(classes).map((name) => ({ name, type: 'REAL' as const })),
      ]
    : [{ name: 'score', type: 'REAL' as const }];
  const writer = await createGeoPackage(
    input.vector!,
    {
      ...{ layer: 'tiles', classes, fields, ...(crs === undefined ? {} : { crs }) },
      manifest: JSON.stringify(manifest),
    },
    context.signal,
  );
  try {
    for (const [i, { column, row, scores }] of judged.entries()) {
      const { x, y, width, height } = cellWindow(cells, column, row);
      const corner = (right: number, down: number): readonly [number, number] =>
        transform === undefined ? [x + right, y + down] : toMap(transform, x + right, y + down);
      const outer = [corner(0, 0), corner(0, height), corner(width, height), corner(width, 0)];
      const names = givenOf(scores, several).map((k) => classes[k]!.name);
      writer.add(
        {
          id: String(i + 1),
          classValue: classes[best(scores)]!.value,
          geometry: { kind: 'polygons', polygons: [{ outer, holes: [] }] },
        },
        width * height,
        several ? [names.join('; '), ...scores] : [scores[best(scores)]!],
      );
    }
    await writer.finish();
  } catch (error) {
    await writer.abort();
    throw error;
  }
}

/** Names of classes as fields: columns of a GeoPackage differ by more than case, and some are taken. */
function fieldNames(classes: readonly LandClass[]): readonly string[] {
  const taken = new Set('fid geom roi class value color macroclass pixels labels'.split(' '));
  return classes.map(({ name, value }) => {
    const field = taken.has(name.toLowerCase()) ? `${name} (${value})` : name;
    taken.add(field.toLowerCase());
    return field;
  });
}
