import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { root, type Work } from '../work.ts';

const editor = join(root, 'endurance/programs/editProject.ts');
const edits = 60;

/** Edits of a project, one after the other; what was acknowledged is there, and an edit is there whole or not at all. */
export const project: Work = {
  name: 'project',
  prepare: () => undefined,
  words: (_, folder) => [editor, join(folder, 'project.gpkg'), String(edits)],
  results: (folder) => ({ project: contentOf(folder).rows }),
  faults: (folder, said) => {
    if (!existsSync(join(folder, 'project.gpkg'))) return [];
    const { sound, count, rows } = contentOf(folder);
    if (!sound) return ['the project file is damaged'];
    const found: string[] = [];
    const acknowledged = Math.max(
      0,
      ...[...said.matchAll(/^done (\d+)$/gm)].map(([, n]) => Number(n)),
    );
    if (count < acknowledged)
      found.push(`edit ${acknowledged} was acknowledged and is lost (${count} are there)`);
    const known = seen.get(count);
    if (known !== undefined && known !== rows) found.push(`edit ${count} is there in part`);
    seen.set(count, rows);
    return found;
  },
};

/** Content after so many edits, which is always the same: what interruptions left is compared with each other. */
const seen = new Map<number, string>();

/** What a project holds, read from a copy of the file and its log as they lie. */
function contentOf(folder: string): { sound: boolean; count: number; rows: string } {
  const place = mkdtempSync(join(tmpdir(), 'prismap-endurance-'));
  const copy = join(place, 'copy.gpkg');
  try {
    for (const ending of ['', '-wal'])
      if (existsSync(join(folder, `project.gpkg${ending}`)))
        copyFileSync(join(folder, `project.gpkg${ending}`), copy + ending);
    const database = new DatabaseSync(copy);
    try {
      const [{ integrity_check: verdict }] = database.prepare('PRAGMA integrity_check').all() as [
        { integrity_check: string },
      ];
      const tables = database
        .prepare(
          "SELECT name FROM sqlite_master WHERE type = 'table' AND name = 'prismap_settings'",
        )
        .all();
      if (verdict !== 'ok') return { sound: false, count: 0, rows: '' };
      if (tables.length === 0) return { sound: true, count: 0, rows: '' };
      return { sound: true, ...rowsOf(database) };
    } finally {
      database.close();
    }
  } catch {
    return { sound: false, count: 0, rows: '' };
  } finally {
    rmSync(place, { recursive: true, force: true });
  }
}

function rowsOf(database: DatabaseSync): { count: number; rows: string } {
  const setting = database.prepare("SELECT row FROM prismap_settings WHERE id = 'count'").get();
  const { value } = JSON.parse(String(setting?.['row'] ?? '{"value":0}')) as { value: number };
  const rois = database.prepare('SELECT roi, class_id, hex(geom) FROM rois ORDER BY roi').all();
  return { count: value, rows: createHash('sha256').update(JSON.stringify(rois)).digest('hex') };
}
