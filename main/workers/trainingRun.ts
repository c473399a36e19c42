import type { Input } from '../../app/contract/api.ts';
import type { Split } from '../../app/learn/split.ts';
import type { Run } from './run.ts';
import type { TaskContext } from './task.ts';
import type { TrainingData } from './trainingData.ts';

/** What the parts of a training run share. */
export type TrainingRun = {
  readonly input: Input<'train'>;
  readonly data: TrainingData;
  readonly split: Split;
  readonly run: Run;
  readonly context: TaskContext;
};
