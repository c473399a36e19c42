import type { Confusion } from '../../../app/learn/metrics.ts';
import type { AreaAdjusted } from '../../../app/learn/metricsArea.ts';
import type { Signatures } from '../../../app/learn/signatures.ts';
import type { Grid } from '../../../app/raster/grid.ts';
import type { ClassScheme } from '../../../app/vector/roi.ts';

/** All that a report can show. What is absent is left out of the page. */
export type ReportData = {
  readonly title: string;
  /** When the report was made, ISO 8601. */
  readonly created: string;
  readonly scene: ReportScene;
  readonly classes: ClassScheme;
  readonly map?: ReportMap;
  readonly accuracy?: ReportAccuracy;
  /** Another classifier, trained on the same pixels and measured on the same reference. */
  readonly baseline?: ReportBaseline;
  readonly training?: ReportTraining;
  readonly signatures?: ReportSignatures;
  readonly model?: ReportModel;
  /** The run manifest as it was written beside the map; shown as JSON. */
  readonly manifest?: unknown;
  readonly warnings?: readonly string[];
};

export type ReportScene = {
  readonly name: string;
  readonly grid: Grid;
  readonly bandCount: number;
  readonly sensor?: string;
  readonly acquired?: string;
  /** The scene as a PNG, covering the whole grid. */
  readonly picture?: {
    readonly png: Uint8Array;
    readonly width: number;
    readonly height: number;
    /** How it is coloured, e.g. `665, 560 and 490 nm as red, green and blue`. */
    readonly caption: string;
  };
};

export type ReportMap = {
  readonly name: string;
  /** Class values of the whole map, reduced (nearest neighbour) to at most about 1200 pixels a side; 0 = no class. */
  readonly picture?: {
    readonly values: Uint8Array;
    readonly width: number;
    readonly height: number;
  };
  /** Step of class probabilities where tiles of the map meet, over that elsewhere: 1 = no seams. */
  readonly seam?: number;
  /** Pixels by class over the whole map, and hectares where the grid has a unit of length. */
  readonly areas: readonly {
    readonly value: number;
    readonly pixels: number;
    readonly hectares?: number;
  }[];
};

/** How the reference pixels relate to those of training; decides what the report says of them. `held-out` is a claim: make it only where the training pixels are known and were left out. */
export type ReferenceKind = 'held-out' | 'unknown' | 'block' | 'random' | 'fixed' | 'same';

export type ReportAccuracy = {
  readonly confusion: Confusion;
  /** What the map was compared with, in words. */
  readonly reference: string;
  readonly kind: ReferenceKind;
  /** Estimates with confidence intervals; areas in hectares. */
  readonly areaAdjusted?: AreaAdjusted;
};

export type ReportBaseline = { readonly name: string; readonly confusion: Confusion };

export type ReportEpoch = {
  readonly epoch: number;
  readonly loss: number;
  readonly validationLoss?: number;
  /** Overall accuracy on the validation pixels, 0 to 1. */
  readonly validationAccuracy?: number;
};

export type ReportTraining = {
  readonly epochs: readonly ReportEpoch[];
  readonly bestEpoch?: number;
  readonly seconds?: number;
  readonly samples?: { readonly training: number; readonly validation: number };
  readonly samplesPerSecond?: number;
};

export type ReportSignatures = {
  readonly figures: Signatures;
  /** Centre of each band; without wavelengths the band number is shown. */
  readonly wavelengthsNm?: readonly number[];
  readonly bandNames?: readonly string[];
  /** Bands that show as gaps. */
  readonly bad?: readonly boolean[];
  /** What the values are, e.g. `reflectance`. */
  readonly unit?: string;
};

export type ReportModel = {
  readonly name: string;
  /** e.g. `SpectralMamba, pixel-wise`. */
  readonly family: string;
  /** Where the architecture is published; given = our code is a re-implementation and the report says so. */
  readonly reimplementationOf?: string;
  readonly parameters?: number;
  readonly engine?: string;
  readonly licence?: string;
  /** Further rows of the card, in order. */
  readonly card?: readonly { readonly name: string; readonly value: string }[];
};
