import type { Band } from './scene.ts';

/** What a model asks of one band: its name, and where known its centre wavelength. */
export type WantedBand = {
  readonly name: string;
  readonly wavelengthNm?: number | undefined;
  readonly scale: number;
  readonly offset: number;
};

/**
 * How a scene meets the bands of a model. Green: the same bands. Amber: usable, with what differs. Red: not the bands
 * that the model was trained on; `indices` is then undefined unless the count allows to go on by order.
 */
export type BandMatch = {
  readonly level: 'green' | 'amber' | 'red';
  /** Scene band for each wanted band, from 0. */
  readonly indices: readonly number[] | undefined;
  /** What was found and what was needed, a sentence each. */
  readonly findings: readonly string[];
};

/** Two bands whose centres differ by no more are the same band of the same sensor. */
const sameNm = 3;
/** A band of another sensor may stand in where its centre is no farther away. */
const nearNm = 12;

/**
 * Compares the bands of a model with those of a scene: by name, else by wavelength, else by order.
 * @param trainedOn Bands of the training scene, those included that the model leaves out. Names like `Band 3` are believed
 * only in a scene of as many bands.
 */
export function matchBands(
  wanted: readonly WantedBand[],
  scene: readonly Band[],
  trainedOn = wanted.length,
): BandMatch {
  const usable = scene
    .map((band, index) => ({ band, index }))
    .filter(({ band }) => band.bad !== true);
  const byName = matchByName(wanted, scene, trainedOn);
  if (byName !== undefined) return judge(wanted, scene, byName, []);
  const byWavelength = matchByWavelength(wanted, usable);
  if (byWavelength !== undefined) return judge(wanted, scene, byWavelength, []);
  if (usable.length === wanted.length) {
    const indices = usable.map(({ index }) => index);
    const known = wanted.some((band) => !isGeneric(band.name) || band.wavelengthNm !== undefined);
    const sceneKnown = usable.some(
      ({ band }) => !isGeneric(band.name) || band.wavelengthNm !== undefined,
    );
    if (!known || !sceneKnown) {
      return judge(wanted, scene, indices, [
        'The bands were matched by their order, since they have neither common names nor wavelengths.',
      ]);
    }
    return { level: 'red', indices, findings: [missing(wanted, scene)] };
  }
  return { level: 'red', indices: undefined, findings: [missing(wanted, scene)] };
}

function matchByName(
  wanted: readonly WantedBand[],
  scene: readonly Band[],
  trainedOn: number,
): readonly number[] | undefined {
  const names = new Map<string, number>();
  for (const [index, band] of scene.entries()) {
    const name = band.name.toLowerCase();
    if (names.has(name)) return undefined;
    names.set(name, index);
  }
  const indices: number[] = [];
  for (const band of wanted) {
    const index = names.get(band.name.toLowerCase());
    if (
      index === undefined ||
      (isGeneric(band.name) && scene.length !== trainedOn && band.wavelengthNm === undefined)
    )
      return undefined;
    const found = scene[index]!.wavelengthNm;
    if (
      found !== undefined &&
      band.wavelengthNm !== undefined &&
      Math.abs(found - band.wavelengthNm) > nearNm
    )
      return undefined;
    indices.push(index);
  }
  return indices;
}

function matchByWavelength(
  wanted: readonly WantedBand[],
  usable: readonly { readonly band: Band; readonly index: number }[],
): readonly number[] | undefined {
  const indices: number[] = [];
  for (const { wavelengthNm } of wanted) {
    if (wavelengthNm === undefined) return undefined;
    let best: number | undefined;
    let least = nearNm;
    for (const { band, index } of usable) {
      const distance =
        band.wavelengthNm === undefined
          ? Number.POSITIVE_INFINITY
          : Math.abs(band.wavelengthNm - wavelengthNm);
      if (distance <= least) {
        least = distance;
        best = index;
      }
    }
    if (best === undefined) return undefined;
    indices.push(best);
  }
  return new Set(indices).size === indices.length ? indices : undefined;
}

function judge(
  wanted: readonly WantedBand[],
  scene: readonly Band[],
  indices: readonly number[],
  notes: readonly string[],
): BandMatch {
  const findings = [...notes];
  for (const [position, index] of indices.entries()) {
    const need = wanted[position]!;
    const have = scene[index]!;
    if (need.wavelengthNm !== undefined && have.wavelengthNm !== undefined) {
      const distance = Math.abs(need.wavelengthNm - have.wavelengthNm);
      if (distance > sameNm)
        findings.push(
          `Band ${have.name} is centred at ${have.wavelengthNm} nm; the model was trained at ${need.wavelengthNm} nm.`,
        );
    }
    if (have.bad === true) findings.push(`Band ${have.name} is on the scene's bad-band list.`);
  }
  const ratio = scalingDiffers(wanted, scene, indices);
  if (ratio !== undefined) findings.push(ratio);
  return { level: findings.length === 0 ? 'green' : 'amber', indices, findings };
}

function scalingDiffers(
  wanted: readonly WantedBand[],
  scene: readonly Band[],
  indices: readonly number[],
): string | undefined {
  const position = indices.findIndex(
    (index, at) =>
      scene[index]!.scale !== wanted[at]!.scale || scene[index]!.offset !== wanted[at]!.offset,
  );
  if (position < 0) return undefined;
  const have = scene[indices[position]!]!;
  const need = wanted[position]!;
  return `Band ${have.name} is stored with scale ${have.scale} and offset ${have.offset}, the training scene had ${need.scale} and ${need.offset}; physical values are compared.`;
}

function missing(wanted: readonly WantedBand[], scene: readonly Band[]): string {
  const show = (
    bands: readonly { readonly name: string; readonly wavelengthNm?: number | undefined }[],
  ): string => {
    const names = bands.map((band) =>
      band.wavelengthNm === undefined
        ? band.name
        : `${band.name} (${Math.round(band.wavelengthNm)} nm)`,
    );
    return names.length <= 8
      ? names.join(', ')
      : `${names.slice(0, 7).join(', ')} … ${names.at(-1)}`;
  };
  return `The model needs ${wanted.length} bands: ${show(wanted)}. The scene has ${scene.length}: ${show(scene)}.`;
}

/** Names that say nothing about a band: `Band 3`, `b3`, `3`. Sentinel-2's `B03` says which band it is. */
function isGeneric(name: string): boolean {
  return /^(band[ _]*)?\d+$/i.test(name) || /^b[1-9]\d*$/.test(name);
}
