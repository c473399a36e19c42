import type { Split } from '../../app/learn/split.ts';
import type { RoiInput } from './roiInput.ts';
import type { Run } from './run.ts';
import type { TaskContext } from './task.ts';
import type { TrainingData } from './trainingData.ts';

/** What the parts of a training run share. */
export type TrainingRun = {
  readonly input: RoiInput;
  readonly data: TrainingData;
  readonly split: Split;
  readonly run: Run;
  readonly context: TaskContext;
};
