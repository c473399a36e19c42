import type { Input } from '../../../app/contract/api.ts';
import type { LearnedScaling } from '../../../app/learn/tileScaling.ts';
import type { TileFamilyId } from '../../../app/model/tileNetwork.ts';
import type { TaskContext } from '../task.ts';
import type { StartModel } from './start.ts';

/** What a task is opened with. */
export type TaskSetting = {
  readonly input: Input<'train'>;
  readonly start: StartModel | undefined;
  /** Which network will learn: it decides which bands are wanted. */
  readonly family: TileFamilyId;
  /** Pixels a side of a tile. */
  readonly imageSize: number;
  /** How values are brought to one range where `start` does not say. */
  readonly scaling: LearnedScaling;
  readonly warn: (message: string) => void;
  readonly context: TaskContext;
};
