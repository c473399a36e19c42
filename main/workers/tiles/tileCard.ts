import { basename } from 'node:path';
import type { TileModelCard } from '../../../app/contract/tileModelCard.ts';
import type { TileScaling } from '../../../app/learn/tileScaling.ts';
import { familyOf, type TileConfig } from '../../../app/model/tileNetwork.ts';
import type { WantedBand } from '../../../app/raster/bandContract.ts';
import type { ClassScheme } from '../../../app/vector/roi.ts';
import type { CourseResult } from '../../engines/course.ts';
import type { RunManifest } from '../manifest.ts';

/** What a tile model was made of. */
export type TileMaking = {
  /** Folder of the model. */
  readonly out: string;
  readonly title: string;
  readonly setting: TileModelCard['setting'];
  readonly preset: string;
  readonly config: TileConfig;
  readonly bands: readonly WantedBand[];
  readonly classes: ClassScheme;
  readonly scaling: TileScaling;
  readonly resolution: number | undefined;
  readonly tileSide?: number | undefined;
  readonly threshold?: number | undefined;
  readonly samples: TileModelCard['training']['samples'];
  readonly split: string;
  /** The plan. */
  readonly settings: Readonly<Record<string, unknown>>;
  readonly seed: number;
  /** Where the weights started. */
  readonly start: string | undefined;
  readonly figures: TileModelCard['figures'];
};

/** The card of a tile model; its files and engine are those of the manifest. */
export function tileCard(
  making: TileMaking,
  { curve, bestEpoch }: Pick<CourseResult, 'curve' | 'bestEpoch'>,
  { inputs, engine }: RunManifest,
): Omit<TileModelCard, 'weightsSha256'> {
  const { start, resolution, tileSide, threshold, out } = making;
  const files = (labels: boolean): TileModelCard['training']['scenes'] =>
    inputs
      .filter(({ role }) => role !== 'start' && (role === 'scene') !== labels)
      .map(({ uri: path, sha256 }) => ({ path, ...(sha256 === undefined ? {} : { sha256 }) }));
  return {
    format: 'prismap-model',
    version: 1,
    name: basename(out),
    title: making.title,
    family: familyOf(making.config),
    setting: making.setting,
    preset: making.preset,
    config: structuredClone(making.config) as TileModelCard['config'],
    bands: making.bands.map(({ name, wavelengthNm, scale, offset }) => ({
      name,
      scale,
      offset,
      ...(wavelengthNm === undefined ? {} : { wavelengthNm }),
    })),
    classes: making.classes.map(({ value, name, color, macroclass }) => ({
      value,
      name,
      color: [...color],
      ...(macroclass === undefined ? {} : { macroclass }),
    })),
    scaling: structuredClone(making.scaling) as TileModelCard['scaling'],
    ...(resolution === undefined ? {} : { resolution }),
    ...(tileSide === undefined ? {} : { tileSide }),
    ...(threshold === undefined ? {} : { threshold }),
    training: {
      scenes: files(false),
      labels: files(true),
      samples: making.samples,
      split: making.split,
      settings: { ...making.settings },
      seed: making.seed,
      epochs: curve.length,
      bestEpoch,
      ...(start === undefined ? {} : { start }),
    },
    figures: making.figures,
    engine: { engine: engine.id, device: engine.device, versions: { ...engine.versions } },
    licence: 'Belongs to whoever trained it; scenes and labels may set terms.',
  };
}
