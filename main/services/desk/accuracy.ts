import { accuracyCalls } from '../../../app/contract/desk/accuracy.ts';
import type { DeskHandlers } from '../../../app/contract/deskApi.ts';
import type { DeskDependencies } from './deskDependencies.ts';
import { unfinished } from './unfinished.ts';

export function createAccuracyHandlers(_: DeskDependencies): {
  readonly handlers: Pick<DeskHandlers, keyof typeof accuracyCalls>;
} {
  return { handlers: unfinished(accuracyCalls) };
}
