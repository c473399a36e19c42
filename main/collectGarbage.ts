/**
 * A function to call after each step of a long loop over pixels; every so many steps it collects garbage, where the process
 * permits that (`--expose-gc`). Pixels lie outside V8's heap, and what is let go of them is freed by a collection alone,
 * which V8 puts off for 100 MB and more while its own heap is small. Each thread has a heap of its own.
 */
export function garbageCollector(every: number): () => void {
  let steps = 0;
  return () => {
    steps += 1;
    if (steps % every === 0) globalThis.gc?.();
  };
}
