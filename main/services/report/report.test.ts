import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { confusionOf } from '../../../app/learn/metrics.ts';
import { areaAdjusted } from '../../../app/learn/metricsArea.ts';
import type { ClassScheme } from '../../../app/vector/roi.ts';
import { escapeHtml, html } from './html.ts';
import { renderReport } from './report.ts';
import type { ReportData } from './reportData.ts';

const classes: ClassScheme = [
  { value: 1, name: 'Water', color: [10, 40, 200], macroclass: 'Water' },
  { value: 2, name: 'Forest', color: [10, 90, 30] },
  { value: 3, name: 'Sand', color: [240, 230, 180] },
];
const confusion = confusionOf([
  [90, 10, 0],
  [5, 200, 0],
  [0, 30, 20],
]);
const scene = {
  name: 'scene.tif',
  grid: { width: 100, height: 50, crs: 'EPSG:32633', transform: [0, 10, 0, 0, 0, -10] },
  bandCount: 12,
} as const;
const data: ReportData = {
  title: 'A report',
  created: '2026-01-02T03:04:05Z',
  scene,
  classes,
  accuracy: { confusion, reference: 'points.gpkg', kind: 'block' },
};

/** Text of a page as a reader sees it. */
const text = (page: string) =>
  page
    .replace(/<style>.*?<\/style>/s, '')
    .replace(/<[^>]*>/g, ' ')
    .replace(/\s+/g, ' ');

describe('renderReport', () => {
  it('says in words what the figures say', () => {
    const page = text(renderReport(data));
    expect(page).toContain(
      'Of every 100 reference pixels, the map shows about 87 with the right class.',
    ); // 310 of 355
    expect(page).toContain('blocks of land of which nothing was used in training');
    // Sand: 20 of 50 found, all 20 right; what is missed is Forest.
    expect(page).toMatch(
      /weakest class is Sand : the map finds 40\.0\s% of it \(what it misses is mostly shown as Forest \), and 100\.0\s%/,
    );
    expect(page).toMatch(/Can be relied on: Water/);
    expect(page).toMatch(/Not to be relied on: Sand/);
    expect(page).toContain('Rows = reference, columns = map');
    expect(page).toMatch(/87\.3\s%/);
  });

  it('compares with the baseline on both sides of equal', () => {
    const better = {
      name: 'random forest',
      confusion: confusionOf([
        [100, 0, 0],
        [0, 205, 0],
        [0, 0, 50],
      ]),
    };
    expect(text(renderReport({ ...data, baseline: better }))).toContain(
      'the network is 12.7 percentage points worse',
    );
    const worse = {
      name: 'random forest',
      confusion: confusionOf([
        [50, 50, 0],
        [5, 200, 0],
        [0, 30, 20],
      ]),
    };
    expect(text(renderReport({ ...data, baseline: worse }))).toContain(
      'the network is 11.3 percentage points better',
    );
    expect(
      text(renderReport({ ...data, baseline: { name: 'random forest', confusion } })),
    ).toContain('does equally well');
  });

  it('warns of a random split and of pixels that were trained on', () => {
    const of = (kind: 'random' | 'same' | 'unknown') =>
      text(renderReport({ ...data, accuracy: { ...data.accuracy!, kind } }));
    expect(of('random')).toContain('better than what to expect elsewhere');
    expect(of('same')).toContain('better than the map is');
    expect(of('unknown')).toContain('is not known');
    for (const kind of ['random', 'same', 'unknown'] as const) {
      expect(of(kind)).not.toContain('None of these pixels');
    }
  });

  it('writes the matrix with reference in rows and map in columns', () => {
    const page = renderReport(data);
    const body = /<table class="matrix">.*?<tbody>(.*?)<\/tbody>/s.exec(page)![1]!;
    const rows = body
      .split('<tr>')
      .slice(1)
      .map((row) => [...row.matchAll(/<td[^>]*>([^<]*)<\/td>/g)].map((cell) => cell[1]));
    expect(rows.map((row) => row.slice(0, 4))).toEqual([
      ['90', '10', '0', '100'],
      ['5', '200', '0', '205'],
      ['0', '30', '20', '50'],
    ]);
  });

  it('shows only what it was given, and nothing of what cannot be measured', () => {
    const bare = text(renderReport({ title: 'T', created: 'now', scene, classes }));
    for (const word of [
      'How far to trust',
      'Accuracy',
      'Training',
      'Model',
      'Run manifest',
      'NaN',
      'undefined',
    ]) {
      expect(bare).not.toContain(word);
    }
    const empty = text(
      renderReport({
        ...data,
        accuracy: {
          ...data.accuracy!,
          confusion: confusionOf([
            [0, 0],
            [0, 0],
          ]),
        },
      }),
    );
    expect(empty).toContain('shares no pixel with the reference');
    expect(empty).not.toMatch(/NaN|undefined|Infinity/);
  });

  it('shows adjusted estimates with their intervals, in hectares beside the mapped areas', () => {
    const mapped = [30, 60, 10];
    const adjusted = areaAdjusted(confusion, mapped)!;
    const areas = mapped.map((hectares, i) => ({ value: i + 1, pixels: hectares * 100, hectares }));
    const page = text(
      renderReport({
        ...data,
        map: { name: 'map.tif', areas },
        accuracy: { ...data.accuracy!, areaAdjusted: adjusted },
      }),
    );
    const water = adjusted.perClass[0]!.area;
    expect(page).toContain(`${water.value.toFixed(1)} ± ${water.margin!.toFixed(2)}`);
    expect(page).toContain('Adjusted for area');
  });

  it('breaks a spectrum at bad bands, and at bands that are not there', () => {
    const bandCount = 30;
    const x = Array.from({ length: bandCount }, (_, b) => 400 + 10 * b + (b >= 20 ? 200 : 0));
    const flat = new Float64Array(bandCount).fill(0.3);
    const figures = { bandCount, perClass: [{ value: 1, count: 9, mean: flat, deviation: flat }] };
    const pieces = (bad?: readonly boolean[]) => {
      const page = renderReport({
        ...data,
        signatures: { figures, wavelengthsNm: x, ...(bad === undefined ? {} : { bad }) },
      });
      return page.match(/<polygon/g)!.length;
    };
    expect(pieces()).toBe(2);
    expect(pieces(x.map((nm) => nm === 450))).toBe(3);
    expect(pieces(x.map((nm) => nm === 400))).toBe(2); // at the end there is nothing to break
  });

  it('is self-contained and forbids itself everything else', () => {
    const page = renderReport(data);
    expect(page).toContain(
      "content=\"default-src 'none'; img-src data:; style-src 'unsafe-inline'",
    );
    expect(page).not.toMatch(/<script|<link|<iframe|javascript:|https?:\/\/|@import|url\(/i);
  });

  it('escapes names, titles, cards and manifests, whatever they say', () => {
    const attack = `</title></style><script>alert(1)</script>"'><img src=x onerror=alert(1)>&\u202e\u0000]]>`;
    const hostile: ReportData = {
      ...data,
      title: attack,
      created: attack,
      scene: {
        ...scene,
        name: attack,
        sensor: attack,
        acquired: attack,
        grid: { ...scene.grid, crs: attack },
        picture: { png: Uint8Array.of(1, 2), width: 10, height: 5, caption: attack },
      },
      classes: classes.map((landClass) => ({
        ...landClass,
        name: attack,
        macroclass: attack,
        color: [Number.NaN, 1e9, -5],
      })),
      map: {
        name: attack,
        picture: { values: new Uint8Array(400).fill(1), width: 20, height: 20 },
        areas: [{ value: 1, pixels: 4, hectares: 2 }],
      },
      accuracy: { confusion, reference: attack, kind: 'held-out' },
      baseline: { name: attack, confusion },
      training: {
        epochs: [
          { epoch: 1, loss: 1 },
          { epoch: 2, loss: Number.NaN },
        ],
      },
      signatures: {
        figures: {
          bandCount: 2,
          perClass: [
            { value: 1, count: 1, mean: Float64Array.of(1, 2), deviation: Float64Array.of(0, 0) },
          ],
        },
        unit: attack,
      },
      model: {
        name: attack,
        family: attack,
        reimplementationOf: attack,
        card: [{ name: attack, value: attack }],
      },
      manifest: { [attack]: attack },
      warnings: [attack],
    };
    const page = renderReport(hostile);
    expect(page).not.toMatch(/<script|<img src=x/i);
    const tags = [...page.replace(/<style>.*?<\/style>/s, '').matchAll(/<[a-z][^>]*>/gi)].map(
      ([tag]) => tag,
    );
    // Outside quoted values no tag may carry a handler.
    for (const tag of tags) expect(tag.replace(/"[^"]*"/g, '')).not.toMatch(/onerror|alert/);
    expect(page).not.toContain('\u0000');
    expect(page).toContain('rgb(0,255,0)');
  });

  it('escapes any text so that a parser gives it back', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (input) => {
        const escaped = escapeHtml(input);
        expect(escaped).not.toMatch(/[<>"']/);
        const names: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'" };
        const back = escaped.replace(/&([a-z#0-9]+);/g, (_, entity: string) => names[entity]!);
        // What HTML does not allow is replaced, all else comes back.
        const kept = [...input.toWellFormed()]
          .map((c) => (escapeHtml(c) === '\ufffd' ? '\ufffd' : c))
          .join('');
        expect(back).toBe(kept);
      }),
    );
    expect(html`${'<b>'}${html`<i>${1}</i>`}${['&', undefined, false]}`.markup).toBe(
      '&lt;b&gt;<i>1</i>&amp;',
    );
  });
});
