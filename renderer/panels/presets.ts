import type { SceneInfo } from '../../app/contract/desk/scenes.ts';
import { type BandRole, bandOfRole } from '../../app/raster/bandRoles.ts';

export const composites: readonly (readonly [string, readonly [BandRole, BandRole, BandRole]])[] = [
  ['Natural colour', ['red', 'green', 'blue']],
  ['Colour infrared', ['nir', 'red', 'green']],
  ['False colour, urban', ['swir2', 'swir1', 'red']],
  ['Agriculture', ['swir1', 'nir', 'blue']],
  ['Short-wave infrared', ['swir2', 'nir', 'red']],
];

/** Composites that the bands of a scene allow. */
export function compositesOf(
  info: SceneInfo,
): readonly { name: string; rgb: [number, number, number] }[] {
  return composites.flatMap(([name, roles]) => {
    const rgb = roles.map((role) => bandOfRole(role, info.bands));
    return rgb.includes(undefined) ? [] : [{ name, rgb: rgb as [number, number, number] }];
  });
}
