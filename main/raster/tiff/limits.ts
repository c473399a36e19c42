/**
 * What the reader refuses to go beyond, whatever a file declares. Each is far above what real scenes hold, and each
 * stands in front of an allocation or a loop.
 */
export const limits = {
  /** Directories (pages, overviews, masks) of one file. */
  directories: 4096,
  /** Fields of one directory; libtiff has the same bound. */
  fields: 4096,
  /** Width or height, as in GDAL. */
  side: 2 ** 31 - 1,
  /** Width · height. */
  pixels: 2 ** 43,
  /** Samples of a pixel. */
  bands: 16384,
  /** Tiles or strips of one image. */
  blocks: 2 ** 31 - 1,
  /** Bytes of one decoded tile or strip. */
  blockBytes: 2 ** 28,
  /** A block that decodes to more than so many bytes may not grow by more than so many times. */
  bombBytes: 2 ** 25,
  bombRatio: 200,
  /** Bytes of one text or number field other than the tables of tile positions. */
  fieldBytes: 2 ** 26,
  /** Values of one number field other than these tables. */
  fieldNumbers: 2 ** 20,
  /** Elements and depth of an XML text. */
  xmlElements: 20_000,
  xmlDepth: 64,
} as const;
