// Files of any kind are dropped: each says what it is, and those that can be opened are.
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@playwright/test';
import { encode } from 'fast-png';
import { type DeskPage, newDeskPage } from './deskPage.ts';
import { prismapJson } from './prismap.ts';
import { type Served, serve } from './served.ts';

test.describe.configure({ mode: 'serial' });

const folder = mkdtempSync(join(tmpdir(), 'prismap-trouble-'));
const inFolder = (name: string): string => join(folder, name);
const oddFolder = fileURLToPath(new URL('../../shared/data/odd/', import.meta.url));
let served: Served;
let desk: DeskPage;

test.beforeAll(async ({ browser }) => {
  await prismapJson(['sample', folder, '--size', '64', '--quiet']);
  served = await serve();
  desk = await newDeskPage(browser);
  await desk.open(served.url);
});
test.afterAll(async () => {
  await desk.page.context().close();
  await served.stop();
  rmSync(folder, { recursive: true, force: true });
});

function make(name: string, content: string | Uint8Array): string {
  writeFileSync(inFolder(name), content);
  return inFolder(name);
}

/** A GeoTIFF that says it has no samples a pixel. */
function withoutBands(): string {
  const tag = (id: number, type: number, value: number): number[] => [
    ...[id & 255, id >> 8, type, 0, 1, 0, 0, 0, value & 255, value >> 8, 0, 0],
  ];
  const tags = [
    tag(256, 3, 4),
    tag(257, 3, 4),
    tag(258, 3, 8),
    tag(259, 3, 1),
    tag(262, 3, 1),
    tag(273, 4, 200),
    tag(277, 3, 0),
    tag(279, 4, 16),
  ];
  return make(
    'no-bands.tif',
    Uint8Array.from([
      73,
      73,
      42,
      0,
      8,
      0,
      0,
      0,
      tags.length,
      0,
      ...tags.flat(),
      ...new Uint8Array(120),
    ]),
  );
}

/** A Shapefile of one point, as far as its .shp goes (ESRI Shapefile Technical Description, 1998). */
function pointShape(x: number, y: number): Uint8Array {
  const bytes = new DataView(new ArrayBuffer(128));
  bytes.setInt32(0, 9994);
  bytes.setInt32(24, bytes.byteLength / 2);
  bytes.setInt32(28, 1000, true);
  bytes.setInt32(32, 1, true);
  [x, y, x, y].forEach((value, i) => bytes.setFloat64(36 + 8 * i, value, true));
  bytes.setInt32(100, 1);
  bytes.setInt32(104, 10);
  bytes.setInt32(108, 1, true);
  bytes.setFloat64(112, x, true);
  bytes.setFloat64(120, y, true);
  return new Uint8Array(bytes.buffer);
}

test('what is no scene says what it is, by its own name, and leaves the project alone', async () => {
  const scene = readFileSync(inFolder('scene.tif'));
  const cases: readonly (readonly [path: string, words: RegExp])[] = [
    [
      make('minutes.docx', 'PK\x03\x04' + '\0'.repeat(26) + '[Content_Types].xml and so on'),
      /^minutes\.docx is an office document/,
    ],
    [make('nothing.tif', ''), /^nothing\.tif is empty\. Copy or download it again\./],
    [make('notes.txt', 'Some notes.\n'), /^notes\.txt is in no format that Prismap knows/],
    [make('half.tif', scene.subarray(0, scene.length / 3)), /^half\.tif /],
    [withoutBands(), /^no-bands\.tif .*samples/],
    [make('model.json', '{"format":"prismap"}'), /^model\.json is part of a trained model/],
    [inFolder('rois.geojson'), /^rois\.geojson holds ROIs, and there is no scene yet/],
  ];
  for (const [path, words] of cases) {
    await desk.drop([path]);
    await expect(desk.notices.filter({ hasText: words })).toBeVisible();
  }
  await desk.page.screenshot({ path: '.cache/journeys/trouble-drop.png' });
  await expect(desk.notices.filter({ hasText: join(served.dataFolder, 'uploads') })).toHaveCount(0);
  await expect(desk.page.getByRole('button', { name: 'Try it on a sample scene' })).toBeVisible();
  await desk.expectAccessible();
  await desk.dismissAll();
});

test('what is dropped before the window has its key waits for it', async ({ browser }) => {
  const early = await newDeskPage(browser);
  const { promise: dropped, resolve: goOn } = Promise.withResolvers<void>();
  await early.page.route('**/session', async (route) => {
    await dropped;
    await route.continue();
  });
  await early.open(await served.nextUrl());
  await early.drop([make('early.txt', 'Some notes.\n')]);
  goOn();
  await expect(
    early.notices.filter({ hasText: /^early\.txt is in no format that Prismap knows/ }),
  ).toBeVisible();
  await early.page.context().close();
});

test('of several, the others open, ROIs after their scene', async () => {
  await desk.drop([
    inFolder('rois.geojson'),
    inFolder('minutes.docx'),
    inFolder('scene.tif'),
    inFolder('half.tif'),
  ]);
  await expect(desk.layer(/^scene/)).toBeVisible();
  await expect(
    desk.notices.filter({ hasText: /^\d+ ROIs of \d+ classes were imported/ }),
  ).toBeVisible();
  await expect(desk.notices.filter({ hasText: /^minutes\.docx/ })).toBeVisible();
  await expect(desk.notices.filter({ hasText: /^half\.tif/ })).toBeVisible();
  await desk.drawn();
  expect(await desk.roiCount()).toBeGreaterThan(4);
  await desk.page.screenshot({ path: '.cache/journeys/trouble-several.png' });
  await desk.dismissAll();
});

test('ROIs of other formats come in, or say what is missing', async () => {
  const before = await desk.roiCount();
  await prismapJson(['export', 'rois']).catch(() => undefined);
  const [x, y] = [400_100, 5_800_100];
  await desk.drop([make('points.csv', `x;y;class\n${x};${y};Water\n${x + 30};${y + 30};Forest\n`)]);
  await desk.expectRois(before + 2);
  await desk.drop([make('bare.csv', 'name;size\na;1\n')]);
  await expect(
    desk.notices.filter({ hasText: /^bare\.csv has no column of geometries/ }),
  ).toBeVisible();
  await desk.page.screenshot({ path: '.cache/journeys/trouble-rois.png' });
  await desk.dismissAll();
});

test('a photograph is a picture without place, and a Shapefile without its table says what is missing', async () => {
  const photograph = await desk.page.evaluate(() => {
    const canvas = document.createElement('canvas');
    Object.assign(canvas, { width: 48, height: 32 });
    canvas.getContext('2d')!.fillRect(8, 8, 20, 10);
    return canvas.toDataURL('image/jpeg').split(',')[1]!;
  });
  await desk.drop([make('field visit.jpg', Buffer.from(photograph, 'base64'))]);
  await expect(desk.layer(/^field visit/)).toBeVisible();
  await expect(
    desk.notices.filter({ hasText: /^field visit\.jpg has no coordinate/ }),
  ).toBeVisible();
  // The ROIs are still those of the scene that they lie on.
  await expect(desk.classRow('Water')).toContainText(/[1-9]\d* px/);
  await desk.page.screenshot({ path: '.cache/journeys/trouble-photograph.png' });
  await desk.dismissAll();
  const before = await desk.roiCount();
  await desk.drop([make('plots.shp', pointShape(400_100, 5_800_100))]);
  await expect(
    desk.notices.filter({ hasText: /^plots\.shp has no table of fields \(\.dbf\)/ }),
  ).toBeVisible();
  await desk.page.screenshot({ path: '.cache/journeys/trouble-shapefile.png' });
  expect(await desk.roiCount()).toBe(before);
  await desk.dismissAll();
});

test('a folder of mixed things opens what it can, in one message for the rest', async () => {
  const mixed = inFolder('field campaign');
  mkdirSync(mixed);
  for (const name of ['minutes.docx', 'notes.txt', 'half.tif', 'nothing.tif'])
    copyFileSync(inFolder(name), join(mixed, name));
  const data = new Uint8Array(64 * 64).fill(90);
  writeFileSync(join(mixed, 'photo.png'), encode({ width: 64, height: 64, data, channels: 1 }));
  await desk.dropFolder(mixed);
  await expect(desk.layer(/^photo/)).toBeVisible();
  await expect(
    desk.notices.filter({ hasText: /^4 of 5 files could not be opened:/ }),
  ).toBeVisible();
  await desk.page.screenshot({ path: '.cache/journeys/trouble-folder.png' });
  await desk.dismissAll();
});

test('odd files of others are opened or refused in plain words', async () => {
  const names = [
    'gdal_gcore/autotest/gcore/data/arcgis93_geodataxform_gcp.tif',
    'gdal_gcore/autotest/gcore/data/bigtiff_one_block_be_long8.tif',
  ];
  test.skip(!existsSync(oddFolder), `there is no ${oddFolder}`);
  for (const name of names) {
    await desk.drop([join(oddFolder, name)]);
    const file = basename(name).replace(/\.tif$/, '');
    await expect(
      desk
        .layer(new RegExp(`^${file}`))
        .or(desk.notices.filter({ hasText: file }))
        .first(),
    ).toBeVisible();
  }
});

test('nothing was said in the console', () => {
  expect(desk.complaints.filter((text) => !text.startsWith('Failed to load resource'))).toEqual([]);
});
