import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { writeFileAtomic } from '../../atomicFile.ts';
import { itemName } from './outputNames.ts';

const item = z.looseObject({
  id: z.string(),
  bbox: z.array(z.number()).length(4).optional(),
  properties: z.looseObject({ datetime: z.string(), title: z.string() }),
});

type Options = {
  readonly out: string;
  readonly file: string;
  readonly id: string;
  readonly title: string;
};

/** Writes the STAC 1.0.0 collection of some maps (stac-spec, collection-spec) from the items beside them. */
export async function writeCollection(maps: readonly string[], options: Options): Promise<void> {
  const { out, file, id, title } = options;
  const boxes: (readonly number[])[] = [];
  const times: string[] = [];
  const links: unknown[] = [];
  for (const map of maps) {
    const name = itemName(map);
    const { bbox, properties } = item.parse(JSON.parse(await readFile(join(out, name), 'utf8')));
    if (bbox !== undefined) boxes.push(bbox);
    times.push(properties.datetime);
    const href = `./${name.split('/').map(encodeURIComponent).join('/')}`;
    links.push({ rel: 'item', href, type: 'application/geo+json', title: properties.title });
  }
  times.sort();
  const collection = {
    type: 'Collection',
    stac_version: '1.0.0',
    id,
    title,
    description: `Class maps made by Prismap with the model "${title}".`,
    license: 'various',
    extent: {
      spatial: { bbox: [boxes.length === 0 ? [-180, -90, 180, 90] : around(boxes)] },
      temporal: { interval: [[times[0] ?? null, times.at(-1) ?? null]] },
    },
    links: [{ rel: 'root', href: './collection.json', type: 'application/json' }, ...links],
  };
  await writeFileAtomic(join(out, file), `${JSON.stringify(collection, undefined, 2)}\n`);
}

const around = (boxes: readonly (readonly number[])[]): number[] =>
  boxes
    .reduce((a, b) => [
      Math.min(a[0]!, b[0]!),
      Math.min(a[1]!, b[1]!),
      Math.max(a[2]!, b[2]!),
      Math.max(a[3]!, b[3]!),
    ])
    .slice();
