import type { Input } from '../../../app/contract/api.ts';
import type { TaskContext } from '../task.ts';
import type { StartModel } from './startModel.ts';

/** What a task is opened with. */
export type TaskSetting = {
  readonly input: Input<'train'>;
  readonly start: StartModel | undefined;
  /** Pixels a side of a tile. */
  readonly imageSize: number;
  readonly warn: (message: string) => void;
  readonly context: TaskContext;
};
