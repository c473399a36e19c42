import { readFile, rm } from 'node:fs/promises';
import { formatColor } from '../../../app/raster/palette.ts';
import { removeStaleParts, writeFileAtomic } from '../../atomicFile.ts';
import { escapeXml } from './metadata.ts';
import type { CogPlan } from './plan.ts';

const mark = '<!-- Written by Prismap -->';

export type ClassRow = {
  readonly value: number;
  readonly name: string;
  readonly color: readonly [number, number, number, number];
};

/**
 * Writes the files beside a class map. A GeoTIFF has no place for class names, so GDAL keeps them in `NAME.tif.aux.xml`
 * (names by value, and an attribute table with names and colours); QGIS takes colours and names from the style
 * `NAME.qml`. For other rasters such files of an earlier raster of that name are removed, but no style of the user's own.
 */
export async function writeSideFiles(path: string, plan: CogPlan): Promise<void> {
  const { auxiliary, style } = namesBeside(path);
  const rows = classRows(plan);
  if (rows !== undefined) {
    for (const file of [auxiliary, style]) await removeStaleParts(file);
    await writeFileAtomic(auxiliary, auxiliaryXml(rows));
    await writeFileAtomic(style, styleXml(rows));
    return;
  }
  await removeSideFiles(path);
}

/** Removes the files beside a raster, but no style of the user's own. */
export async function removeSideFiles(path: string): Promise<void> {
  const { auxiliary, style } = namesBeside(path);
  await rm(auxiliary, { force: true });
  const found = await readFile(style, 'utf8').catch(() => '');
  if (found.includes(mark)) await rm(style, { force: true });
}

function namesBeside(path: string): { readonly auxiliary: string; readonly style: string } {
  return { auxiliary: `${path}.aux.xml`, style: `${path.replace(/\.[^./\\]*$/, '')}.qml` };
}

function classRows(plan: CogPlan): readonly ClassRow[] | undefined {
  if (plan.palette === undefined || plan.bands.length !== 1) return undefined;
  const values = new Set([...plan.palette.keys(), ...(plan.classNames?.keys() ?? [])]);
  return [...values]
    .sort((a, b) => a - b)
    .map((value) => ({
      value,
      name: plan.classNames?.get(value) ?? (value === plan.nodata ? 'No data' : `Class ${value}`),
      color: plan.palette?.get(value) ?? [128, 128, 128, 255],
    }));
}

function auxiliaryXml(rows: readonly ClassRow[]): string {
  return [
    '<PAMDataset>',
    '  <PAMRasterBand band="1">',
    ...categoryNames(rows),
    ...attributeTable(rows),
    '  </PAMRasterBand>',
    '</PAMDataset>',
    '',
  ].join('\n');
}

/** Names from value 0 on; values without a class get an empty one. */
function categoryNames(rows: readonly ClassRow[]): readonly string[] {
  const last = rows.at(-1)?.value ?? -1;
  if (last > 65535 || (rows[0]?.value ?? 0) < 0) return [];
  const names = new Map(rows.map((row) => [row.value, row.name]));
  return [
    '    <CategoryNames>',
    ...Array.from(
      { length: last + 1 },
      (_, value) => `      <Category>${escapeXml(names.get(value) ?? '')}</Category>`,
    ),
    '    </CategoryNames>',
  ];
}

/** Fields of GDAL's attribute table: name, type (0 integer, 2 text), usage (5 value, 2 name, 6 to 9 colour). */
const tableFields = [
  ['Value', 0, 5],
  ['Class', 2, 2],
  ['Red', 0, 6],
  ['Green', 0, 7],
  ['Blue', 0, 8],
  ['Alpha', 0, 9],
] as const;

function attributeTable(rows: readonly ClassRow[]): readonly string[] {
  return [
    '    <GDALRasterAttributeTable tableType="thematic">',
    ...tableFields.map(
      ([name, type, usage], index) =>
        `      <FieldDefn index="${index}"><Name>${name}</Name><Type>${type}</Type><Usage>${usage}</Usage></FieldDefn>`,
    ),
    ...rows.map((row, index) => {
      const cells = [row.value, escapeXml(row.name), ...row.color];
      return `      <Row index="${index}">${cells.map((cell) => `<F>${cell}</F>`).join('')}</Row>`;
    }),
    '    </GDALRasterAttributeTable>',
  ];
}

/** A QGIS style of a class map. */
export function styleXml(rows: readonly ClassRow[]): string {
  const entries = rows
    .filter((row) => row.color[3] > 0)
    .map(
      ({ value, name, color }) =>
        `        <paletteEntry value="${value}" label="${escapeXml(name)}" color="${formatColor(color)}" alpha="${color[3]}"/>`,
    );
  return [
    "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>",
    mark,
    '<qgis version="3.22.0" styleCategories="Symbology">',
    '  <pipe>',
    '    <rasterrenderer type="paletted" band="1" opacity="1" alphaBand="-1">',
    '      <rasterTransparency/>',
    '      <colorPalette>',
    ...entries,
    '      </colorPalette>',
    '    </rasterrenderer>',
    '    <brightnesscontrast brightness="0" contrast="0" gamma="1"/>',
    '    <huesaturation saturation="0" colorizeOn="0" grayscaleMode="0"/>',
    '    <rasterresampler maxOversampling="2"/>',
    '  </pipe>',
    '  <blendMode>0</blendMode>',
    '</qgis>',
    '',
  ].join('\n');
}
