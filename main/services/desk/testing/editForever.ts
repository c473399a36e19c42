// A host that edits its project as fast as it can and says on its standard output what was acknowledged, until it is killed.
// Arguments: data folder, seed, project file.
import { writeSync } from 'node:fs';
import type { Edit, RowChange } from '../../../../app/project/rows.ts';
import { createRandom } from '../../../../app/random.ts';
import { createTestDesk } from './testDesk.ts';

const [dataFolder, seed] = process.argv.slice(2) as [string, string];
let path = process.argv[4]!;
const random = createRandom(Number(seed), 'edits');
const desk = createTestDesk(dataFolder);
const say = (line: unknown): void => void writeSync(1, `${JSON.stringify(line)}\n`);

const ring = (size: number): [number, number][] =>
  Array.from({ length: size }, () => [random.uniform() * 1e6, random.uniform() * 1e6]);

/** Some rows put in, changed and taken out, of several tables. */
function nextEdit(rows: Map<string, RowChange>, count: number): Edit {
  const changes: RowChange[] = [];
  for (let i = 1 + random.integer(4); i > 0; i--) {
    const id = `r${random.integer(60)}`;
    const known = rows.get(id)?.after as never;
    const geometry = {
      kind: 'polygons',
      polygons: [{ outer: ring(3 + random.integer(40)), holes: [] }],
    };
    const after = random.integer(4) === 0 ? undefined : { id, classId: 'w', geometry };
    const change = {
      table: 'rois',
      id,
      ...(known === undefined ? {} : { before: known }),
      ...(after === undefined ? {} : { after }),
    } as RowChange;
    if (known === undefined && after === undefined) continue;
    changes.push(change);
    rows.set(id, change);
  }
  const before = count === 0 ? undefined : { id: 'count', value: count };
  changes.push({
    table: 'settings',
    id: 'count',
    ...(before === undefined ? {} : { before }),
    after: { id: 'count', value: count + 1 },
  });
  return { label: `Edit ${count + 1}`, changes };
}

const opened = await desk.call('project.open', { path });
const rows = new Map<string, RowChange>(
  opened.tables.rois.map((row) => [row.id, { table: 'rois', id: row.id, after: row }]),
);
let count = Number(opened.tables.settings.find(({ id }) => id === 'count')?.value ?? 0);
say({ opened: path, recovered: opened.recovered });
for (;;) {
  const edit = nextEdit(rows, count);
  say({ asked: edit });
  await desk.call('project.edit', { edit });
  count += 1;
  say({ done: count });
  const sketch = { tool: 'polygon', vertices: ring(1 + random.integer(30)) };
  await desk.call('project.sketch', { sketch });
  say({ sketched: sketch });
  if (random.integer(12) > 0) continue;
  const target = path.replace(/[ab](?=\.gpkg$)/, (name) => (name === 'a' ? 'b' : 'a'));
  say({ saving: target });
  await desk.call('project.saveAs', { path: target, overwrite: true });
  say({ saved: target });
  path = target;
}
