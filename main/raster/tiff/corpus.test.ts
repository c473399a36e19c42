import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isTiff } from './openTiff.ts';
import {
  type Answer,
  hasReferee,
  type LineProcess,
  startReader,
  startReferee,
} from './testing/childReader.ts';

const corpus = join(import.meta.dirname, '..', '..', '..', '..', 'shared', 'data', 'odd');
const present = existsSync(corpus) && hasReferee;
if (!present) console.warn('Skipped: the corpus of odd rasters or the Python referee is absent.');

/** Valid features that we refuse on purpose, by our message; the referee is not asked (one such file takes it half a minute). */
const refusedFeatures: readonly (readonly [message: RegExp, reason: string])[] = [
  [/stores complex samples/, 'no model takes them'],
  [/is compressed with CCITT/, 'bilevel documents, not scenes'],
  [/is compressed with LZMA/, 'no decoder that keeps to limits'],
  [
    /stores (YCbCr|CMYK) colours/,
    'GDAL converts them to RGB: the stored values are not what it shows',
  ],
];

/** Damaged files that GDAL reads and we do not. */
const refusedDamage: readonly (readonly [path: RegExp, reason: string])[] = [
  [
    /size_of_stripbytecount.*lower_than_stripcount\.tif$/,
    'strips without a length, which GDAL shows as zeros',
  ],
  [
    /gofuzz_tiff/,
    'fuzzed: fields or strips past the end, which GDAL passes over or shows as zeros',
  ],
];

/** CRSs that we give otherwise than `to_epsg()`: vertical parts are left out, user-defined ones are not looked up. */
const otherCrs =
  /(epsg4326_3855|epsg4326_5030|epsg4979|esri_pcs_gcs|projection_from_esri_xml|projection_3856|spaf27_markedcorrect)/;

function tiffs(): string[] {
  const files = readdirSync(corpus, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
  return files.filter((path) => isTiff(readFileSync(path).subarray(0, 4))).sort();
}

/** What differs between our answer and the referee's, in words. */
function differences(path: string, ours: Answer, theirs: Answer): string[] {
  const found: string[] = [];
  for (const key of ['width', 'height', 'type'] as const) {
    if (ours[key] !== theirs[key]) found.push(`${key} ${ours[key]} / ${theirs[key]}`);
  }
  const lossy = theirs.compression === 'JPEG' && ours.digests?.length === 3;
  if (lossy) {
    // The referee's wheel decodes with IJG's library, ours with libjpeg-turbo: they interpolate chroma differently.
    const far = ours.means!.some((mean, i) => Math.abs(mean - theirs.means![i]!) > 0.5);
    if (far) found.push(`means ${ours.means!.join()} / ${theirs.means!.join()}`);
  } else if (String(ours.digests) !== String(theirs.digests)) found.push('pixels');
  if (!sameNumber(ours.nodata, theirs.nodata))
    found.push(`nodata ${ours.nodata} / ${theirs.nodata}`);
  if (!sameTransform(ours.transform, theirs.transform)) found.push('transform');
  const epsg = theirs.epsg == null || ours.crs === `EPSG:${theirs.epsg}` || otherCrs.test(path);
  if (!epsg) found.push(`CRS ${ours.crs} / EPSG:${theirs.epsg}`);
  const masks = ours.masks!.map((mask) => (mask === 'all' ? allValid(ours, theirs) : mask));
  if (String(masks) !== String(theirs.masks) && !lossy) found.push('masks');
  return found;
}

const ones = new Map<number, string>();

function allValid(ours: Answer, theirs: Answer): string {
  const bytes = {
    uint8: 1,
    int8: 1,
    uint16: 2,
    int16: 2,
    uint32: 4,
    int32: 4,
    float32: 4,
  } as Record<string, number>;
  const total = ours.width! * ours.height! * theirs.digests!.length * (bytes[ours.type!] ?? 8);
  const pixels =
    total <= 2 ** 24
      ? ours.width! * ours.height!
      : Math.min(256, ours.width!) * Math.min(256, ours.height!);
  const known =
    ones.get(pixels) ?? createHash('md5').update(new Uint8Array(pixels).fill(1)).digest('hex');
  ones.set(pixels, known);
  return known;
}

function sameNumber(a: string | null | undefined, b: string | null | undefined): boolean {
  if (a == null || b == null) return a == b;
  const number = (text: string): number =>
    Number(text.replace('nan', 'NaN').replace('inf', 'Infinity'));
  return Object.is(number(a), number(b)) || number(a) === number(b);
}

function sameTransform(a: Answer['transform'], b: Answer['transform']): boolean {
  if (a == null || b == null) return a == b;
  return a.every((value, i) => Math.abs(value - b[i]!) <= 1e-9 * Math.max(1, Math.abs(b[i]!)));
}

function judgeRead(path: string, ours: Answer, theirs: Answer): string {
  if (theirs.error !== undefined) return `read, but GDAL refuses it (${theirs.error.message})`;
  const found = differences(path, ours, theirs);
  return found.length === 0 ? 'same' : found.join('; ');
}

function judgeRefusal(path: string, ours: Answer, theirs: Answer): string {
  if (theirs.error !== undefined) return 'both refuse';
  const damaged = refusedDamage.some(([pattern]) => pattern.test(path));
  if (damaged && ours.error!.code === 'corrupt') return 'refused on purpose';
  return `refused: ${ours.error!.message}`;
}

describe.skipIf(!present)('the corpus of odd TIFFs', () => {
  let reader: LineProcess;
  let referee: LineProcess;

  beforeAll(() => {
    reader = startReader({ seconds: 10, megabytes: 256 });
    referee = startReferee();
  });

  afterAll(() => {
    reader.stop();
    referee.stop();
  });

  /** What became of a file, or what is wrong. */
  async function judge(path: string): Promise<string> {
    const ours = await reader.ask(path);
    if (ours === undefined) return 'hung or died';
    if (ours.milliseconds! > 2000) {
      console.warn(
        `${path} took ${Math.round(ours.milliseconds!)} ms (limit on a quiet machine: 2000)`,
      );
    }
    const message = ours.error?.message ?? '';
    if (ours.error?.code === 'internal') return message;
    if (ours.error !== undefined && refusedFeatures.some(([pattern]) => pattern.test(message))) {
      return 'refused on purpose';
    }
    const theirs = await referee.ask(path);
    const gdal = theirs ?? { error: { message: 'GDAL died' } };
    return ours.error === undefined ? judgeRead(path, ours, gdal) : judgeRefusal(path, ours, gdal);
  }

  it('is read to the same pixels as rasterio, or refused with a plain error', {
    timeout: 240_000,
  }, async () => {
    const wrong: string[] = [];
    const count: Record<string, number> = { same: 0, 'both refuse': 0, 'refused on purpose': 0 };
    for (const path of tiffs()) {
      const verdict = await judge(path);
      if (verdict in count) count[verdict]!++;
      else wrong.push(`${relative(corpus, path)}: ${verdict}`);
    }
    console.info(
      `corpus: ${JSON.stringify(count)}, hangs ${reader.hangs}, deaths ${reader.deaths}`,
    );
    expect(wrong).toEqual([]);
    expect(count['same']).toBeGreaterThan(560);
  });

  it('is refused as no TIFF where it is none', { timeout: 60_000 }, async () => {
    const files = readdirSync(corpus, { recursive: true, withFileTypes: true }).filter((entry) =>
      entry.isFile(),
    );
    const others = files
      .map((entry) => join(entry.parentPath, entry.name))
      .filter((path) => /\.(jp2|nc|vrt|png|jpg|webp|img)$/.test(path));
    for (const path of others.filter((path) => !isTiff(readFileSync(path).subarray(0, 4)))) {
      const answer = await reader.ask(path);
      expect(answer?.error?.code, path).toBe('unknown-format');
    }
  });
});
