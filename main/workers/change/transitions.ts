import type { Output } from '../../../app/contract/api.ts';
import type { ClassScheme } from '../../../app/vector/roi.ts';
import { openScene } from '../../raster/formats.ts';
import { openClassReader } from '../classReader.ts';
import { commonClasses, renumber } from '../evaluate.ts';
import { pixelHectares } from '../mapAreas.ts';
import { rowWindows } from './thresholdMap.ts';

/** Class maps of the two dates. */
export type DateMaps = { readonly before: string; readonly after: string };

/** From which class to which, over changed and over unchanged pixels. */
export type Transitions = {
  readonly classes: ClassScheme;
  readonly rows: Output<'change'>['transitions'];
  /** Changed pixels where one of the class maps has no class. */
  readonly unknown: number;
  /** Share of the unchanged pixels whose class differs all the same. */
  readonly disagreement: number | undefined;
};

/** Counts the classes of both dates under a map of changes. @throws AppError `bad-labels`, `no-crs` */
export async function countTransitions(
  map: string,
  maps: DateMaps,
  warn: (message: string) => void,
  signal: AbortSignal,
): Promise<Transitions> {
  const source = await openScene(map);
  const { grid } = source.description;
  const open = (path: string) => openClassReader(path, grid, { signal });
  const before = await open(maps.before);
  const after = await open(maps.after);
  try {
    const notes: string[] = [];
    const { scheme, ofMap, ofReference } = commonClasses(
      before.classes,
      after.classes,
      { map: maps.before, reference: maps.after },
      notes,
    );
    const size = scheme.length + 1;
    const changed = new Float64Array(size * size);
    let [same, other] = [0, 0];
    for (const window of rowWindows(grid)) {
      signal.throwIfAborted();
      const { bands } = await source.read({ window, bands: [0], signal });
      const from = renumber(await before.read(window), ofMap);
      const to = renumber(await after.read(window), ofReference);
      for (const [i, value] of (bands[0]! as Uint8Array).entries()) {
        const known = from[i] !== 0 && to[i] !== 0;
        if (value === 2) changed[from[i]! * size + to[i]!]! += 1;
        else if (value === 1 && known && from[i] === to[i]) same += 1;
        else if (value === 1 && known) other += 1;
      }
    }
    const hectares = pixelHectares(grid);
    const rows = scheme.flatMap((from, i) =>
      scheme.flatMap((to, j) => {
        const pixels = changed[(i + 1) * size + j + 1]!;
        const area = hectares === undefined ? {} : { hectares: pixels * hectares };
        return pixels === 0 ? [] : [{ from: from.name, to: to.name, pixels, ...area }];
      }),
    );
    rows.sort((a, b) => b.pixels - a.pixels);
    const unknown =
      changed.reduce((sum, one) => sum + one, 0) -
      rows.reduce((sum, { pixels }) => sum + pixels, 0);
    if (unknown > 0)
      warn(
        `${unknown} changed pixels have no class on one of the dates; they are in no transition.`,
      );
    const disagreement = same + other === 0 ? undefined : other / (same + other);
    return { classes: scheme, rows, unknown, disagreement };
  } finally {
    await Promise.all([source.close(), before.close(), after.close()]);
  }
}
