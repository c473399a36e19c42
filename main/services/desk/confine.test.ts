import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { api } from '../../../app/contract/api.ts';
import { uri } from '../../../app/contract/common.ts';
import { type JobKind, jobKinds } from '../../../app/contract/desk/jobs.ts';
import { type DeskCall, deskApi } from '../../../app/contract/deskApi.ts';
import { confineTo, placesIn } from './confine.ts';
import { temporaryFolder } from './testing/testDesk.ts';

const temporary = temporaryFolder();
const path = (name: string): string => join(temporary.path, name);
const confine = confineTo({ folders: [path('root')], servers: ['10.1.2.3', '127.0.0.1:8080'] });
const look = (place: string): Promise<void> => confine(uri, place);

beforeAll(() => {
  mkdirSync(path('root/deep'), { recursive: true });
  mkdirSync(path('outside'));
  for (const name of ['root/a.tif', 'root/b.tif', 'root/a, b.tif', 'outside/c.tif'])
    writeFileSync(path(name), '');
  symlinkSync(path('outside'), path('root/out'));
  symlinkSync(path('root/deep'), path('root/in'));
});
afterAll(() => temporary.remove());

test.each([
  'root',
  'root/a.tif',
  'root/a.tif#ndvi',
  'root/a, b.tif',
  'root/new/deeper/map.tif',
  'root/in/map.tif',
  'root/deep/../a.tif',
])('%s is inside', async (name) => {
  await look(path(name));
});

test('so are files joined by commas, and paths from where the program was started', async () => {
  await look(`${path('root/a.tif')},${path('root/b.tif')}`);
  await look(relative(process.cwd(), path('root/a.tif')));
});

test.each([
  'outside/c.tif',
  'root/../outside/c.tif',
  'root-beside/a.tif',
  'root/out/c.tif',
  'root/out/new.tif',
  'root/out#1',
  'root/new/../../outside/c.tif',
])('%s is outside', async (name) => {
  await expect(look(path(name))).rejects.toMatchObject({
    code: 'not-readable',
    message: expect.stringContaining('Start Prismap with "--folder') as string,
  });
});

test('so are a file among others that are inside, and an address that is no http', async () => {
  for (const place of [
    `${path('root/a.tif')},${path('outside/c.tif')}`,
    `${path('outside/c.tif')},${path('root/a.tif')}`,
    'file:///etc/passwd',
    'ftp://198.51.100.7/a.tif',
    'package.json',
  ])
    await expect(look(place)).rejects.toMatchObject({ code: 'not-readable' });
});

test('hosts: public ones, and those of the own network that were named', async () => {
  for (const host of ['198.51.100.7', '10.1.2.3', '10.1.2.3:99', '127.0.0.1:8080'])
    await look(`https://${host}/a.tif`);
  for (const host of ['127.0.0.1', '127.0.0.1:80', '10.1.2.4', '[::1]', 'localhost', '0x7f.1'])
    await expect(look(`http://${host}/a.tif`)).rejects.toThrow(/Start Prismap with "--server/);
});

/** Fields that name a file or an address wherever they stand. */
const names =
  /^(uri|path|file|folder|out|dir|map|model|scene|scenes|before|after|init|recipe|report|csv|reference|within|dataset|probabilities|probability|score|vector|preview|beforeMap|afterMap|classesModel)$/;

test('every field of the contract that names a file is known by its schema', () => {
  const missed: string[] = [];
  let found = 0;
  const check = (call: string, schema: z.ZodType): void => {
    const { properties = {} } = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });
    for (const [field, property] of Object.entries(properties)) {
      const { pattern, enum: words, anyOf, type } = property as z.core.JSONSchema.JSONSchema;
      // ids of open scenes, words, tables and yes or no are none
      const isText = type === 'string' || type === 'array' || anyOf !== undefined;
      if (!names.test(field) || !isText || pattern !== undefined || words !== undefined) continue;
      found += 1;
      const hit = ['x', ['x']].some((value) => placesIn(schema, { [field]: value }).includes('x'));
      if (!hit) missed.push(`${call} ${field}`);
    }
  };
  for (const call of Object.keys(deskApi) as DeskCall[]) check(call, deskApi[call].input);
  for (const kind of jobKinds as readonly JobKind[]) check(`job ${kind}`, api[kind].input);
  expect(found).toBeGreaterThan(50);
  // basemaps have addresses of their own kind, which main/services/desk/basemaps.ts looks at
  expect(missed).toEqual(['basemap.open uri', 'basemap.allow uri']);
});
