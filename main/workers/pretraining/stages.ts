import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { parse as parseYaml } from 'yaml';
import type { Input } from '../../../app/contract/api.ts';
import { type PretrainStage, pretrainRecipe } from '../../../app/contract/pretrainRecipe.ts';
import { AppError } from '../../../app/error.ts';
import { type PretrainingPlan, pretrainingPlans } from '../../../app/learn/pretraining.ts';
import { refuseSpecialFile } from '../../specialFile.ts';
import type { SceneChoice } from '../tiles/sceneChoice.ts';

/** One stage with everything that its recipe leaves to the call or the preset. */
export type Stage = {
  /** From 1. */
  readonly number: number;
  /** Folder of scenes. */
  readonly scenes: string;
  readonly choice: SceneChoice;
  readonly plan: PretrainingPlan;
};

/** The stages of a run; one without a recipe. @throws AppError `usage` where the recipe cannot be read or does not hold stages */
export async function stagesOf(
  input: Input<'pretrain'>,
  imageSize: number | undefined,
): Promise<readonly Stage[]> {
  const { recipe } = input;
  const stages = recipe === undefined ? [{}] : await readRecipe(recipe);
  return stages.map((stage, index) => {
    const { resolution, dates, region, scenes } = stage;
    return {
      number: index + 1,
      scenes:
        scenes === undefined || recipe === undefined
          ? input.scenes
          : resolve(dirname(recipe), scenes),
      choice: { resolution, dates, region },
      plan: planOf(input, stage, imageSize),
    };
  });
}

/** Recipes are short: what is longer is another file, or nested to take minutes and memory. */
const mostBytes = 2 ** 16;

async function readRecipe(path: string): Promise<readonly PretrainStage[]> {
  const bad = (problem: string): AppError =>
    new AppError(
      'usage',
      `The recipe ${path} ${problem}. It needs a list "stages", each with any of scenes, imageSize, resolution, dates, region, epochs, tiles, batch, rate.`,
      { path },
    );
  await refuseSpecialFile(path);
  let value: unknown;
  try {
    const bytes = await readFile(path);
    if (bytes.length > mostBytes) throw new Error(`it has ${bytes.length} bytes`);
    value = parseYaml(bytes.toString('utf8'), { maxAliasCount: 100 });
  } catch (error) {
    throw bad(`could not be read (${(error as Error).message.split('\n')[0]})`);
  }
  const parsed = pretrainRecipe.safeParse(value);
  if (parsed.success) return parsed.data.stages;
  const { path: at, message } = parsed.error.issues[0]!;
  throw bad(`does not fit at ${at.join('.') || 'its top'}: ${message}`);
}

/** The plan of the preset with what the user and then the stage want otherwise. */
function planOf(
  input: Input<'pretrain'>,
  stage: PretrainStage,
  imageSize: number | undefined,
): PretrainingPlan {
  const plan = pretrainingPlans[input.preset];
  const batch = stage.batch ?? input.batch ?? plan.batch;
  const epochs = stage.epochs ?? input.epochs ?? plan.epochs;
  return {
    ...plan,
    imageSize: stage.imageSize ?? input.imageSize ?? imageSize ?? plan.imageSize,
    ...(input.patch === undefined ? {} : { patch: input.patch }),
    epochs,
    tiles: stage.tiles ?? input.tiles ?? plan.tiles,
    batch,
    part: Math.min(plan.part, batch),
    baseRate: stage.rate ?? plan.baseRate,
    warmup: Math.min(plan.warmup, epochs / 5),
  };
}
