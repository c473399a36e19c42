import { readFile } from 'node:fs/promises';
import type { Input, Output } from '../../app/contract/api.ts';
import { writeFileAtomic } from '../atomicFile.ts';
import type { ChangeResult } from '../workers/change.ts';
import type { ReportPictures } from '../workers/picture.ts';
import type { CallContext } from './callContext.ts';
import { renderChangeReport } from './report/changeReport.ts';
import { runTask } from './runTask.ts';

/** Maps change, and writes the report where it is asked for. */
export async function change(
  input: Input<'change'>,
  context: CallContext,
): Promise<Output<'change'>> {
  const { report, ...task } = input;
  const { classes, mapClasses, ...result } = (await runTask(
    'change',
    task,
    context,
  )) as ChangeResult;
  if (report === undefined) return result;
  const pictures = (await runTask(
    'picture',
    // The picture shows all of the scene; beside a map of a part it would mislead.
    input.window === undefined && input.within === undefined
      ? { map: result.map, scene: input.before }
      : { map: result.map },
    context,
  )) as ReportPictures;
  const manifest = JSON.parse(await readFile(result.manifest, 'utf8')) as unknown;
  const area = (pixels: number): { readonly pixels: number; readonly hectares?: number } =>
    pictures.pixelHectares === undefined
      ? { pixels }
      : { pixels, hectares: pixels * pictures.pixelHectares };
  const page = renderChangeReport({
    ...{ created: new Date().toISOString(), before: input.before, after: input.after },
    ...{ result, classes, mapClasses, manifest },
    scene: {
      name: input.before,
      grid: pictures.grid,
      bandCount: pictures.scene?.bandCount ?? 1,
      ...(pictures.scene?.picture === undefined ? {} : { picture: pictures.scene.picture }),
    },
    map: {
      name: result.map,
      picture: pictures.map,
      areas: [
        { value: mapClasses[0]!.value, ...area(result.unchangedPixels) },
        { value: mapClasses[1]!.value, ...area(result.changedPixels) },
      ],
    },
  });
  await writeFileAtomic(report, page);
  return { ...result, report };
}
