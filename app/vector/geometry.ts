/** A position in some CRS: x (easting or longitude), y (northing or latitude). */
export type Position = readonly [x: number, y: number];

/** Closed ring; the first position is not repeated at the end. */
export type Ring = readonly Position[];

/** An outer ring and its holes. */
export type Polygon = { readonly outer: Ring; readonly holes: readonly Ring[] };

/** What an ROI covers: polygons (several = multipart) or single points. */
export type Geometry =
  | { readonly kind: 'polygons'; readonly polygons: readonly Polygon[] }
  | { readonly kind: 'points'; readonly points: readonly Position[] };
