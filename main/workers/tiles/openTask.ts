import type { TileTaskKind } from '../../../app/learn/fineTuning.ts';
import { openChangeTask } from './changeTask.ts';
import { openSegmentationTask } from './segmentationTask.ts';
import type { TaskSetting } from './taskSetting.ts';
import { openTileSetSegmentation } from './tileSetSegmentation.ts';
import type { TileTask } from './tileTask.ts';
import { openWholeTileTask } from './wholeTileTask.ts';

/** Opens the labelled tiles of a task. @throws AppError where they are not there or do not fit it */
export async function openTask(kind: TileTaskKind, setting: TaskSetting): Promise<TileTask> {
  switch (kind) {
    case 'scene':
    case 'multilabel':
      return await openWholeTileTask(kind, setting);
    case 'segmentation':
      return setting.input.dataset === undefined
        ? await openSegmentationTask(setting)
        : await openTileSetSegmentation(setting);
    case 'change':
      return await openChangeTask(setting);
  }
}
