import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { AppError } from '../../../app/error.ts';

/** Two dates of a city and its map of changes, as `openScene` takes them: band files joined by commas. */
type CityPair = { readonly before: string; readonly after: string; readonly labels: string };

/** Ten cities of the data set's own test list: never trained on. */
const testCities = new Set([
  'brasilia',
  'montpellier',
  'norcia',
  'rio',
  'saclay_w',
  'valencia',
  'dubai',
  'lasvegas',
  'milano',
  'chongqing',
]);

/** Sentinel-2's bands of twelve; B10 (cirrus) holds no ground. */
const bandFile = /(?:^|_)B(?:0?[1-9]|8A|1[12])\.(?:tiff?|jp2)$/i;

/**
 * Cities of a folder laid out as the Onera Satellite Change Detection data set (Daudt et al. 2018): `Images/CITY/imgs_1` and
 * `imgs_2` with a file a band at its own resolution, or `imgs_1_rect` and `imgs_2_rect` with all on the 10 m grid, which are
 * taken where they are there, as they are; labels in `…Labels/CITY/cm`. The folders may bear the names of the published
 * archives. Which cities are for training says `train.txt`, else the published list.
 * @throws AppError `not-found` where there are no such folders or no city with labels
 */
export async function oscdPairs(folder: string, part: 'train' | 'test'): Promise<CityPair[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => undefined);
  if (entries === undefined)
    throw new AppError('not-found', `There is no folder ${folder}. Check the name.`, { folder });
  const folders = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  const images = folders.find((name) => /images$/i.test(name));
  const labels = folders.filter((name) => /labels$/i.test(name));
  if (images === undefined || labels.length === 0)
    throw new AppError(
      'not-found',
      `${folder} is not laid out as OSCD: it needs a folder "Images" and one "Train Labels" or "Test Labels"; it has ${folders.join(', ') || 'none'}. Choose the folder that holds them.`,
      { folder, found: folders },
    );
  const cities = await listed(folder, images, part);
  const pairs: CityPair[] = [];
  for (const city of cities) {
    const map = await firstOf(
      labels.map((name) => join(folder, name, city, 'cm')),
      labelFile,
    );
    const before = await date(join(folder, images, city), 1);
    const after = await date(join(folder, images, city), 2);
    if (map !== undefined && before !== undefined && after !== undefined)
      pairs.push({ before, after, labels: map });
  }
  if (pairs.length > 0) return pairs;
  throw new AppError(
    'not-found',
    `${folder} has no city of the ${part} list with images of both dates and labels. Cities looked for: ${cities.join(', ') || 'none'}.`,
    { folder, cities },
  );
}

/** Names of the cities of a part. */
async function listed(folder: string, images: string, part: 'train' | 'test'): Promise<string[]> {
  for (const path of [join(folder, images, `${part}.txt`), join(folder, `${part}.txt`)]) {
    const text = await readFile(path, 'utf8').catch(() => undefined);
    const names = text?.split(/[\s,;]+/).filter((name) => name !== '');
    if (names !== undefined && names.length > 0) return names;
  }
  const entries = await readdir(join(folder, images), { withFileTypes: true });
  return entries
    .filter((entry) => entry.isDirectory() && testCities.has(entry.name) === (part === 'test'))
    .map(({ name }) => name)
    .sort();
}

const labelFile = (city: string, names: readonly string[]): string | undefined =>
  names.find((name) => name.toLowerCase() === `${city}-cm.tif`) ??
  names.find((name) => /-cm\.tiff?$/i.test(name)) ??
  names.find((name) => name.toLowerCase() === 'cm.png');

async function firstOf(
  folders: readonly string[],
  choose: (city: string, names: readonly string[]) => string | undefined,
): Promise<string | undefined> {
  for (const folder of folders) {
    const names = await readdir(folder).catch(() => []);
    const found = choose(basename(join(folder, '..')).toLowerCase(), names);
    if (found !== undefined) return join(folder, found);
  }
  return undefined;
}

/** The band files of a date; those on one grid first. */
async function date(city: string, number: 1 | 2): Promise<string | undefined> {
  for (const folder of [join(city, `imgs_${number}_rect`), join(city, `imgs_${number}`)]) {
    if ((await stat(folder).catch(() => undefined)) === undefined) continue;
    const files = (await readdir(folder)).filter((name) => bandFile.test(name)).sort();
    if (files.length > 0) return files.map((name) => join(folder, name)).join(',');
  }
  return undefined;
}
