import { api, type Input } from '../../../app/contract/api.ts';
import { batchRecipe } from '../../../app/contract/batchRecipe.ts';
import { uri } from '../../../app/contract/common.ts';
import type { JobKind } from '../../../app/contract/desk/jobs.ts';
import { readRecipe } from '../batch/readRecipe.ts';
import { isList, readAddresses } from '../batch/sceneAddresses.ts';
import type { Confine } from './confine.ts';

/**
 * Looks at all that a job names, in the files too that it names: the recipe and the list of scenes of a batch.
 * @throws AppError `not-readable` for what lies outside of what the user allowed; as `readRecipe` and `readAddresses`
 */
export async function confineJob(confine: Confine, kind: JobKind, input: unknown): Promise<void> {
  await confine(api[kind].input, input);
  if (kind !== 'batch') return;
  const { recipe, folder } = input as Input<'batch'>;
  await confine(batchRecipe, await readRecipe(recipe));
  if (!(await isList(folder))) return;
  const addresses = await readAddresses(folder);
  // one of each host: a list may hold ten thousand scenes of one server
  const servers = new Map(addresses.map(({ address }) => [new URL(address).host, address]));
  for (const address of servers.values()) await confine(uri, address);
}
