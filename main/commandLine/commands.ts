import type { CallName } from '../../app/contract/api.ts';

/** What the command line adds to a call: its arguments without dashes, and an example. */
export type Command = { readonly positionals: readonly string[]; readonly example: string };

export const commands: Readonly<Record<CallName, Command>> = {
  doctor: { positionals: [], example: 'prismap doctor' },
  info: { positionals: ['scene'], example: 'prismap info scene.tif --stats --sample 120 80' },
  sample: { positionals: ['dir'], example: 'prismap sample demo --kind sentinel2 --size 1000' },
  train: {
    positionals: [],
    example: 'prismap train --scene scene.tif --rois rois.gpkg --class-field class --out model',
  },
  predict: {
    positionals: [],
    example: 'prismap predict --model model --scene scene.tif --out map.tif --score score.tif',
  },
  change: {
    positionals: [],
    example:
      'prismap change --model model --before 2019.tif --after 2024.tif --out change.tif --vector change.gpkg',
  },
  batch: {
    positionals: ['folder'],
    example: 'prismap batch scenes --recipe landcover.yaml --out maps',
  },
  worker: { positionals: [], example: 'prismap worker --queue redis://192.168.1.5:6379' },
  queue: { positionals: ['address'], example: 'prismap queue redis://192.168.1.5:6379 --pause' },
  evaluate: {
    positionals: [],
    example: 'prismap evaluate --map map.tif --reference reference.tif --report report.html',
  },
  compare: {
    positionals: [],
    example:
      'prismap compare --tasks tasks.yaml --model spectralgpt --model spectralgpt@pretrained --model resnet50 --out compared',
  },
  pretrain: {
    positionals: [],
    example: 'prismap pretrain --scenes scenes --preset tiny --out pretrained',
  },
  replay: { positionals: ['manifest'], example: 'prismap replay map.tif.json' },
  sign: { positionals: ['manifest'], example: 'prismap sign map.tif --key me.pem' },
  verify: { positionals: ['manifest'], example: 'prismap verify map.tif --key me.pem.pub' },
  'key create': { positionals: ['file'], example: 'prismap key create me.pem' },
  diagnostics: { positionals: ['out'], example: 'prismap diagnostics prismap-diagnostics.zip' },
  'model run': {
    positionals: [],
    example:
      'prismap model run --config net.json --weights w.safetensors --input x.safetensors --out y.safetensors',
  },
  'weights inspect': {
    positionals: ['file'],
    example: 'prismap weights inspect SpectralGPT+.pth',
  },
  'weights convert': {
    positionals: ['file', 'out'],
    example: 'prismap weights convert SpectralGPT+.pth base.safetensors --model spectralgpt',
  },
};
