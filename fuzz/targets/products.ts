import {
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Random } from '../../app/random.ts';
import {
  bandFile,
  bandsOfLevel,
  productXml,
  tileXml,
} from '../../main/raster/scenes/testing/safeProduct.ts';
import { isTiff } from '../../main/raster/tiff/directory.ts';
import { mutate } from '../../main/raster/tiff/testing/mutate.ts';
import { seeds } from '../../main/raster/tiff/testing/seeds.ts';
import { codestreamOf } from '../encode.ts';
import { flipBytes, mutateBytes, pick } from '../mutate/bytes.ts';
import { mutateText } from '../mutate/text.ts';
import type { Attacked, HostileCase, Target } from '../target.ts';
import { sceneFacts } from './sceneFacts.ts';

const product = { folder: '', level: '1C', offset: true, side60: 2 } as const;
const bands = bandsOfLevel(product.level);
const granule = dirname(dirname(bandFile(product, bands[0]!)));
const xmlFiles = { 'MTD_MSIL1C.xml': productXml(product, bands), 'MTD_TL.xml': tileXml(product) };

/** Images of all bands, once for all cases. */
async function writeImages(folder: string): Promise<void> {
  const metres: Readonly<Record<string, number>> = { B01: 60, B09: 60, B10: 60 };
  for (const band of bands) {
    const resolution = metres[band] ?? (['B02', 'B03', 'B04', 'B08'].includes(band) ? 10 : 20);
    const side = (product.side60 * 60) / resolution;
    const kind = { componentCount: 1, bits: 16, signed: false, levels: 0, tile: 64 } as const;
    const stream = await codestreamOf({ ...kind, width: side, height: side });
    writeFileSync(join(folder, basename(bandFile(product, band))), stream);
  }
}

/** Metadata of Sentinel-2 products over images that are sound. */
export const safe: Target = {
  name: 'safe',
  group: 'rasters',
  counts: { short: 100, usual: 5000, long: 100_000 },
  writes: true,
  open: async (folder) => {
    const images = join(folder, 'IMG_DATA');
    mkdirSync(images);
    await writeImages(images);
    const whole = Object.fromEntries(
      Object.entries(xmlFiles).map(([name, text]) => [name, Buffer.from(text)]),
    );
    return {
      wellFormed: [{ seed: 'product', files: whole }],
      make: (random) => {
        const [name, text] = pick(Object.entries(xmlFiles), random);
        return { seed: name, files: { ...whole, [name]: mutateText(text, random) } };
      },
      read: async (place) => {
        mkdirSync(join(place, granule), { recursive: true });
        renameSync(join(place, 'MTD_TL.xml'), join(place, granule, 'MTD_TL.xml'));
        mkdirSync(join(place, granule, 'IMG_DATA'));
        for (const name of readdirSync(images))
          linkSync(join(images, name), join(place, granule, 'IMG_DATA', name));
        await sceneFacts(place);
      },
    };
  },
};

const auxiliary = `<PAMDataset><SRS>EPSG:32633</SRS><GeoTransform>5e5, 10, 0, 5e6, 0, -10</GeoTransform>
<PAMRasterBand band="1"><Description>Red</Description><NoDataValue>7</NoDataValue><Scale>0.5</Scale><Offset>1</Offset>
<CategoryNames><Category>None</Category><Category>Wood</Category></CategoryNames>
<Metadata><MDI key="STATISTICS_MEAN">3</MDI><MDI key="STATISTICS_MINIMUM">0</MDI><MDI key="STATISTICS_MAXIMUM">9</MDI><MDI key="STATISTICS_STDDEV">1</MDI></Metadata></PAMRasterBand></PAMDataset>`;

/** Files beside a sound TIFF. */
const besides: Readonly<Record<string, string>> = {
  'case.tif.aux.xml': auxiliary,
  'case.tfw': '10\n0\n0\n-10\n500005\n4999995\n',
  'case.tif.msk': '',
  'case.tif.ovr': '',
};

export const sidecars: Target = {
  name: 'sidecars',
  group: 'rasters',
  counts: { short: 500, usual: 10_000, long: 200_000 },
  open: async () => {
    const [, image] = seeds();
    const tif = image!.bytes;
    const beside = (name: string, random: Random): Uint8Array =>
      besides[name] === '' ? mutate(tif, random) : mutateText(besides[name]!, random);
    return {
      wellFormed: [
        { seed: 'TIFF', files: { 'case.tif': tif } },
        {
          seed: 'auxiliary',
          files: { 'case.tif': tif, 'case.tif.aux.xml': Buffer.from(auxiliary) },
        },
      ],
      make: (random) => {
        const name = pick(Object.keys(besides), random);
        return { seed: name, files: { 'case.tif': tif, [name]: beside(name, random) } };
      },
      read: async (folder) => {
        await sceneFacts(join(folder, 'case.tif'));
      },
    };
  },
};

const oddFolder = join(import.meta.dirname, '../../../shared/data/odd');
const mostOddBytes = 200_000;

function oddFiles(): HostileCase[] {
  const entries = readdirSync(oddFolder, { recursive: true, withFileTypes: true });
  const paths = entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
  return paths
    .filter((path) => statSync(path).size <= mostOddBytes && statSync(path).size > 16)
    .map((path) => ({ seed: basename(path), files: { case: readFileSync(path) } }));
}

/** Test files of other programs, damaged once more. */
export const odd: Target = {
  name: 'odd',
  group: 'rasters',
  counts: { short: 400, usual: 20_000, long: 400_000 },
  // Large JPEG 2000 tiles are decoded aside.
  startsThreads: true,
  missing: () =>
    existsSync(oddFolder) ? undefined : 'the corpus of odd files is not on this machine',
  open: async (): Promise<Attacked> => {
    const originals = oddFiles();
    const damaged = (bytes: Uint8Array<ArrayBuffer>, random: Random): Uint8Array => {
      if (random.integer(3) === 0) return flipBytes(bytes, random, 3);
      if (!isTiff(bytes) || random.integer(2) === 0) return mutateBytes(bytes, random);
      try {
        return mutate(bytes, random);
      } catch {
        // Its own structure cannot be followed: some of the corpus are damaged themselves.
        return mutateBytes(bytes, random);
      }
    };
    return {
      wellFormed: [],
      make: (random) => {
        const { seed, files } = pick(originals, random);
        const bytes = new Uint8Array(files['case']!);
        return { seed, files: { case: damaged(bytes, random) } };
      },
      read: async (folder) => {
        await sceneFacts(join(folder, 'case'));
      },
    };
  },
};
