import { stat } from 'node:fs/promises';
import { type Classifier, openClassifier } from './classifier.ts';

/**
 * Opens classifiers and keeps the last one, for a process that maps scene after scene with one model: engine and weights are
 * loaded once. A folder whose files changed is read anew.
 */
export function heldClassifier(): typeof openClassifier {
  let held: { readonly key: string; readonly classifier: Classifier } | undefined;
  return async (folder, options) => {
    const key = JSON.stringify([folder, options.engine, options.threads, await stampOf(folder)]);
    if (held?.key !== key) {
      held?.classifier.dispose();
      held = undefined;
      held = { key, classifier: await openClassifier(folder, options) };
    }
    return { ...held.classifier, dispose: () => undefined };
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
