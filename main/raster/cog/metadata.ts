import type { BandStatistics } from '../../../app/raster/scene.ts';
import type { CogPlan } from './plan.ts';

/** Text as it may stand in XML: markup escaped, characters that XML cannot hold left out. */
export function escapeXml(text: string): string {
  return text
    .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '')
    .toWellFormed()
    .replace(/[&<>"]/g, (character) => entities[character]!);
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
};

/** A number as GDAL reads it back to the same value. */
export function formatNumber(value: number): string {
  if (Number.isNaN(value)) return 'nan';
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf';
  return String(value);
}

type Item = {
  readonly name: string;
  readonly value: string;
  readonly sample?: number;
  readonly role?: string;
  readonly domain?: string;
};

/** The GDAL_METADATA field: text items of the file, then names, scale, wavelength and statistics of the bands. */
export function metadataXml(
  plan: CogPlan,
  statistics: readonly (BandStatistics | undefined)[],
): string | undefined {
  const items: Item[] = Object.entries(plan.metadata)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => ({ name, value }));
  plan.bands.forEach((_, sample) => {
    items.push(...bandItems(plan, sample), ...statisticsItems(statistics[sample], sample));
  });
  if (items.length === 0) return undefined;
  return `<GDALMetadata>\n${items.map(itemXml).join('')}</GDALMetadata>\n`;
}

function bandItems(plan: CogPlan, sample: number): Item[] {
  const band = plan.bands[sample]!;
  const items: Item[] = [];
  const role = (name: string, value: string): void => {
    items.push({ name: name.toUpperCase(), value, sample, role: name });
  };
  if (band.name !== '') role('description', band.name);
  if (band.scale !== undefined && band.scale !== 1) role('scale', formatNumber(band.scale));
  if (band.offset !== undefined && band.offset !== 0) role('offset', formatNumber(band.offset));
  if (band.unit !== undefined) role('unittype', band.unit);
  // The name under which ENVI and EnMAP-Box keep it, 0 = bad.
  if (band.bad === true) items.push({ name: 'bbl', value: '0', sample });
  if (band.wavelengthNm !== undefined) {
    const micrometres = formatNumber(Number((band.wavelengthNm / 1000).toPrecision(12)));
    items.push({ name: 'CENTRAL_WAVELENGTH_UM', value: micrometres, sample, domain: 'IMAGERY' });
  }
  return items;
}

function statisticsItems(statistics: BandStatistics | undefined, sample: number): Item[] {
  if (statistics === undefined) return [];
  const item = (name: string, value: number): Item => ({
    name: `STATISTICS_${name}`,
    value: formatNumber(value),
    sample,
  });
  return [
    item('MAXIMUM', statistics.max),
    item('MEAN', statistics.mean),
    item('MINIMUM', statistics.min),
    item('STDDEV', statistics.std),
    ...(statistics.validPercent === undefined
      ? []
      : [item('VALID_PERCENT', Number(statistics.validPercent.toPrecision(4)))]),
  ];
}

function itemXml({ name, value, sample, role, domain }: Item): string {
  const attributes = [
    `name="${escapeXml(name)}"`,
    ...(sample === undefined ? [] : [`sample="${sample}"`]),
    ...(role === undefined ? [] : [`role="${role}"`]),
    ...(domain === undefined ? [] : [`domain="${domain}"`]),
  ];
  // GDAL escapes values before it puts them into XML, and undoes that after parsing
  return `  <Item ${attributes.join(' ')}>${escapeXml(escapeXml(value))}</Item>\n`;
}
