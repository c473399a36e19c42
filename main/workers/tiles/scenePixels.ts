import type { SceneDescription } from '../../../app/raster/scene.ts';
import { openScene } from '../../raster/formats.ts';
import { sceneGap, type TrainingData } from '../trainingData.ts';
import type { ScenePixels } from './labelledTiles.ts';
import { inUnitsOf, type KnownUnits } from './modelUnits.ts';
import { bandsInScene } from './tileBands.ts';

/** The scenes of a training run, opened, with their bands in the order of the model. */
export type OpenScenes = {
  /** The chosen samples by scene, in the coordinates of each. */
  pixels(chosen: Int32Array): readonly ScenePixels[];
  close(): Promise<void>;
};

/**
 * Opens the scenes of training data; samples lie side by side there, one scene after the other.
 * @param units Of the model that is trained further: scenes are brought to them
 */
export async function openScenes(
  data: TrainingData,
  bands: Parameters<typeof bandsInScene>[0],
  units: KnownUnits | undefined,
  warn: (message: string) => void,
): Promise<OpenScenes> {
  const opened = await Promise.all(data.scenes.map(({ uri }) => openScene(uri)));
  const indices = opened.map(({ description }) => bandsInScene(bands, description, warn));
  const sources = await Promise.all(
    opened.map((source, scene) => inUnitsOf(units, source, indices[scene]!, warn)),
  );
  const starts = startsOf(data.scenes);
  return {
    pixels: (chosen) =>
      sources.map((source, scene) => {
        const [from, to] = [starts[scene]!, starts[scene + 1]!];
        const own = chosen.filter((i) => data.pixels.x[i]! >= from && data.pixels.x[i]! < to);
        return {
          source,
          bands: indices[scene]!,
          x: Int32Array.from(own, (i) => data.pixels.x[i]! - from),
          y: Int32Array.from(own, (i) => data.pixels.y[i]!),
          classIndex: Uint8Array.from(own, (i) => data.pixels.classIndex[i]!),
        };
      }),
    close: async () => {
      await Promise.all(sources.map((source) => source.close()));
    },
  };
}

/** Where each scene begins on the common grid of positions, and where the one behind the last would. */
function startsOf(scenes: readonly SceneDescription[]): readonly number[] {
  const starts = [0];
  for (const { grid } of scenes) starts.push(starts.at(-1)! + grid.width + sceneGap);
  return starts;
}
