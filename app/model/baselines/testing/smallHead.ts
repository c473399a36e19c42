import type { SegmentationHead } from '../../spectralGpt/configuration.ts';

/** A dense head that computes in no time. */
export const smallHead: SegmentationHead = {
  levels: [
    { hidden: 32, out: 16 },
    { hidden: 32, out: 16 },
    { hidden: 32, out: 16 },
  ],
  deepest: 32,
  fusion: 16,
};
