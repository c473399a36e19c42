/**
 * What `read` gives for each item, in order. The next one is on its way while the last is worked on: the system reads while this
 * thread checks. At most two are in memory.
 */
export async function* readAhead<Item, Result>(
  items: readonly Item[],
  read: (item: Item) => Promise<Result>,
): AsyncGenerator<readonly [Item, Result]> {
  const start = (index: number): Promise<Result> | undefined => {
    const promise = index < items.length ? read(items[index]!) : undefined;
    // Whoever stops early never asks for it; then its failure is nobody's.
    promise?.catch(() => undefined);
    return promise;
  };
  let coming = start(0);
  for (let i = 0; i < items.length; i++) {
    const next = start(i + 1);
    yield [items[i]!, (await coming) as Result];
    coming = next;
  }
}
