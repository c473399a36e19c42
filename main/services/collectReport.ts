import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { z } from 'zod';
import type { Input } from '../../app/contract/api.ts';
import { type ModelCard, modelCard } from '../../app/contract/modelCard.ts';
import { confusionOf } from '../../app/learn/metrics.ts';
import { areaAdjusted } from '../../app/learn/metricsArea.ts';
import type { ClassScheme } from '../../app/vector/roi.ts';
import type { Evaluation } from '../workers/evaluate.ts';
import type { ReportPictures } from '../workers/picture.ts';
import type { CallContext } from './callContext.ts';
import type {
  ReportAccuracy,
  ReportData,
  ReportMap,
  ReportModel,
  ReportScene,
  ReportSignatures,
  ReportTraining,
} from './report/reportData.ts';
import { runTask } from './runTask.ts';

/** What `predict` writes beside a map, as far as the report uses it. */
const mapRecord = z.looseObject({
  settings: z.looseObject({ scene: z.string(), model: z.string() }),
  figures: z.looseObject({ seam: z.number().optional() }).optional(),
});

const curve = z.array(
  z.looseObject({
    epoch: z.number(),
    /** Network, from 1, where several were trained one after the other. */
    member: z.number().default(1),
    loss: z.number(),
    validation: z.looseObject({ loss: z.number(), oa: z.number().optional() }).optional(),
  }),
);

const signatures = z.object({
  bandCount: z.number(),
  perClass: z.array(
    z.object({
      value: z.number(),
      count: z.number(),
      mean: z.array(z.number()),
      deviation: z.array(z.number()),
    }),
  ),
});

const trainRecord = z.looseObject({ seconds: z.number() });

export type Measured = {
  readonly evaluation: Evaluation;
  readonly baseline: Evaluation | undefined;
};

/**
 * Everything that is known about a map: what it was compared with, and, from the record beside it, its scene, its model and
 * how that was trained. What is missing is left out of the report.
 */
export async function collectReport(
  input: Input<'evaluate'>,
  { evaluation, baseline }: Measured,
  context: CallContext,
): Promise<ReportData> {
  const manifest = await readJson(`${input.map}.json`, mapRecord);
  const model = manifest === undefined ? undefined : await readModel(manifest.settings.model);
  const pictures = (await runTask(
    'picture',
    { map: input.map, scene: manifest?.settings.scene },
    context,
  )) as ReportPictures;
  const hectares = pictures.pixelHectares;
  return {
    title: `Land cover of ${basename(manifest?.settings.scene ?? input.map)}`,
    created: new Date().toISOString(),
    scene: sceneOf(manifest?.settings.scene ?? input.map, pictures),
    classes: withGroups(evaluation.classes, model?.groups),
    map: mapOf(input.map, evaluation, pictures, manifest?.figures?.seam),
    accuracy: accuracyOf(input, evaluation, hectares),
    ...(baseline === undefined
      ? {}
      : {
          baseline: {
            name: 'random forest',
            confusion: confusionOf(
              baseline.confusion.matrix,
              baseline.classes.map(({ value }) => value),
            ),
          },
        }),
    ...model?.parts,
    ...(manifest === undefined ? {} : { manifest }),
    warnings: evaluation.warnings,
  };
}

function sceneOf(name: string, { grid, scene }: ReportPictures): ReportScene {
  return {
    name,
    grid,
    bandCount: scene?.bandCount ?? 1,
    ...(scene?.picture === undefined ? {} : { picture: scene.picture }),
  };
}

function mapOf(
  name: string,
  { classes, mapped }: Evaluation,
  { map, pixelHectares }: ReportPictures,
  seam: number | undefined,
): ReportMap {
  return {
    name,
    picture: map,
    ...(seam === undefined ? {} : { seam }),
    areas: classes.map(({ value }, index) => {
      const pixels = mapped[index]!;
      return {
        value,
        pixels,
        ...(pixelHectares === undefined ? {} : { hectares: pixels * pixelHectares }),
      };
    }),
  };
}

function accuracyOf(
  input: Input<'evaluate'>,
  { confusion, classes, mapped }: Evaluation,
  hectares: number | undefined,
): ReportAccuracy {
  const counts = confusionOf(
    confusion.matrix,
    classes.map(({ value }) => value),
  );
  const adjusted =
    hectares === undefined
      ? undefined
      : areaAdjusted(
          counts,
          mapped.map((pixels) => pixels * hectares),
        );
  return {
    confusion: counts,
    reference:
      input.exclude === undefined
        ? input.reference
        : `${input.reference}, without the pixels of ${input.exclude}`,
    kind: input.exclude === undefined ? 'unknown' : 'held-out',
    ...(adjusted === undefined ? {} : { areaAdjusted: adjusted }),
  };
}

/** The map itself carries no groups of classes; the card of its model does. */
function withGroups(
  classes: ClassScheme,
  groups: ReadonlyMap<string, string> = new Map(),
): ClassScheme {
  return classes.map((landClass) => {
    const macroclass = landClass.macroclass ?? groups.get(landClass.name);
    return { ...landClass, ...(macroclass === undefined ? {} : { macroclass }) };
  });
}

type StoredModelParts = {
  readonly parts: ModelParts;
  readonly groups: ReadonlyMap<string, string>;
};

type ModelParts = {
  readonly model: ReportModel;
  readonly training?: ReportTraining;
  readonly signatures?: ReportSignatures;
};

async function readModel(folder: string): Promise<StoredModelParts | undefined> {
  const card = await readJson(join(folder, 'model.json'), modelCard);
  if (card === undefined) return undefined;
  const rows = await readJson(join(folder, 'curve.json'), curve);
  const stored = await readJson(join(folder, 'signatures.json'), signatures);
  const record = await readJson(join(folder, 'manifest.json'), trainRecord);
  return {
    groups: new Map(
      card.classes.flatMap(({ name, macroclass }) =>
        macroclass === undefined ? [] : [[name, macroclass] as const],
      ),
    ),
    parts: {
      model: modelOf(card),
      ...(rows === undefined || rows.length === 0
        ? {}
        : { training: trainingOf(card, rows, record?.seconds) }),
      ...(stored === undefined ? {} : { signatures: signaturesOf(card, stored) }),
    },
  };
}

function modelOf(card: ModelCard): ReportModel {
  return {
    name: card.name,
    family: card.title,
    ...(card.family === 'spectralmamba'
      ? { reimplementationOf: 'Yao, Hong, Li and Chanussot, SpectralMamba, arXiv 2404.08489' }
      : {}),
    engine: `${card.engine.engine}, ${card.engine.device}`,
    licence: card.licence,
    card: [
      { name: 'Preset', value: card.preset ?? 'none' },
      { name: 'Bands', value: String(card.bands.length) },
      ...(card.members === 1
        ? []
        : [
            {
              name: 'Networks',
              value: `${card.members}, scores averaged; the training curve is the first one's`,
            },
          ]),
      { name: 'Split', value: card.training.split },
      { name: 'Seed', value: String(card.training.seed) },
      { name: 'Weights (SHA-256)', value: card.weightsSha256 },
    ],
  };
}

function trainingOf(
  card: ModelCard,
  rows: z.infer<typeof curve>,
  seconds: number | undefined,
): ReportTraining {
  return {
    epochs: rows
      .filter(({ member }) => member === 1)
      .map(({ epoch, loss, validation }) => ({
        epoch,
        loss,
        ...(validation === undefined ? {} : { validationLoss: validation.loss }),
        ...(validation?.oa === undefined ? {} : { validationAccuracy: validation.oa }),
      })),
    bestEpoch: card.training.bestEpoch,
    samples: card.training.samples,
    ...(seconds === undefined ? {} : { seconds }),
  };
}

function signaturesOf(card: ModelCard, stored: z.infer<typeof signatures>): ReportSignatures {
  const wavelengths = card.bands
    .map(({ wavelengthNm }) => wavelengthNm)
    .filter((value) => value !== undefined);
  const [{ unit } = {}] = card.bands;
  return {
    figures: {
      bandCount: stored.bandCount,
      perClass: stored.perClass.map(({ value, count, mean, deviation }) => ({
        value,
        count,
        mean: mean.length === 0 ? undefined : Float64Array.from(mean),
        deviation: deviation.length === 0 ? undefined : Float64Array.from(deviation),
      })),
    },
    bandNames: card.bands.map(({ name }) => name),
    ...(wavelengths.length === card.bands.length ? { wavelengthsNm: wavelengths } : {}),
    ...(unit === undefined ? {} : { unit }),
  };
}

async function readJson<Schema extends z.ZodType>(
  path: string,
  schema: Schema,
): Promise<z.output<Schema> | undefined> {
  const text = await readFile(path, 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  try {
    return schema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
