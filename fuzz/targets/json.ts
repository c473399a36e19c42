import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { z } from 'zod';
import { api } from '../../app/contract/api.ts';
import { deskApi } from '../../app/contract/deskApi.ts';
import { type Port, serve } from '../../app/contract/rpc.ts';
import { tileModelCard } from '../../app/contract/tileModelCard.ts';
import { AppError, type ErrorRecord, fromErrorRecord } from '../../app/error.ts';
import { fixedSplit } from '../../app/learn/fixedSplit.ts';
import type { Random } from '../../app/random.ts';
import { readAnyCard } from '../../main/engines/anyModelCard.ts';
import { readModelCard } from '../../main/engines/modelFolder.ts';
import { exampleCard } from '../../main/engines/testing/exampleModel.ts';
import { readRecipe } from '../../main/services/batch/readRecipe.ts';
import { readCapabilities } from '../../main/services/desk/basemaps/wmtsCapabilities.ts';
import { prepareInput } from '../../main/services/desk/jobInput.ts';
import { seal, unseal } from '../../main/services/provenance/envelope.ts';
import { parseJson } from '../../main/transport/webSocketPort.ts';
import { readLabelTable } from '../../main/workers/datasets/labelTable.ts';
import { stagesOf } from '../../main/workers/pretraining/stages.ts';
import { pick } from '../mutate/bytes.ts';
import { type JsonSchema, valueOf } from '../mutate/fromSchema.ts';
import { mutateJson } from '../mutate/json.ts';
import { mutateText } from '../mutate/text.ts';
import type { HostileCase, Target } from '../target.ts';
import { capabilities, roiSet } from './jsonSeeds.ts';

/** One kind of text that the program reads, in a file of this name. */
type Kind = {
  readonly file: string;
  /** A well-formed text, where one can be made; else most are. */
  readonly whole?: Buffer;
  readonly make: (random: Random) => Buffer;
  readonly read: (folder: string, text: Buffer) => Promise<unknown>;
};

const jsonKind = (file: string, value: unknown, read: Kind['read']): Kind => ({
  file,
  whole: Buffer.from(JSON.stringify(value)),
  make: (random) => mutateJson(value, random),
  read,
});

const textKind = (file: string, text: string, read: Kind['read']): Kind => ({
  file,
  whole: Buffer.from(text),
  make: (random) => mutateText(text, random),
  read,
});

const card = { ...exampleCard(), weightsSha256: '0'.repeat(64) };

const recipe = {
  model: 'model',
  settings: { window: [0, 0, 10, 10], flips: true, compression: 'zstd', engine: 'cpu', threads: 2 },
  postprocess: { majority: 3, sieve: 5, minimumArea: 0.5 },
  outputs: { map: '{folder}/{name}-{date}.tif', vector: '{name}.gpkg', preview: '{name}.png' },
  stac: true,
  mosaic: false,
};

const stages = {
  stages: [
    {
      scenes: 'scenes',
      imageSize: 96,
      resolution: 10,
      epochs: 3,
      dates: ['2024-01-01', '2024-02-01'],
    },
    { region: [5, 45, 6, 46], tiles: 100, batch: 16, rate: 0.001 },
  ],
};

const pixels = {
  x: Int32Array.from({ length: 20 }, (_, i) => i % 5),
  y: Int32Array.from({ length: 20 }, (_, i) => Math.floor(i / 5)),
  classIndex: new Uint8Array(20),
  roiIndex: new Int32Array(20),
};

const schemaOf = (schema: z.ZodType): JsonSchema =>
  z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as JsonSchema;

/** Messages of a window: every call of the desk and of the command line, answered as far as the check of their input. */
function messageKind(): Kind {
  const inputs = new Map<string, z.ZodType>(
    [...Object.entries(deskApi), ...Object.entries(api)].map(([name, call]) => [name, call.input]),
  );
  const schemas = [...inputs].map(([name, input]) => [name, schemaOf(input)] as const);
  const answer = async (name: string, input: unknown): Promise<unknown> => {
    const parsed = inputs.get(name)?.safeParse(input);
    if (parsed?.success === true) return {};
    throw new AppError('usage', `${name}: ${parsed?.error.issues.length ?? 0} faults`);
  };
  return {
    file: 'message.json',
    make: (random) => {
      const [name, schema] = pick(schemas, random);
      const message = { kind: 'call', id: random.integer(9), name, input: valueOf(schema, random) };
      return random.integer(3) === 0
        ? Buffer.from(JSON.stringify(message))
        : mutateJson(message, random);
    },
    read: async (_, text) => {
      const message = parseJson(text);
      const { port, deliver, sent } = recordingPort();
      serve(port, answer);
      deliver(message);
      await new Promise((resolve) => setImmediate(resolve));
      for (const one of sent) {
        const { kind, error } = one as { kind: string; error?: ErrorRecord };
        if (kind === 'failure') throw fromErrorRecord(error!);
      }
      if (message === undefined || sent.length === 0)
        throw new AppError('usage', 'no message of the protocol');
    },
  };
}

function recordingPort(): {
  readonly port: Port;
  readonly deliver: (message: unknown) => void;
  readonly sent: unknown[];
} {
  const sent: unknown[] = [];
  let listen: (message: unknown) => void = () => undefined;
  const port: Port = {
    send: (message) => void sent.push(message),
    onMessage: (listener) => {
      listen = listener;
    },
    onClose: () => undefined,
  };
  return { port, sent, deliver: (message) => listen(message) };
}

const jobKinds = ['train', 'pretrain', 'predict', 'change', 'evaluate', 'sample'] as const;

/** What a window starts a job with, as far as the job itself. */
function jobKind(): Kind {
  const schemas = jobKinds.map((kind) => [kind, schemaOf(api[kind].input)] as const);
  return {
    file: 'job.json',
    make: (random) => {
      const [kind, schema] = pick(schemas, random);
      const input = valueOf(schema, random) as Record<string, unknown>;
      if (random.integer(2) === 0) delete input['out'];
      if (random.integer(3) === 0) input['rois'] = pick(['project', { rois: ['1'] }], random);
      return mutateJson({ kind, input, title: 'A map' }, random);
    },
    read: async (folder, text) => {
      const job = z
        .object({
          kind: z.enum(jobKinds),
          input: z.record(z.string(), z.unknown()),
          title: z.string(),
        })
        .safeParse(parseJson(text));
      if (!job.success) throw new AppError('usage', 'no job');
      const { kind, input, title } = job.data;
      await prepareInput(kind, input, { folder, title, taken: new Set(), rois: () => roiSet });
    },
  };
}

/** A fixed key: cases are the same in every run. */
function signingKey(): KeyObject {
  const der = Buffer.concat([
    Buffer.from('302e020100300506032b657004220420', 'hex'),
    Buffer.alloc(32, 7),
  ]);
  return createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
}

function signatureKind(): Kind {
  const key = signingKey();
  const envelope = seal(
    {
      _type: 'https://in-toto.io/Statement/v1',
      subject: [{ name: 'map.tif', digest: { sha256: '0'.repeat(64) } }],
      predicateType: 'https://example.org/run/v1',
      predicate: { seed: 1 },
    },
    key,
  );
  const open = createPublicKey(key);
  return jsonKind('map.tif.sig', JSON.parse(envelope), async (_, text) => {
    const opened = unseal(text.toString(), open);
    if ('refused' in opened) throw new AppError('bad-values', opened.refused);
  });
}

const kinds = (): readonly Kind[] => [
  messageKind(),
  messageKind(),
  jobKind(),
  signatureKind(),
  jsonKind('model.json', card, (folder) => readModelCard(folder)),
  {
    file: 'model.json',
    make: (random) => {
      const value = valueOf(schemaOf(tileModelCard), random) as object;
      const whole = { ...value, format: 'prismap-model', weightsSha256: '0'.repeat(64) };
      return random.integer(3) === 0
        ? Buffer.from(JSON.stringify(whole))
        : mutateJson(whole, random);
    },
    read: (folder) => readAnyCard(folder),
  },
  jsonKind('recipe.json', recipe, (folder) => readRecipe(join(folder, 'recipe.json'))),
  textKind('recipe.yaml', stringify(recipe), (folder) => readRecipe(join(folder, 'recipe.yaml'))),
  textKind('stages.yaml', stringify(stages), (folder) =>
    stagesOf(
      api.pretrain.input.parse({
        scenes: folder,
        out: folder,
        recipe: join(folder, 'stages.yaml'),
      }),
      96,
    ),
  ),
  jsonKind(
    'split.json',
    { train: [0, 1, 2], validation: [3], test: [4, 5], n: 20 },
    async (_, text) => fixedSplit(pixels, text.toString(), 'split.json'),
  ),
  textKind('split.csv', 'x,y,set\n0,0,train\n1,0,train\n2,0,val\n3,1,test\n', async (_, text) =>
    fixedSplit(pixels, text.toString(), 'split.csv'),
  ),
  jsonKind('labels.json', { 'a.tif': 'wood', 'b.tif': ['wood', 'water'] }, (folder) =>
    readLabelTable(join(folder, 'labels.json')),
  ),
  textKind('labels.csv', 'file,wood,water\na.tif,1,0\nb.tif,0,1\n', (folder) =>
    readLabelTable(join(folder, 'labels.csv')),
  ),
  textKind('wmts.xml', capabilities, async (_, text) =>
    readCapabilities(text.toString(), 'https://example.org/wmts', 'map'),
  ),
];

/** Cards, recipes, messages, inputs of jobs, signatures, splits, tables of labels, capabilities of map services. */
export const json: Target = {
  name: 'json',
  group: 'json',
  counts: { short: 2800, usual: 200_000, long: 2_000_000 },
  writes: true,
  open: async () => {
    const all = kinds();
    const caseOf = (kind: Kind, bytes: Buffer): HostileCase => ({
      seed: kind.file,
      files: { [kind.file]: bytes },
    });
    const kindOfCase = new WeakMap<object, Kind>();
    const remembered = (kind: Kind, bytes: Buffer): HostileCase => {
      const made = caseOf(kind, bytes);
      kindOfCase.set(made.files, kind);
      return made;
    };
    return {
      wellFormed: all.flatMap((kind) =>
        kind.whole === undefined ? [] : [remembered(kind, kind.whole)],
      ),
      make: (random, index) => {
        const kind = all[index % all.length]!;
        return remembered(kind, kind.make(random));
      },
      read: async (folder, files) => {
        const kind = kindOfCase.get(files) ?? all.find((one) => Object.hasOwn(files, one.file))!;
        await kind.read(folder, Buffer.from(files[kind.file]!));
      },
    };
  },
};
