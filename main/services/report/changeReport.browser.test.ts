import { existsSync } from 'node:fs';
import { AxeBuilder } from '@axe-core/playwright';
import { type Browser, chromium } from '@playwright/test';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ClassScheme } from '../../../app/vector/roi.ts';
import { type ChangeReportData, renderChangeReport } from './changeReport.ts';

const executable = [
  process.env['CHROMIUM_PATH'],
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
].find((path) => path !== undefined && existsSync(path));

const classes: ClassScheme = [
  { value: 1, name: 'Water', color: [40, 90, 170] },
  { value: 2, name: 'Forest <img src=x onerror=alert(1)>', color: [20, 90, 50] },
  { value: 3, name: 'Built-up', color: [190, 60, 40] },
];
const row = (from: number, to: number, pixels: number) => ({
  from: classes[from]!.name,
  to: classes[to]!.name,
  pixels,
  hectares: pixels / 100,
});
const grid = {
  width: 40,
  height: 30,
  crs: 'EPSG:32633',
  transform: [500_000, 10, 0, 5_800_000, 0, -10],
} as const;

const data: ChangeReportData = {
  created: '2026-05-04T10:00:00Z',
  before: 'spring.tif',
  after: 'autumn.tif',
  classes,
  mapClasses: [
    { value: 1, name: 'No change', color: [214, 214, 208] },
    { value: 2, name: 'Change', color: [200, 60, 30] },
  ],
  manifest: { command: 'change' },
  scene: { name: 'spring.tif', grid, bandCount: 12 },
  map: {
    name: 'change.tif',
    picture: {
      width: 40,
      height: 30,
      values: Uint8Array.from({ length: 1200 }, (_, i) => (i % 40 < 3 ? 0 : i % 40 > 28 ? 2 : 1)),
    },
    areas: [
      { value: 1, pixels: 780, hectares: 7.8 },
      { value: 2, pixels: 330, hectares: 3.3 },
    ],
  },
  result: {
    ...{ map: 'change.tif', probability: 'change-probability.tif', manifest: 'change.tif.json' },
    ...{ changedPixels: 330, unchangedPixels: 780, nodataPixels: 90, changedHectares: 3.3 },
    ...{
      threshold: 0.5,
      polygons: 4,
      disagreement: 0.11,
      seam: 1.08,
      tiles: 12,
      seconds: 3,
      peakRssBytes: 1e9,
    },
    transitions: [row(1, 2, 200), row(0, 2, 100), row(1, 1, 20), row(0, 0, 10)],
    alignment: {
      ...{ resampled: 'bilinear', overlap: 0.93, normalised: false },
      registration: { x: 0.7, y: -0.1, spread: 0.05, windows: 12 },
      radiometry: {
        unchanged: 0.4,
        bands: [{ name: 'B02', gain: 1.1, offset: -12, difference: 0.5, correlation: 0.97 }],
      },
    },
    engine: 'tensorflow, CPU',
    warnings: ['The second date lies 0.7 pixels beside the first.'],
  },
};

describe('the report of a change map', () => {
  const page = renderChangeReport(data);

  it('says what changed, from what to what, and how the dates lie', () => {
    const text = page
      .replace(/<style>.*?<\/style>/s, '')
      .replace(/<[^>]+>/g, ' ')
      .replace(/\s+/g, ' ');
    expect(text).toMatch('3.30 hectares');
    expect(text).toMatch('same class to 9.1');
    expect(text).toMatch('differ on 11.0');
    expect(text).toMatch('0.71 pixels beside the earlier (0.70 right, -0.10 down)');
    expect(text).toMatch('resampled (bilinear)');
    expect(text).toMatch('Water · 1.10 ha');
    expect(page).not.toMatch('<img src=x');
  });

  it('draws every flow as wide as its area', () => {
    // A ribbon's left edge runs from its first to its last height.
    const widths = [...page.matchAll(/<path d="M[\d.]+ ([\d.]+)C[^Z]* ([\d.]+)Z"/g)].map(
      ([, top, bottom]) => Number(bottom) - Number(top),
    );
    expect(widths).toHaveLength(4);
    const total = widths.reduce((sum, one) => sum + one, 0);
    const expected = [100, 10, 200, 20].map((pixels) => pixels / 330).sort((a, b) => a - b);
    const found = widths.map((one) => one / total).sort((a, b) => a - b);
    for (const [i, share] of found.entries()) expect(share).toBeCloseTo(expected[i]!, 2);
  });

  it('leaves out what is not known', () => {
    const bare = renderChangeReport({
      ...data,
      classes: [],
      result: { ...data.result, transitions: [], alignment: { overlap: 1, normalised: false } },
    });
    expect(bare).not.toMatch('From what to what');
    expect(bare).toMatch('could not be measured');
  });

  describe.skipIf(executable === undefined)(
    `in a browser${executable === undefined ? ' (skipped: no Chromium found; install it or set CHROMIUM_PATH)' : ''}`,
    () => {
      let browser: Browser;
      beforeAll(async () => {
        browser = await chromium.launch({ executablePath: executable!, args: ['--no-sandbox'] });
      });
      afterAll(() => browser.close());

      it('has nothing that axe objects to, and does not scroll sideways on a phone', async () => {
        const context = await browser.newContext({ bypassCSP: true });
        const tab = await context.newPage();
        await tab.setContent(page);
        const { violations, passes } = await new AxeBuilder({ page: tab })
          .withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'])
          .analyze();
        expect(violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`)).toEqual([]);
        expect(passes.length).toBeGreaterThan(15);
        await tab.setViewportSize({ width: 390, height: 800 });
        expect(await tab.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(390);
        await context.close();
      });
    },
  );
});
