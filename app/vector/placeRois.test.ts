import { describe, expect, it } from 'vitest';
import type { Grid } from '../raster/grid.ts';
import { buildScheme, readColor } from './classScheme.ts';
import type { Geometry, Position } from './geometry.ts';
import { placeRois, type TransformFactory } from './placeRois.ts';
import { prepareShape, rasterise } from './rasterise.ts';
import { type Roi, type RoiSet, roisOfScenes } from './roi.ts';
import { roiPixels } from './roiPixels.ts';

const same: TransformFactory = () => (x, y) => [x, y];
const grid: Grid = { width: 10, height: 10, crs: 'EPSG:32633', transform: [0, 1, 0, 10, 0, -1] };

const points = (...places: readonly Position[]): Geometry => ({ kind: 'points', points: places });
const square = (x: number, y: number, side: number): Geometry => ({
  kind: 'polygons',
  polygons: [
    {
      outer: [
        [x, y],
        [x + side, y],
        [x + side, y + side],
        [x, y + side],
      ],
      holes: [],
    },
  ],
});
const setOf = (...geometries: readonly Geometry[]): RoiSet => ({
  uri: 'rois',
  crs: 'EPSG:32633',
  classes: [
    { value: 1, name: 'a', color: [0, 0, 0] },
    { value: 2, name: 'b', color: [0, 0, 0] },
  ],
  rois: geometries.map((geometry, i) => ({ id: String(i), classValue: 1, geometry })),
});
const positions = (...geometries: readonly Geometry[]) =>
  placeRois(setOf(...geometries), grid, same).rois.map(({ position }) => position);

describe('where a ROI lies', () => {
  it('is inside, partly or outside; of points by the points themselves', () => {
    expect(
      positions(
        square(2, 2, 3),
        square(8, 8, 5),
        square(20, 2, 3),
        points([5, 5]),
        points([5, 5], [20, 5]),
        // left and right of the scene, and over and under it: their bounds meet it
        points([-5, 5], [20, 5]),
        points([5, -5], [5, 20]),
        points([-1, 5], [5, 5]),
      ),
    ).toEqual(['inside', 'partly', 'outside', 'inside', 'partly', 'outside', 'outside', 'partly']);
  });

  it.each([
    [[square(2, 2, 1), square(20, 2, 1)], ['1 of 2 ROIs lies outside the scene and is not used.']],
    [
      [square(2, 2, 1), square(20, 2, 1), square(-20, 2, 1)],
      ['2 of 3 ROIs lie outside the scene and are not used.'],
    ],
    [[square(8, 8, 5)], ['1 ROI lies partly outside the scene; the part inside is used.']],
    [
      [square(8, 8, 5), square(-2, 2, 5)],
      ['2 ROIs lie partly outside the scene; the part inside is used.'],
    ],
  ])('is told', (geometries, warnings) => {
    expect(placeRois(setOf(...geometries), grid, same).warnings).toEqual(warnings);
  });

  it('cannot be told without ROIs, on pixels without a size, or where none meets the scene', () => {
    expect(() => placeRois(setOf(), grid, same)).toThrow(
      expect.objectContaining({ code: 'no-samples' }),
    );
    const flat: Grid = { ...grid, transform: [0, 0, 0, 10, 0, -1] };
    expect(() => placeRois(setOf(square(2, 2, 1)), flat, same)).toThrow(
      expect.objectContaining({ code: 'corrupt' }),
    );
    const { crs: _, ...nowhere } = setOf(square(20, 2, 1));
    const { crs: __, ...placeless } = grid;
    expect(() => placeRois(nowhere, placeless, same)).toThrow(
      expect.objectContaining({
        code: 'no-overlap',
        message: expect.stringContaining(
          '(no CRS on no CRS; in pixels they span columns 20 to 21',
        ) as string,
      }),
    );
    const lost: TransformFactory = () => () => [Number.NaN, Number.NaN];
    expect(() => placeRois(setOf(square(2, 2, 1)), grid, lost)).toThrow(
      /they span columns nowhere to nowhere/,
    );
  });
});

describe('pixels that several ROIs cover', () => {
  const block = { width: 16, height: 16 };
  const counted = (...rois: readonly (readonly [number, Geometry])[]) => {
    const set = setOf(...rois.map(([, geometry]) => geometry));
    const valued = set.rois.map((roi, i): Roi => ({ ...roi, classValue: rois[i]![0] }));
    return roiPixels(placeRois({ ...set, rois: valued }, grid, same), { block });
  };

  it('of two classes are nobody’s, also where a third of one of them comes later', () => {
    const { pixels, report } = counted(
      [1, square(0, 0, 4)],
      [2, square(0, 0, 4)],
      [1, square(0, 0, 4)],
      [1, points([9, 9])],
    );
    expect(pixels.x).toHaveLength(1);
    expect(report.conflicts.pixels).toBe(16);
  });

  it('of one ROI that covers itself twice are its own', () => {
    const twice: Geometry = {
      kind: 'points',
      points: [
        [1.5, 1.5],
        [1.2, 1.7],
      ],
    };
    expect(counted([1, twice]).pixels.x).toHaveLength(1);
  });
});

describe('class lists', () => {
  it('are sorted by numbers, then by words, the same on every machine', () => {
    const names = ['b', '10', 'a', '9', '-1', 'Ä', '1.5'];
    expect(buildScheme(names.map((name) => ({ name }))).map(({ name }) => name)).toEqual([
      '-1',
      '1.5',
      '9',
      '10',
      'a',
      'b',
      'Ä',
    ]);
    expect(buildScheme([{ name: '1.0' }, { name: '1' }]).map(({ name }) => name)).toEqual([
      '1',
      '1.0',
    ]);
  });

  it.each([
    ['#abc', [170, 187, 204]],
    ['0a141e', [10, 20, 30]],
    ['#0a141eff', [10, 20, 30]],
    ['1, 2 ,3', [1, 2, 3]],
    ['1,2,3,4', [1, 2, 3]],
    ['1,2,256', undefined],
    ['#abcd', undefined],
    ['red', undefined],
  ])('the colour "%s"', (text, color) => {
    expect(readColor(text)).toEqual(color);
  });
});

it('ROIs of other scenes are left out, those of no scene hold for all', () => {
  const set = setOf(points([1, 1]), points([2, 2]), points([3, 3]));
  const [one, two, three] = set.rois;
  const rois = [one!, { ...two!, scene: 'a' }, { ...three!, scene: 'b' }];
  expect(roisOfScenes({ ...set, rois }, ['a']).rois).toEqual(rois.slice(0, 2));
});

it('a ring without an area sets no pixel, whatever its form', () => {
  const window = { x: 0, y: 0, width: 4, height: 4 };
  const line: Geometry = {
    kind: 'polygons',
    polygons: [
      {
        outer: [
          [1, 1],
          [3, 1],
          [1, 1],
        ],
        holes: [],
      },
    ],
  };
  const dot: Geometry = {
    kind: 'polygons',
    polygons: [
      {
        outer: [
          [1, 1],
          [1, 1],
          [1, 1],
        ],
        holes: [],
      },
    ],
  };
  for (const geometry of [line, dot])
    expect(rasterise([{ shape: prepareShape(geometry, true), value: 1 }], window).values).toEqual(
      new Uint8Array(16),
    );
});
