import { existsSync } from 'node:fs';
import type { SceneInfo } from '../../../app/contract/desk/scenes.ts';
import type { DeskArguments, DeskOutput } from '../../../app/contract/deskApi.ts';
import { AppError } from '../../../app/error.ts';
import { writeFileAtomic } from '../../atomicFile.ts';

type Bands = SceneInfo['bands'];
type Spectra = DeskArguments<'spectra.export'>['spectra'];

/** Writes spectra for other programs. @throws AppError `not-writable`, `disk-full`, `usage` */
export async function exportSpectra(
  { path, format, overwrite, spectra }: DeskArguments<'spectra.export'>,
  bands: Bands,
  signal: AbortSignal,
): Promise<DeskOutput<'spectra.export'>> {
  const wrong = spectra.find(({ mean }) => mean.length !== bands.length);
  if (wrong !== undefined)
    throw new AppError(
      'usage',
      `The spectrum ${wrong.name} has ${wrong.mean.length} values; the scene has ${bands.length} bands.`,
    );
  const ending = `.${format}`;
  const named = path.toLowerCase().endsWith(ending) ? path : `${path}${ending}`;
  const header = named.replace(/\.sli$/i, '.hdr');
  const files = format === 'csv' ? [named] : [header, named];
  const there = files.find((file) => existsSync(file));
  if (there !== undefined && !overwrite)
    throw new AppError(
      'not-writable',
      `${there} exists already. Choose another name, or replace it.`,
      {
        path: there,
        exists: true,
      },
    );
  if (format === 'csv') await writeFileAtomic(named, csvOf(spectra, bands), signal);
  else {
    await writeFileAtomic(named, libraryOf(spectra), signal);
    await writeFileAtomic(header, headerOf(spectra, bands), signal);
  }
  return { path: named, files };
}

const figures = ['mean', 'std', 'min', 'max'] as const;

/** A row a band, with the columns that the spectra have. */
function csvOf(spectra: Spectra, bands: Bands): string {
  const columns = spectra.flatMap((spectrum) =>
    figures.flatMap((figure) => {
      const values = spectrum[figure];
      return values === undefined ? [] : [{ title: `${spectrum.name} ${figure}`, values }];
    }),
  );
  const head = ['band', 'name', 'wavelength_nm', 'bad', ...columns.map(({ title }) => title)];
  const rows = bands.map((band, index) => [
    index + 1,
    band.name,
    band.wavelengthNm ?? '',
    band.bad === true ? 1 : 0,
    ...columns.map(({ values }) => values[index] ?? ''),
  ]);
  return [head, ...rows].map((row) => `${row.map(cell).join(',')}\r\n`).join('');
}

/** As RFC 4180 quotes. */
function cell(value: string | number): string {
  const text = String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** Spectra one after the other, doubles, little-endian; NaN where there is no value. */
function libraryOf(spectra: Spectra): Uint8Array {
  const bands = spectra[0]!.mean.length;
  const view = new DataView(new ArrayBuffer(8 * bands * spectra.length));
  spectra.forEach(({ mean }, row) => {
    mean.forEach((value, band) => {
      view.setFloat64(8 * (row * bands + band), value ?? Number.NaN, true);
    });
  });
  return new Uint8Array(view.buffer);
}

function headerOf(spectra: Spectra, bands: Bands): string {
  const all = <Key extends 'wavelengthNm' | 'fwhmNm'>(key: Key): string | undefined => {
    const values = bands.map((band) => band[key]);
    return values.every((value) => value !== undefined) ? list(values) : undefined;
  };
  const fields: [string, string | number | undefined][] = [
    ['description', '{Spectra of Prismap}'],
    ['samples', bands.length],
    ['lines', spectra.length],
    ['bands', 1],
    ['header offset', 0],
    ['file type', 'ENVI Spectral Library'],
    ['data type', 5],
    ['interleave', 'bsq'],
    ['byte order', 0],
    ['wavelength units', all('wavelengthNm') === undefined ? undefined : 'Nanometers'],
    ['spectra names', list(spectra.map(({ name }) => name))],
    ['band names', list(bands.map(({ name }) => name))],
    ['wavelength', all('wavelengthNm')],
    ['fwhm', all('fwhmNm')],
    ['bbl', bands.some(({ bad }) => bad) ? list(bands.map(({ bad }) => (bad ? 0 : 1))) : undefined],
  ];
  const lines = fields.flatMap(([key, value]) =>
    value === undefined ? [] : [`${key} = ${value}`],
  );
  return ['ENVI', ...lines, ''].join('\n');
}

/** Commas and braces divide a list, so names go without them. */
function list(values: readonly (string | number)[]): string {
  return `{${values
    .map((value) =>
      String(value)
        .replace(/[\s{},]+/g, ' ')
        .trim(),
    )
    .join(', ')}}`;
}
