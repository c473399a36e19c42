import { spawn } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from 'vitest';
import { applyEdit, emptyDocument, type ProjectDocument } from '../../../app/project/document.ts';
import type { Edit, Sketch } from '../../../app/project/rows.ts';
import { createRandom } from '../../../app/random.ts';
import { ProjectFile } from '../../store/projectFile.ts';
import { format } from '../../store/testing/exampleProject.ts';
import { temporaryFolder } from './testing/testDesk.ts';

const temporary = temporaryFolder();
afterAll(() => temporary.remove());

/** `PRISMAP_KILLS=60` for a longer search. */
const kills = Number(process.env['PRISMAP_KILLS'] ?? 20);

/** What a host said until it was killed. */
type Said =
  | { readonly opened: string; readonly recovered: boolean }
  | { readonly asked: Edit }
  | { readonly done: number }
  | { readonly sketched: Sketch }
  | { readonly saving: string }
  | { readonly saved: string };

/** Lets a host edit the project, and kills it after it has said `patience` lines. */
async function editAndKill(path: string, seed: number, patience: number): Promise<Said[]> {
  const entry = fileURLToPath(new URL('./testing/editForever.ts', import.meta.url));
  const host = spawn(
    process.execPath,
    [
      '--disable-warning=ExperimentalWarning',
      entry,
      join(temporary.path, 'data'),
      String(seed),
      path,
    ],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  let complaint = '';
  host.stderr.on('data', (data: Buffer) => (complaint += data.toString()));
  const said: Said[] = [];
  const ended = new Promise<void>((resolve) => host.on('close', () => resolve()));
  for await (const line of createInterface({ input: host.stdout })) {
    said.push(JSON.parse(line) as Said);
    if (said.length !== patience) continue;
    // anywhere within what comes next: an edit takes a few milliseconds
    await setTimeout(createRandom(seed, 'kill').uniform() * 12);
    host.kill('SIGKILL');
  }
  await ended;
  expect(complaint).toBe('');
  expect(host.signalCode).toBe('SIGKILL');
  return said;
}

/** Rows by id, rings in the direction that the file gives them. */
function comparable(document: ProjectDocument): unknown {
  const rois = [...document.rois.values()].map(({ id, geometry }) => [
    id,
    geometry.kind === 'points' ? geometry.points : turned(geometry.polygons[0]!.outer),
  ]);
  return { rois: rois.toSorted(), count: document.settings.get('count') };
}

/** A ring counter-clockwise, as files have it. */
function turned(
  ring: readonly (readonly [number, number])[],
): readonly (readonly [number, number])[] {
  let area = 0;
  ring.forEach(([x, y], i) => {
    const [nextX, nextY] = ring[(i + 1) % ring.length]!;
    area += x * nextY - nextX * y;
  });
  return area > 0 ? ring : ring.toReversed();
}

test(`no acknowledged edit is lost by ${kills} kills, and the file is whole after each`, async () => {
  const random = createRandom(4, 'kills');
  mkdirSync(join(temporary.path, 'data'), { recursive: true });
  let path = join(temporary.path, 'a.gpkg');
  ProjectFile.create(path, format).close();
  /** What every answer so far amounts to. */
  let acknowledged = emptyDocument;
  let edits = 0;
  /** Whether the session before was cut off; undefined where it may or may not have been, in the middle of `saveAs`. */
  let crashed: boolean | undefined = false;
  for (let kill = 0; kill < kills; kill++) {
    const said = await editAndKill(path, kill, 1 + random.integer(90));
    let asked: ProjectDocument | undefined;
    /** Undefined while the next one is on its way. */
    let sketch: Sketch | undefined;
    for (const line of said) {
      if ('opened' in line && crashed !== undefined) expect(line.recovered).toBe(crashed);
      if ('asked' in line) asked = applyEdit(acknowledged, line.asked);
      if ('done' in line) {
        acknowledged = asked!;
        asked = undefined;
        edits += 1;
        sketch = undefined;
      }
      if ('sketched' in line) sketch = line.sketched;
      if ('saved' in line) path = line.saved;
    }
    crashed = crashedAfter(said, crashed);
    const last = said.at(-1);
    if (last !== undefined && 'saving' in last && existsSync(last.saving)) intact(last.saving);
    const found = intact(path);
    // an edit that was asked for but not answered may be there, whole, or not
    const allowed = [acknowledged, ...(asked === undefined ? [] : [asked])].map(comparable);
    expect(allowed).toContainEqual(comparable(found.document));
    if (sketch !== undefined) expect(found.sketch).toEqual(sketch);
    acknowledged = found.document;
  }
  expect(edits).toBeGreaterThan(5 * kills);
}, 900_000);

/** One that was killed before it had opened leaves things as they were. */
function crashedAfter(said: readonly object[], before: boolean | undefined): boolean | undefined {
  if (said.some((line) => 'saving' in line)) return undefined;
  return said.some((line) => 'opened' in line) || before;
}

/** What a project holds, read from a copy of the file and its log as they lie. */
function intact(path: string): { document: ProjectDocument; sketch: Sketch | undefined } {
  const copy = join(temporary.path, 'copy.gpkg');
  for (const suffix of ['', '-wal'])
    if (existsSync(path + suffix)) copyFileSync(path + suffix, copy + suffix);
  const database = new DatabaseSync(copy);
  expect(database.prepare('PRAGMA integrity_check').all()).toEqual([{ integrity_check: 'ok' }]);
  database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
  database.close();
  const file = ProjectFile.open(copy, format, true);
  const { tables } = file.load();
  const { sketch } = file;
  file.close();
  return {
    sketch,
    document: {
      ...emptyDocument,
      rois: new Map(tables.rois.map((row) => [row.id, row])),
      settings: new Map(tables.settings.map(({ id, value }) => [id, value])),
    },
  };
}
