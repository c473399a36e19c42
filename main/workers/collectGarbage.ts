/** Windows between two collections. */
const windowsBetween = 8;

/**
 * A function to call after each window of a scan. Pixels lie outside V8's heap, and what is let go of them is freed by a
 * collection alone, which V8 puts off for 100 MB and more while its own heap is small. Each thread has a heap of its own.
 */
export function garbageCollector(): () => void {
  let windows = 0;
  return () => {
    windows += 1;
    if (windows % windowsBetween === 0) globalThis.gc?.();
  };
}
