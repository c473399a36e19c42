import { stat } from 'node:fs/promises';
import { openClassifier } from './classifier.ts';
import type { OpenModels } from './predict.ts';

type Options = { readonly engine?: string | undefined; readonly threads?: number | undefined };

/**
 * Opens models and keeps the last one, for a process that maps scene after scene with one model: engine and weights are
 * loaded once. A folder whose files changed is read anew.
 */
export function heldModels(): OpenModels {
  return {
    pixels: held(openClassifier),
    tiles: held(async (folder, options) =>
      (await import('./predictTiles.ts')).openTileModel(folder, options),
    ),
  };
}

function held<Wanted extends Options, Model extends { dispose(): void }>(
  open: (folder: string, options: Wanted) => Promise<Model>,
): (folder: string, options: Wanted) => Promise<Model> {
  let kept: { readonly key: string; readonly model: Model } | undefined;
  return async (folder, options) => {
    const key = JSON.stringify([folder, options.engine, options.threads, await stampOf(folder)]);
    if (kept?.key !== key) {
      kept?.model.dispose();
      kept = undefined;
      kept = { key, model: await open(folder, options) };
    }
    return { ...kept.model, dispose: () => undefined };
  };
}

/** Changes whenever a file of a model does. */
async function stampOf(folder: string): Promise<readonly unknown[]> {
  const names = ['model.json', 'weights.safetensors'];
  const found = await Promise.all(
    names.map((name) => stat(`${folder}/${name}`).catch(() => undefined)),
  );
  return found.map((file) => [file?.size, file?.mtimeMs]);
}
