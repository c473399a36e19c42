/** One key of the GeoTIFF directory: a code, a number or a text. */
export type GeoKey = readonly [
  id: number,
  value: { code: number } | { number: number } | { text: string },
];
