import { realpath } from 'node:fs/promises';
import { dirname, resolve, sep } from 'node:path';
import { z } from 'zod';
import { queue, uri } from '../../../app/contract/common.ts';
import { AppError } from '../../../app/error.ts';
import { isPrivateHost } from '../../privateAddresses.ts';

/**
 * Looks at every file and address that an input names, by the schema of the input.
 * @throws AppError `not-readable` for what lies outside of what the user allowed
 */
export type Confine = (schema: z.ZodType, input: unknown) => Promise<void>;

export type Confines = {
  /** Files have to lie in these folders, links followed. */
  readonly folders: readonly string[];
  /** Hosts of a private network that may be asked all the same, as `name` or `name:port`. */
  readonly servers: readonly string[];
};

/** Keeps a window to the folders and hosts that the user named when the program was started. */
export function confineTo({ folders, servers }: Confines): Confine {
  return async (schema, input) => {
    const roots = await Promise.all(folders.map((path) => realpath(path).catch(() => path)));
    for (const named of placesIn(schema, input))
      if (/^(https?|rediss?):\/\//i.test(named)) await checkHost(named, servers);
      else await checkPath(named, roots);
  };
}

/** @throws AppError `not-readable` */
async function checkPath(named: string, roots: readonly string[]): Promise<void> {
  for (const path of readings(named)) {
    const real = await realPlace(resolve(path));
    if (!roots.some((root) => isInside(real, root)))
      throw new AppError(
        'not-readable',
        `${path} is outside the folders that this window may show. Start Prismap with "--folder ${dirname(path)}" to allow it.`,
        { path },
      );
  }
}

/** What a name may be taken for: itself, files joined by commas, and each without the choice behind its `#`. */
function readings(named: string): string[] {
  const parts = named.split(',').map((part) => part.trim());
  // where the whole is one file with a comma in its name, its parts lie beside it
  const folder = dirname(resolve(named));
  const placed = parts.map((part, i) =>
    i === 0 || part.includes('/') || part.includes('\\') ? part : resolve(folder, part),
  );
  return [...new Set([named, ...placed].flatMap((one) => [one, one.split('#', 1)[0]!]))].filter(
    (one) => one !== '',
  );
}

/** Where a path leads when its links are followed; of one that does not exist yet, where it would be. */
async function realPlace(path: string): Promise<string> {
  const real = await realpath(path).catch(() => undefined);
  if (real !== undefined) return real;
  const parent = dirname(path);
  if (parent === path) return path;
  return resolve(await realPlace(parent), path.slice(parent.length).replace(/^[/\\]/, ''));
}

export const isInside = (path: string, root: string): boolean =>
  path === root || path.startsWith(root.endsWith(sep) ? root : root + sep);

/** @throws AppError `not-readable` for a host on this machine or in its network that nobody allowed */
async function checkHost(address: string, servers: readonly string[]): Promise<void> {
  if (!URL.canParse(address))
    throw new AppError('usage', `"${address.slice(0, 120)}" is no address.`);
  const url = new URL(address);
  const { host, hostname } = url;
  if (servers.includes(host) || servers.includes(hostname)) return;
  if (await isPrivateHost(url))
    throw new AppError(
      'not-readable',
      `${host} lies on this machine or in its own network, which this window may not ask. Start Prismap with "--server ${host}" to allow it.`,
      { host },
    );
}

/** The parts of a JSON schema that values are found by; `place` marks those of the contract's `uri`. */
type Shape = {
  readonly place?: boolean;
  readonly properties?: Readonly<Record<string, Shape>>;
  readonly additionalProperties?: Shape | boolean;
  readonly items?: Shape;
  readonly anyOf?: readonly Shape[];
};

const shapes = new WeakMap<z.ZodType, Shape>();

function shapeOf(schema: z.ZodType): Shape {
  const known = shapes.get(schema);
  if (known !== undefined) return known;
  const shape = z.toJSONSchema(schema, {
    ...{ io: 'input', unrepresentable: 'any', reused: 'inline' },
    override: ({ zodSchema, jsonSchema }) => {
      if (isPlace(zodSchema)) jsonSchema['place'] = true;
    },
  }) as Shape;
  shapes.set(schema, shape);
  return shape;
}

/** Whether a schema is `uri` or `queue` of the contract, or one of them with a description. */
function isPlace(schema: z.core.$ZodType): boolean {
  for (let at: z.core.$ZodType | undefined = schema; at !== undefined; at = at._zod.parent)
    if (at === uri || at === queue) return true;
  return false;
}

/** All values of an input that are files or addresses by its schema. */
export function placesIn(schema: z.ZodType, input: unknown): string[] {
  return gather(shapeOf(schema), input);
}

function gather(shape: Shape, value: unknown): string[] {
  const { place, properties = {}, additionalProperties: others, items, anyOf = [] } = shape;
  const found = anyOf.flatMap((one) => gather(one, value));
  if (typeof value === 'string') return place === true ? [...found, value] : found;
  if (Array.isArray(value))
    return items === undefined ? found : [...found, ...value.flatMap((one) => gather(items, one))];
  if (typeof value !== 'object' || value === null) return found;
  const inside = Object.entries(value).flatMap(([key, one]) => {
    const own = Object.hasOwn(properties, key) ? properties[key] : others;
    return typeof own === 'object' ? gather(own, one) : [];
  });
  return [...found, ...inside];
}
