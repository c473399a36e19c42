import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
// The fonts that every reader of PDF has know western letters only; this lets pdf-lib embed one of our own. MIT.
import fontkit from '@pdf-lib/fontkit';
import { encode } from 'fast-png';
import { PDFDocument, type PDFFont, type PDFImage, type PDFPage, rgb } from 'pdf-lib';
import type { Grid } from '../../app/raster/grid.ts';
import { boundsOfGrid, type MapBounds, planView } from '../../app/raster/tileGrid.ts';
import type { ClassScheme } from '../../app/vector/roi.ts';
import { writeFileAtomic } from '../atomicFile.ts';
import { parseCrs } from '../vector/crs.ts';
import { type ReducedMap, reduceMap } from './exportPicture.ts';
import type { Exporter } from './exportSource.ts';

/** A rectangle of the page, points from its lower left corner. */
type Box = {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
};

/** A4, landscape, in points of 1/72 inch. */
const page = { width: 841.89, height: 595.28 };
const frame: Box = { x: 36, y: 84, width: 590, height: 444 };
const legend: Box = { x: 646, y: 84, width: 160, height: 444 };
const dotsPerInch = 200;
const ink = rgb(0.1, 0.1, 0.12);
const grey = rgb(0.4, 0.4, 0.44);

type Fonts = { readonly plain: PDFFont; readonly bold: PDFFont };

/** One page: title, map, legend, scale bar, north arrow, coordinate system, date. */
export const exportLayout: Exporter = async (map, path, { title, map: source }, { signal }) => {
  const document = await PDFDocument.create();
  document.registerFontkit(fontkit);
  const fonts: Fonts = {
    plain: await embed(document, 'DejaVuSansCondensed.ttf'),
    bold: await embed(document, 'DejaVuSansCondensed-Bold.ttf'),
  };
  const heading = title ?? `Land cover: ${basename(source)}`;
  document.setTitle(heading);
  document.setCreator('Prismap');
  const sheet = document.addPage([page.width, page.height]);
  const area = fit(boundsOfGrid(map.grid), frame);
  const shown = await reduceMap(map, pixelsOf(frame.width) * pixelsOf(frame.height));
  const image = await document.embedPng(pictureOf(shown, area, map.classes));
  drawMap(sheet, image, area, fonts);
  writeText(sheet, heading, { x: frame.x, y: 546, size: 20, font: fonts.bold, most: 770 });
  drawLegend(sheet, map.classes, fonts);
  drawScale(sheet, map.grid, area, fonts);
  drawNotes(sheet, map.grid, basename(source), fonts);
  await writeFileAtomic(path, await document.save(), signal);
  return [path];
};

/** The letters in use of DejaVu Sans: Latin, Greek, Cyrillic, Armenian, Georgian and more, under a free licence (Bitstream Vera's). */
async function embed(document: PDFDocument, file: string): Promise<PDFFont> {
  const path = fileURLToPath(import.meta.resolve(`dejavu-fonts-ttf/ttf/${file}`));
  return document.embedFont(await readFile(path), { subset: true });
}

const pixelsOf = (points: number): number => Math.round((points * dotsPerInch) / 72);

/** The part of the frame that a rectangle of the map fills, centred, and the rectangle itself. */
type Area = Box & { readonly bounds: MapBounds };

function fit(bounds: MapBounds, box: Box): Area {
  const [across, up] = [bounds[2] - bounds[0], bounds[3] - bounds[1]];
  const scale = Math.min(box.width / across, box.height / up);
  const [width, height] = [across * scale, up * scale];
  return {
    x: box.x + (box.width - width) / 2,
    y: box.y + (box.height - height) / 2,
    width,
    height,
    bounds,
  };
}

/** The map with north up, in class colours on white, at print resolution: nearest pixels, so that none is smoothed away. */
function pictureOf({ grid, values }: ReducedMap, area: Area, classes: ClassScheme): Uint8Array {
  const [width, height] = [pixelsOf(area.width), pixelsOf(area.height)];
  const plan = planView(grid, { bounds: area.bounds, width, height });
  const colors = new Map(classes.map(({ value, color }) => [value, color]));
  const data = new Uint8Array(width * height * 3).fill(255);
  plan?.picks.forEach((pick, i) => {
    const color = pick < 0 ? undefined : colors.get(valueAt(values, plan, pick, grid.width));
    if (color !== undefined) data.set(color, 3 * i);
  });
  return encode({ width, height, data, channels: 3 });
}

/** The value of a pick, which counts within the window of the plan at the plan's own size. */
function valueAt(
  values: Uint8Array,
  { window, size }: NonNullable<ReturnType<typeof planView>>,
  pick: number,
  stride: number,
): number {
  const row = Math.floor(pick / size.width);
  const column = pick - row * size.width;
  const y = window.y + Math.floor(((row + 0.5) * window.height) / size.height);
  const x = window.x + Math.floor(((column + 0.5) * window.width) / size.width);
  return values[y * stride + x]!;
}

function drawMap(sheet: PDFPage, image: PDFImage, area: Area, { bold }: Fonts): void {
  const { x, y, width, height } = area;
  sheet.drawImage(image, { x, y, width, height });
  sheet.drawRectangle({ ...frame, borderColor: ink, borderWidth: 0.8, opacity: 0 });
  const [arrowX, arrowY] = [frame.x + frame.width - 26, frame.y + frame.height - 24];
  sheet.drawCircle({ x: arrowX, y: arrowY, size: 18, color: rgb(1, 1, 1), opacity: 0.85 });
  // y of a path runs downwards
  sheet.drawSvgPath('M 0 -12 L 5 6 L 0 3 L -5 6 Z', { x: arrowX, y: arrowY + 3, color: ink });
  sheet.drawText('N', { x: arrowX - 3, y: arrowY - 14, size: 8, font: bold, color: ink });
}

const mostClasses = 62;

function drawLegend(sheet: PDFPage, classes: ClassScheme, { plain, bold }: Fonts): void {
  const shown = classes.slice(0, mostClasses);
  const columns = shown.length > mostClasses / 2 ? 2 : 1;
  const perColumn = Math.ceil(shown.length / columns);
  const [width, size] = [legend.width / columns, columns === 1 ? 10 : 7];
  const top = legend.y + legend.height;
  sheet.drawText('Legend', { x: legend.x, y: top - 12, size: 12, font: bold, color: ink });
  shown.forEach(({ name, color: [red, green, blue] }, i) => {
    const x = legend.x + Math.floor(i / perColumn) * width;
    const y = top - 34 - (i % perColumn) * 13;
    sheet.drawRectangle({
      x,
      y,
      width: 12,
      height: 8,
      color: rgb(red / 255, green / 255, blue / 255),
      borderColor: grey,
      borderWidth: 0.4,
    });
    writeText(sheet, name, { x: x + 17, y: y + 1, size, font: plain, most: width - 20 });
  });
  if (classes.length > mostClasses)
    writeText(sheet, `and ${classes.length - mostClasses} more`, {
      x: legend.x,
      y: legend.y,
      size: 7,
      font: plain,
      most: legend.width,
    });
}

/** A bar of a round length of at most a third of the frame, and the scale of the sheet. */
function drawScale(sheet: PDFPage, grid: Grid, area: Area, { plain }: Fonts): void {
  const unit = metresPerUnit(grid, area.bounds);
  if (unit === undefined) return;
  /** Of a point of the page. */
  const metres = (unit * (area.bounds[2] - area.bounds[0])) / area.width;
  const length = roundBelow((frame.width / 3) * metres);
  const width = length / metres;
  const [x, y] = [frame.x, frame.y - 24];
  const half = { y, width: width / 2, height: 5, borderColor: ink, borderWidth: 0.6 };
  sheet.drawRectangle({ ...half, x, color: ink });
  sheet.drawRectangle({ ...half, x: x + width / 2, color: rgb(1, 1, 1) });
  const labels = [0, length / 2, length].map(lengthText);
  labels.forEach((label, i) => {
    const at = x + (width * i) / 2 - (i === 0 ? 0 : plain.widthOfTextAtSize(label, 8) / 2);
    sheet.drawText(label, { x: at, y: y + 9, size: 8, font: plain, color: ink });
  });
  const scale = Number(((metres * 72) / 0.0254).toPrecision(3)).toLocaleString('en');
  sheet.drawText(`1 : ${scale} on A4`, { x, y: y - 12, size: 8, font: plain, color: grey });
}

/** Metres of a unit of the map, east to west in its middle; undefined where the CRS does not say. */
function metresPerUnit({ crs: text, transform }: Grid, bounds: MapBounds): number | undefined {
  if (text === undefined || transform === undefined) return undefined;
  const crs = parseCrs(text);
  if (!crs.geographic) return crs.metresPerUnit;
  const latitude = (((bounds[1] + bounds[3]) / 2) * Math.PI) / 180;
  return (Math.PI / 180) * crs.ellipsoid.a * Math.cos(latitude);
}

/** 1, 2 or 5 times a power of ten, not above a length. */
function roundBelow(longest: number): number {
  const power = 10 ** Math.floor(Math.log10(longest));
  return ([5, 2].find((factor) => factor * power <= longest) ?? 1) * power;
}

function lengthText(metres: number): string {
  if (metres === 0) return '0';
  if (metres >= 1000) return `${Number((metres / 1000).toPrecision(3))} km`;
  return metres >= 1
    ? `${Number(metres.toPrecision(3))} m`
    : `${Number((100 * metres).toPrecision(3))} cm`;
}

function drawNotes(sheet: PDFPage, grid: Grid, source: string, { plain }: Fonts): void {
  const place = crsText(grid);
  const lines = [
    place,
    `Map: ${source}, ${grid.width.toLocaleString('en')} × ${grid.height.toLocaleString('en')} pixels`,
    `${new Date().toISOString().slice(0, 10)}, made with Prismap`,
  ];
  lines.forEach((line, i) => {
    writeText(sheet, line, { x: 330, y: 68 - 12 * i, size: 8, font: plain, most: 476 });
  });
}

function crsText({ crs, transform }: Grid): string {
  if (crs === undefined || transform === undefined)
    return 'No coordinate system: positions are pixels';
  const { id, name } = parseCrs(crs);
  return id.startsWith('EPSG:') ? `${name} (${id})` : name;
}

/** Writes one line, cut short where it is too wide. */
function writeText(
  sheet: PDFPage,
  text: string,
  {
    most,
    ...style
  }: {
    readonly x: number;
    readonly y: number;
    readonly size: number;
    readonly font: PDFFont;
    readonly most: number;
  },
): void {
  const { font, size } = style;
  let line = writable(text, font);
  const cut = (): string => `${line.trimEnd()}…`;
  if (font.widthOfTextAtSize(line, size) > most) {
    while (line !== '' && font.widthOfTextAtSize(cut(), size) > most) line = line.slice(0, -1);
    line = cut();
  }
  sheet.drawText(line, { ...style, color: ink });
}

/** The letters that the page's font has: others lose their accents, or become question marks. */
function writable(text: string, font: PDFFont): string {
  const known = new Set(font.getCharacterSet());
  const has = (letter: string): boolean => known.has(letter.codePointAt(0)!);
  return [...text.normalize('NFC').replace(/\s+/g, ' ')]
    .map((letter) => {
      if (has(letter)) return letter;
      const bare = [...letter.normalize('NFD')].filter(has).join('');
      return bare === '' ? '?' : bare;
    })
    .join('');
}
