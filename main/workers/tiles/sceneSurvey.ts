import { AppError } from '../../../app/error.ts';
import type { WantedBand } from '../../../app/raster/bandContract.ts';
import type { Window } from '../../../app/raster/grid.ts';
import type { SceneDescription } from '../../../app/raster/scene.ts';
import { openScene } from '../../raster/formats.ts';
import { metresPerPixel, placeInScene, type SceneChoice, type ScenePlace } from './sceneChoice.ts';
import { bandsForModel, bandsInScene } from './tileBands.ts';

/** A scene that tiles are drawn from. */
export type SurveyedScene = {
  readonly uri: string;
  /** Of the scene, in the order of the model. */
  readonly bands: readonly number[];
  /** Where tiles begin. */
  readonly within: Window;
  /** Pixels of the scene a side of a tile. */
  readonly side: number;
};

/** What was found in a folder of scenes. */
export type Survey = {
  readonly bands: readonly WantedBand[];
  readonly scenes: readonly SurveyedScene[];
  /** Files of all scenes, for the record. */
  readonly files: readonly string[];
  /** Metres a pixel of the tiles, by the first scene. */
  readonly resolution: number | undefined;
};

export type SurveyOptions = {
  /** Pixels a side of a tile. */
  readonly side: number;
  readonly choice?: SceneChoice;
  /** Bands of the model to go on with; by default those that most scenes have. */
  readonly bands?: readonly WantedBand[];
  readonly warn: (message: string) => void;
  readonly signal: AbortSignal;
};

/** Names in one sentence about scenes that are left out. */
const namesInWarning = 3;

/**
 * Opens every scene once to learn what it is. Scenes that cannot be read, are smaller than a tile, lie outside the choice or
 * have other bands are left out, with one warning a reason.
 * @throws AppError `no-samples` where none is left, `cancelled`
 */
export async function surveyScenes(
  uris: readonly string[],
  { side, choice = {}, bands: given, warn, signal }: SurveyOptions,
): Promise<Survey> {
  const left = new Map<string, string[]>();
  const leaveOut = (uri: string, reason: string): void => {
    left.set(reason, [...(left.get(reason) ?? []), uri]);
  };
  const found: { description: SceneDescription; place: ScenePlace; side: number }[] = [];
  for (const uri of uris) {
    const looked = await look(uri, { side, choice, signal });
    if (typeof looked === 'string') leaveOut(uri, looked);
    else found.push(looked);
  }
  const bands = given ?? mostCommon(found.map(({ description }) => bandsForModel(description)));
  const scenes: SurveyedScene[] = [];
  const files: string[] = [];
  let resolution: number | undefined;
  for (const { description, place, side: own } of found) {
    try {
      const indices = bandsInScene(bands!, description, warn);
      scenes.push({ uri: description.uri, bands: indices, within: place.within, side: own });
      files.push(...description.files);
      resolution ??= choice.resolution ?? metresPerPixel(description.grid);
    } catch (error) {
      if (!(error instanceof AppError) || error.code !== 'bands-mismatch') throw error;
      leaveOut(
        description.uri,
        `other bands (${listed(description.bands.map(({ name }) => name))})`,
      );
    }
  }
  for (const [reason, names] of left)
    warn(
      `${names.length === 1 ? 'One scene is' : `${names.length} scenes are`} left out, ${reason}: ${listed(names)}.`,
    );
  if (bands !== undefined && scenes.length > 0) return { bands, scenes, files, resolution };
  throw new AppError(
    'no-samples',
    `None of ${uris.length} scenes can be used. ${[...left].map(([reason, names]) => `${names.length}: ${reason}`).join('; ')}. Choose smaller tiles or other scenes.`,
  );
}

/** What a scene offers, or why it offers nothing. */
async function look(
  uri: string,
  { side, choice, signal }: Required<Pick<SurveyOptions, 'side' | 'choice' | 'signal'>>,
): Promise<{ description: SceneDescription; place: ScenePlace; side: number } | string> {
  signal.throwIfAborted();
  try {
    const source = await openScene(uri, { signal });
    const { description } = source;
    await source.close();
    if (description.bands.length === 1 && description.palette !== undefined) return 'a class map';
    const place = placeInScene(description, choice);
    if (typeof place === 'string') return place;
    const wanted = Math.max(1, Math.round(side * place.factor));
    const { width, height } = description.grid;
    return width < wanted || height < wanted
      ? `smaller than a tile of ${wanted} × ${wanted} pixels`
      : { description, place, side: wanted };
  } catch (error) {
    if (!(error instanceof AppError) || error.code === 'cancelled') throw error;
    return error.message;
  }
}

/** The list of bands that most scenes have; of equals the longest. */
function mostCommon(lists: readonly (readonly WantedBand[])[]): readonly WantedBand[] | undefined {
  const counts = new Map<string, { readonly bands: readonly WantedBand[]; count: number }>();
  for (const bands of lists) {
    const key = bands.map(({ name }) => name).join('\n');
    const known = counts.get(key);
    if (known === undefined) counts.set(key, { bands, count: 1 });
    else known.count += 1;
  }
  const ordered = [...counts.values()].sort(
    (a, b) => b.count - a.count || b.bands.length - a.bands.length,
  );
  return ordered[0]?.bands;
}

function listed(names: readonly string[]): string {
  const shown = names.slice(0, namesInWarning).join(', ');
  return names.length > namesInWarning ? `${shown} … (${names.length})` : shown;
}
