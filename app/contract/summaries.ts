/** What each call does, in a line: for help pages. Apart from the schemas, which take far longer to load. */
export const summaries = {
  doctor: 'engine, devices, versions, memory, measured speed, missing parts and cures',
  info: 'what a raster is',
  sample: 'writes a generated sample scene with ROIs and reference',
  train: 'trains a model on a scene and its ROIs',
  predict: 'maps a scene',
  change: 'change map of two dates',
  batch: 'maps every scene of a folder by a recipe; started again, it carries on',
  worker: 'maps scenes that "batch --queue" hands out, until Ctrl+C',
  queue: 'what the queue of a batch is about; pauses, resumes or cancels it',
  evaluate: 'accuracy of a map',
  compare: 'compares models on the same tasks and splits, over several seeds',
  pretrain: 'masked pre-training on unlabelled scenes',
  replay: 'runs a recorded run again and says whether the result is the same, or where it differs',
  sign: 'signs the record of a run, with the hashes of all that the run wrote',
  verify: 'checks a signature, and that what the run wrote is unchanged',
  'key create': 'makes a key to sign records with (Ed25519)',
  diagnostics:
    'writes a zip that helps to find a fault: machine, engine and logs, without private data',
  'model run': 'one forward pass of a model on given tensors',
  'weights inspect': 'looks into a weights file',
  'weights convert': 'converts a weights file to safetensors',
} as const;
