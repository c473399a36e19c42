import type { Geometry } from '../../app/vector/geometry.ts';

/** A value of a field; undefined = null or of a type that Prismap does not use. */
export type FieldValue = string | number | undefined;

/** One object of a vector file. */
export type Feature = {
  readonly id: string;
  readonly geometry: Geometry;
  /** Values in the order of the layer's fields. */
  readonly values: readonly FieldValue[];
};

/** Style of a layer as the file brings it: which field decides on colours, and which. */
export type LayerStyle = {
  readonly field: string;
  readonly categories: ReadonlyMap<string, { readonly label: string; readonly color?: string }>;
};

/** One layer of a vector file: what every reader gives. */
export type Layer = {
  readonly name: string;
  /** `EPSG:n`, WKT or PROJ; undefined where the file names none. */
  readonly crs?: string;
  readonly fields: readonly { readonly name: string; readonly text: boolean }[];
  /** The file that would hold the fields is not there. */
  readonly lacksTable?: boolean;
  readonly features: readonly Feature[];
  readonly style?: LayerStyle;
  /** Objects left out, by reason. */
  readonly skipped: ReadonlyMap<string, number>;
};

/** Which layer of a file to read. */
export type LayerChoice = { readonly layer?: string; readonly signal?: AbortSignal };
