import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Output } from '../../../app/contract/api.ts';
import { writeFileAtomic } from '../../atomicFile.ts';
import { renderBatchReport } from '../report/batchReport.ts';
import { csvText } from '../report/figures.ts';
import type { BatchRun } from './batchRun.ts';
import { type SceneSummary, summaryOf, summaryRows, totalsOf } from './batchSummary.ts';
import { writeCollection } from './collection.ts';
import { collectionId } from './mapScene.ts';
import { type MosaicMap, writeMosaics } from './mosaic.ts';
import { ownNames } from './outputNames.ts';
import { asBatchScene } from './sceneRecord.ts';

/** Writes summary, table, report, collection and mosaic of all that is done so far, and gives what the call answers. */
export async function writeResults(run: BatchRun): Promise<Output<'batch'>> {
  const { plan, tally, started, skipped } = run;
  const { out, recipe } = plan;
  const { classes, title } = plan.model;
  const { scenes, maps, warnings: said } = gather(run);
  const warnings = [...run.warnings, ...said];
  const mosaics = recipe.mosaic
    ? await writeMosaics(maps, { out, classes, warn: (text) => void warnings.push(text) })
    : [];
  await removeOldMosaics(out, mosaics);
  const at = (name: string): string => join(out, name);
  if (recipe.stac)
    await writeCollection(
      maps.map(({ map }) => map),
      { out, file: ownNames.collection, id: collectionId(plan), title },
    );
  const result: Output<'batch'> = {
    ...{ done: tally.done, skipped },
    failed: scenes.flatMap(({ scene, error }) =>
      error === undefined ? [] : [{ scene, ...error }],
    ),
    waiting: scenes.filter(({ state }) => state === 'waiting').length,
    seconds: (performance.now() - started) / 1000,
    ...{ report: at(ownNames.report), summary: at(ownNames.summary), table: at(ownNames.table) },
    ...(recipe.stac ? { collection: at(ownNames.collection) } : {}),
    mosaics: mosaics.map(at),
    warnings,
  };
  const totals = totalsOf(scenes, classes);
  const created = new Date().toISOString();
  const summary = {
    ...{ created, folder: plan.folder, model: recipe.model, title },
    ...{ done: scenes.filter(({ state }) => state === 'done').length, waiting: result.waiting },
    ...{ seconds: result.seconds, areas: totals, warnings, scenes },
  };
  await writeFileAtomic(result.summary, `${JSON.stringify(summary, undefined, 2)}\n`);
  await writeFileAtomic(result.table, csvText(summaryRows(scenes, classes)));
  await writeFileAtomic(
    result.report,
    renderBatchReport({ created, folder: plan.folder, title, classes, scenes, totals, warnings }),
  );
  return result;
}

/** Everything that the queue knows, small enough to hold. */
function gather({ queue }: BatchRun): {
  readonly scenes: SceneSummary[];
  /** In order of date, the newest last: it lies on top. */
  readonly maps: MosaicMap[];
  readonly warnings: string[];
} {
  const scenes: SceneSummary[] = [];
  const maps: (MosaicMap & { readonly date: string })[] = [];
  const said = new Map<string, string[]>();
  for (const row of queue.rows()) {
    const scene = asBatchScene(row);
    const { mapped, outputs, check } = scene.record;
    scenes.push(summaryOf(scene));
    if (scene.state !== 'done' || mapped === undefined) continue;
    maps.push({ map: outputs!.map, raster: mapped.raster, date: mapped.date ?? '' });
    for (const text of new Set([...(check?.notes ?? []), ...mapped.warnings]))
      said.set(text, [...(said.get(text) ?? []), scene.scene]);
  }
  maps.sort((a, b) => (a.date < b.date ? -1 : a.date > b.date ? 1 : 0));
  const warnings = [...said].map(([text, names]) =>
    names.length === 1
      ? `${names[0]}: ${text}`
      : `${names.length} scenes (${names.slice(0, 3).join(', ')}${names.length > 3 ? ' …' : ''}): ${text}`,
  );
  return { scenes, maps, warnings };
}

/** One that lists maps of an earlier start would be wrong. */
async function removeOldMosaics(out: string, kept: readonly string[]): Promise<void> {
  for (const name of await readdir(out))
    if (/^mosaic(-.*)?\.vrt$/.test(name) && !kept.includes(name))
      await rm(join(out, name), { force: true });
}
