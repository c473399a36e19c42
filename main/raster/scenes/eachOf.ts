/**
 * Runs `work` on every item, at most `atOnce` at a time, in order. The first failure ends it once the running ones have
 * ended.
 */
export async function eachOf<Item>(
  items: readonly Item[],
  atOnce: number,
  work: (item: Item, index: number) => Promise<void>,
): Promise<void> {
  let next = 0;
  let failed = false;
  const run = async (): Promise<void> => {
    while (next < items.length && !failed) {
      const index = next++;
      try {
        await work(items[index]!, index);
      } catch (error) {
        failed = true;
        throw error;
      }
    }
  };
  const runs = Array.from({ length: Math.min(atOnce, items.length) }, run);
  for (const ended of await Promise.allSettled(runs)) {
    if (ended.status === 'rejected') throw ended.reason;
  }
}
