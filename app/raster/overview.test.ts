import fc from 'fast-check';
import { expect, test } from 'vitest';
import { askReferee, python } from '../../main/vector/testing/referee.ts';
import { overviewSizes, type Reduction, reduceByTwo } from './overview.ts';
import { type SampleType, samplesOf } from './samples.ts';

const gdal = `
import json, sys, tempfile, os, warnings
import numpy, rasterio
from rasterio.enums import Resampling
warnings.filterwarnings('ignore')
out = []
folder = tempfile.mkdtemp()
for number, case in enumerate(json.load(sys.stdin)):
    path = os.path.join(folder, f'{number}.tif')
    pixels = numpy.array(case['samples'], dtype=case['type']).reshape(case['height'], case['width'])
    with rasterio.open(path, 'w', driver='GTiff', width=case['width'], height=case['height'], count=1,
                       dtype=case['type'], nodata=case['nodata']) as data:
        data.write(pixels, 1)
    with rasterio.open(path, 'r+') as data:
        data.build_overviews([2], Resampling[case['method']])
    with rasterio.open(path, OVERVIEW_LEVEL=0) as data:
        out.append({'size': [data.width, data.height], 'samples': data.read(1).ravel().tolist()})
print(json.dumps(out))
`;

const types = ['uint8', 'int16', 'uint16', 'int32', 'float32', 'float64'] as const;
const cases = fc
  .record({
    type: fc.constantFrom<SampleType>(...types),
    // GDAL stretches the last pixels of odd sizes a little, so only even ones can be compared
    width: fc.integer({ min: 1, max: 10 }).map((n) => 2 * n),
    height: fc.integer({ min: 1, max: 10 }).map((n) => 2 * n),
    method: fc.constantFrom<Reduction>('nearest', 'mode', 'average'),
    nodata: fc.constantFrom(null, 0),
  })
  .chain((form) =>
    fc
      .array(fc.integer({ min: 0, max: 6 }), {
        minLength: form.width * form.height,
        maxLength: form.width * form.height,
      })
      .map((samples) => ({ ...form, samples })),
  );

test.skipIf(python === undefined)('agrees with GDAL (skipped without the Python referee)', () => {
  const drawn = fc.sample(cases, { numRuns: 300, seed: 5 });
  const answers = askReferee<{ size: number[]; samples: number[] }[]>(gdal, drawn);
  drawn.forEach(({ type, width, height, samples, method, nodata }, index) => {
    const plane = { type, width, height, samples: samplesOf(type, width * height) };
    samples.forEach((value, i) => {
      plane.samples[i] = value;
    });
    const ours = reduceByTwo(plane, method, nodata ?? undefined);
    const { size, samples: theirs } = answers[index]!;
    expect([ours.width, ours.height]).toEqual(size);
    expect(
      Array.from(ours.samples as Float64Array),
      `${method} ${type} ${width} × ${height} ${nodata}`,
    ).toEqual(theirs);
  });
});

test('patches of one class stay whole, and no data never spreads', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 40 }),
      fc.integer({ min: 1, max: 40 }),
      (width, height) => {
        const plane = {
          type: 'uint8' as const,
          width,
          height,
          samples: new Uint8Array(width * height),
        };
        plane.samples.fill(9);
        plane.samples[0] = 255;
        for (const method of ['mode', 'average'] as const) {
          const { samples } = reduceByTwo(plane, method, 255);
          const expected = new Uint8Array(samples.length).fill(9);
          if (width * height === 1) expected[0] = 255;
          expect(samples).toEqual(expected);
        }
      },
    ),
  );
});

test('NaN is left out of means, 64-bit integers keep every digit', () => {
  const floats = { type: 'float32' as const, width: 2, height: 2 };
  const samples = Float32Array.of(1, Number.NaN, 3, Number.NaN);
  expect(reduceByTwo({ ...floats, samples }, 'average').samples).toEqual(Float32Array.of(2));
  const none = new Float32Array(4).fill(Number.NaN);
  expect(reduceByTwo({ ...floats, samples: none }, 'average', -1).samples).toEqual(
    Float32Array.of(-1),
  );
  const large = 2n ** 53n + 1n;
  const long = { type: 'int64' as const, width: 2, height: 2 };
  const values = BigInt64Array.of(large, large, large, -1n);
  expect(reduceByTwo({ ...long, samples: values }, 'average', -1).samples).toEqual(
    BigInt64Array.of(large),
  );
  expect(reduceByTwo({ ...long, samples: values }, 'mode').samples).toEqual(
    BigInt64Array.of(large),
  );
});

test('sizes of overviews', () => {
  expect(overviewSizes({ width: 1025, height: 3 }, 512)).toEqual([
    { width: 513, height: 2 },
    { width: 257, height: 1 },
  ]);
  expect(overviewSizes({ width: 512, height: 512 }, 512)).toEqual([]);
});
