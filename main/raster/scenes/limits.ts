/** What the readers of this folder refuse to go beyond, whatever a file declares. */
export const limits = {
  /** Width or height. */
  side: 2 ** 31 - 1,
  /** Bands of one scene. */
  bands: 16384,
  /** Bytes of the result of one read. */
  resultBytes: 2 ** 31,
  /** Bytes read from a file at once. */
  chunkBytes: 2 ** 23,
  /** A gap in a file up to which reading on is cheaper than a second read. */
  gapBytes: 4096,
  /** Bytes of a header, sidecar or metadata document. */
  textBytes: 2 ** 24,
  /** Bytes of one array or image that has to be decoded as a whole. */
  wholeBytes: 2 ** 31,
  /** Decoded bytes of one PNG or JPEG. */
  imageBytes: 2 ** 29,
  /** Samples (all components) of one JPEG 2000 tile at the resolution that is decoded. */
  tileSamples: 2 ** 26,
  /** Bytes of decoded tiles that one scene keeps. */
  cacheBytes: 2 ** 26,
  /** The least that a scene may keep: lower resolutions of large tiles. */
  smallCacheBytes: 2 ** 22,
} as const;
