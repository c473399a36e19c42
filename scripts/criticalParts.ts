// The parts whose tests are themselves measured: what reads foreign files, what writes, what must not lose anything, who is let in.

/** Where the sources of each lie, and the tests that are run for it. */
const parts: Readonly<Record<string, readonly string[]>> = {
  tiff: ['main/raster/tiff'],
  'other rasters': ['envi', 'image', 'jpeg2000', 'mat', 'safe', 'scenes', 'stack'].map(
    (name) => `main/raster/${name}`,
  ),
  'raster writing': ['main/raster/cog', 'main/atomicFile'],
  vectors: ['main/vector', 'app/vector'],
  weights: ['main/weights'],
  checkpoints: ['main/engines/checkpoint', 'main/engines/safetensors', 'main/engines/modelFolder'],
  'project and queue': ['main/store', 'main/services/batch/queue'],
  authentication: ['main/shell/served'],
};

/** The parts whose names hold one of the words; all without any. */
export const partsNamed = (
  words: readonly string[],
): readonly (readonly [string, readonly string[]])[] =>
  Object.entries(parts).filter(
    ([name]) => words.length === 0 || words.some((word) => name.includes(word)),
  );
