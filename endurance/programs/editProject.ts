// Edits a project until it holds so many edits, each made of its number alone, and says on its standard output which are done.
// Goes on where the project is. Arguments: project file, number of edits.
import { existsSync, writeSync } from 'node:fs';
import type { RowChange } from '../../app/project/rows.ts';
import { createRandom } from '../../app/random.ts';
import { ProjectFile } from '../../main/store/projectFile.ts';
import { format } from '../../main/store/testing/exampleProject.ts';

const [path = '', edits = ''] = process.argv.slice(2);

/** A polygon that depends on the number of its edit. */
function roiOf(edit: number, id: string): RowChange['after'] {
  const random = createRandom(edit, 'endurance-edit');
  const outer = Array.from({ length: 3 + random.integer(40) }, (): [number, number] => [
    random.uniform() * 1e6,
    random.uniform() * 1e6,
  ]);
  return { id, classId: 'w', geometry: { kind: 'polygons', polygons: [{ outer, holes: [] }] } };
}

const file = existsSync(path) ? ProjectFile.open(path, format) : ProjectFile.create(path, format);
const { tables } = file.load();
const rows = new Map(tables.rois.map((row) => [row.id, row]));
let count = Number(tables.settings.find(({ id }) => id === 'count')?.value ?? 0);
for (; count < Number(edits); count++) {
  const random = createRandom(count, 'endurance-rows');
  const ids = new Set(
    Array.from({ length: 1 + random.integer(4) }, () => `r${random.integer(30)}`),
  );
  const changes = [...ids].map((id): RowChange => {
    const before = rows.get(id);
    const after = roiOf(count, id);
    return { table: 'rois', id, ...(before === undefined ? {} : { before }), after } as RowChange;
  });
  const before = count === 0 ? {} : { before: { id: 'count', value: count } };
  changes.push({
    table: 'settings',
    id: 'count',
    ...before,
    after: { id: 'count', value: count + 1 },
  });
  file.apply({ label: `Edit ${count + 1}`, changes });
  // the file gives rings in its own direction: what it holds now is what the next edit has to name
  for (const row of file.load().tables.rois) rows.set(row.id, row);
  writeSync(1, `done ${count + 1}\n`);
}
file.close();
