import type { Grid } from '../../../app/raster/grid.ts';
import { classPng, mapLabels } from './classPicture.ts';
import { grouped, hectares, percent } from './format.ts';
import { type Html, html, name } from './html.ts';
import { classLabel, classOf, cssColor, scrolling, section } from './parts.ts';
import type { ReportData } from './reportData.ts';
import { northAngle, scaleBar } from './scaleBar.ts';

/** Scene and class map side by side, then the classes with their areas. */
export function mapSection(data: ReportData): Html | undefined {
  const figures = [sceneFigure(data), mapFigure(data)].filter((figure) => figure !== undefined);
  const table = data.map === undefined || data.map.areas.length === 0 ? undefined : areaTable(data);
  if (figures.length === 0 && table === undefined) return undefined;
  return section(
    'maps',
    'The map',
    figures.length > 0 && html`<div class="maps">${figures}</div>`,
    data.map?.seam !== undefined &&
      html`<p>Seams between tiles: ${data.map.seam.toFixed(2)}, the step of class probabilities where tiles meet over that elsewhere (1 = none).</p>`,
    table,
  );
}

function sceneFigure({ scene }: ReportData): Html | undefined {
  if (scene.picture === undefined) return undefined;
  const { png, width, height, caption } = scene.picture;
  const picture = framed({
    png,
    width,
    height,
    alt: `Picture of the scene ${scene.name}`,
    over: furniture(scene.grid, width, height),
  });
  return html`<figure>${picture}<figcaption>The scene: ${caption}.</figcaption></figure>`;
}

function mapFigure({ map, classes, scene }: ReportData): Html | undefined {
  if (map?.picture === undefined) return undefined;
  const { width, height } = map.picture;
  const unit = drawingWidth(width, height) / width;
  const labels = mapLabels(map.picture, 3, Math.max(4, width / 55)).map(
    ({ value, x, y }) =>
      html`<text class="over" font-size="24" text-anchor="middle" x="${(x * unit).toFixed(1)}" y="${(y * unit + 8).toFixed(1)}">${value}</text>`,
  );
  const over = html`${labels}${furniture(scene.grid, width, height)}`;
  const shown = map.areas
    .filter(({ pixels }) => pixels > 0)
    .map(({ value }) => classOf(classes, value).name);
  const alt = `Class map of ${scene.name} with the classes ${shown.join(', ')}`;
  const picture = framed({
    png: classPng(map.picture, classes),
    width,
    height,
    alt,
    over,
    sharp: true,
  });
  return html`<figure>${picture}<figcaption>The class map. Numbers stand for the classes in the table below${
    map.picture.values.includes(0) ? '; chequered where there are no data' : undefined
  }.</figcaption></figure>`;
}

type Framed = {
  readonly png: Uint8Array;
  readonly width: number;
  readonly height: number;
  readonly alt: string;
  readonly over: Html;
  readonly sharp?: boolean;
};

/** Most that a picture is high on the page, and about how wide it is where there is room, in CSS pixels. */
const shown = { height: 720, width: 560 } as const;

/** Width of the drawing over a picture in its own units: two are about one CSS pixel, in narrow pictures too. */
function drawingWidth(width: number, height: number): number {
  return 1000 * Math.min(1, (shown.height * width) / height / shown.width);
}

/** A picture with a drawing over it. Tall pictures are kept on one screen. */
function framed({ png, width, height, alt, over, sharp }: Framed): Html {
  const source = `data:image/png;base64,${Buffer.from(png).toString('base64')}`;
  const widest = Math.round((shown.height * width) / height);
  const across = drawingWidth(width, height);
  return html`<div class="picture" style="max-width:${widest}px"><img${sharp === true && html` class="sharp"`} src="${source}" width="${width}" height="${height}" alt="${alt}"><svg viewBox="0 0 ${across.toFixed(1)} ${((across * height) / width).toFixed(1)}" aria-hidden="true">${over}</svg></div>`;
}

/** Scale bar at the lower left and north arrow at the upper left, as far as the georeference gives them. */
function furniture(grid: Grid, width: number, height: number): Html {
  const across = drawingWidth(width, height);
  const bottom = (across * height) / width;
  const bar = scaleBar(grid);
  const angle = northAngle(grid);
  const length = bar === undefined ? 0 : (across * bar.pixels) / grid.width;
  return html`${
    bar !== undefined &&
    html`<rect x="24" y="${(bottom - 40).toFixed(1)}" width="${length.toFixed(1)}" height="12" fill="#10161e" stroke="#fff" stroke-width="4" paint-order="stroke"/><rect x="${(24 + length / 2).toFixed(1)}" y="${(bottom - 38).toFixed(1)}" width="${Math.max(0, length / 2 - 2).toFixed(1)}" height="8" fill="#fff"/><text class="over" font-size="26" x="24" y="${(bottom - 52).toFixed(1)}">${bar.label}</text>`
  }${
    angle !== undefined &&
    html`<g transform="translate(52 70) rotate(${angle.toFixed(1)})"><path d="M0 -46 L18 10 L0 -2 L-18 10 Z" fill="#10161e" stroke="#fff" stroke-width="5" paint-order="stroke" stroke-linejoin="round"/><text class="over" font-size="26" text-anchor="middle" y="38">N</text></g>`
  }`;
}

/** Legend and areas in one: number, colour, name, hectares, share, a bar, and the adjusted estimate where there is one. */
function areaTable(data: ReportData): Html {
  const { areas } = data.map!;
  const adjusted = data.accuracy?.areaAdjusted;
  const total = areas.reduce((sum, { pixels }) => sum + pixels, 0);
  const inHectares = areas.every((area) => area.hectares !== undefined);
  const estimates = new Map(
    inHectares ? adjusted?.perClass.map((row) => [row.value, row.area]) : [],
  );
  const sizes = areas.map(({ value, pixels, hectares: size }) => {
    const estimate = estimates.get(value);
    return { value, pixels, size: inHectares ? size! : pixels, estimate };
  });
  const grouping = data.classes.some(({ macroclass }) => macroclass !== undefined);
  const largest = Math.max(
    1e-9,
    ...sizes.map(({ size, estimate }) =>
      Math.max(size, (estimate?.value ?? 0) + (estimate?.margin ?? 0)),
    ),
  );
  const rows = sizes.map(({ value, pixels, size, estimate }) => {
    const landClass = classOf(data.classes, value);
    const interval =
      estimate === undefined
        ? '–'
        : `${hectares(estimate.value)}${estimate.margin === undefined ? '' : ` ± ${hectares(estimate.margin)}`}`;
    return html`<tr><th scope="row">${classLabel(landClass)}</th>${grouping && html`<td class="left">${landClass.macroclass === undefined ? '–' : name(landClass.macroclass)}</td>`}<td>${inHectares ? hectares(size) : grouped(pixels)}</td><td>${percent(total === 0 ? undefined : pixels / total)}</td><td class="left">${bar(size / largest, cssColor(landClass.color), estimate, largest)}</td>${estimates.size > 0 && html`<td>${interval}</td>`}</tr>`;
  });
  return html`<h3>Classes and their areas</h3>${scrolling(
    'Classes and their areas',
    html`<table class="wide"><caption>Areas as mapped, over ${grouped(total)} pixels.${estimates.size > 0 ? ' The last column allows for the errors found (Olofsson et al. 2014) and gives the 95 % confidence interval, which the whisker on the bar shows too; it assumes that the reference pixels are a random sample.' : ''}</caption>
<thead><tr><th scope="col" class="left">Class</th>${grouping && html`<th scope="col" class="left">Group</th>`}<th scope="col">${inHectares ? 'Hectares' : 'Pixels'}</th><th scope="col">Share</th><th scope="col" class="left">Area</th>${estimates.size > 0 && html`<th scope="col">Estimated hectares</th>`}</tr></thead><tbody>${rows}</tbody></table>`,
  )}`;
}

type Estimated = { readonly value: number; readonly margin: number | undefined };

/** A bar of a share of the full width; a whisker for an estimate with its interval. The numbers stand beside it. */
function bar(share: number, color: string, estimate: Estimated | undefined, largest: number): Html {
  const at = (value: number) => Math.max(0, Math.min(200, (200 * value) / largest)).toFixed(1);
  const whisker =
    estimate?.margin !== undefined &&
    html`<line x1="${at(estimate.value - estimate.margin)}" x2="${at(estimate.value + estimate.margin)}" y1="8" y2="8" stroke="#10161e" stroke-width="1.6"/><line x1="${at(estimate.value)}" x2="${at(estimate.value)}" y1="3" y2="13" stroke="#10161e" stroke-width="2"/>`;
  return html`<svg class="bar" viewBox="0 0 202 16" preserveAspectRatio="none" aria-hidden="true"><rect x="0.5" y="1" width="${(200 * share).toFixed(1)}" height="14" fill="${color}" stroke="#4d5866" stroke-width="0.7"/>${whisker}</svg>`;
}
