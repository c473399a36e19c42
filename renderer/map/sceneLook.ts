import type { ExpressionValue } from 'ol/expr/expression.js';
import type { Style } from 'ol/layer/WebGLTile.js';
import type { SceneInfo } from '../../app/contract/desk/scenes.ts';
import type { TileAddress } from '../../app/contract/tileAddress.ts';
import type { SceneStyle } from '../../app/project/rows.ts';
import { parseExpression } from '../../app/raster/expression.ts';
import { ramps } from '../state/palettes.ts';

/** What the map needs to draw a scene: which bands to fetch, and what the graphics card does with them. */
export type SceneLook = {
  /** What the tiles carry: bands from 0, in this order, or the values of band arithmetic. */
  readonly tiles: Pick<TileAddress, 'bands' | 'expression'>;
  readonly color: Style['color'];
  readonly variables: Record<string, number>;
  /** Says whether the program has to be built anew (its text differs) or only its variables changed. */
  readonly program: string;
};

/** Bands of a tile, without its mask. */
export const bandCount = ({ bands, expression }: SceneLook['tiles']): number =>
  expression === undefined ? bands.length : 1;

const clear = [0, 0, 0, 0];

/** Limits and gamma are variables, so that a stretch moves without compiling or reading anything. */
function variablesOf(style: SceneStyle): Record<string, number> {
  // A band of one value has no width; one unit in the last place of float32 gives it some.
  const limit = (channel: number): readonly [number, number] => {
    const [low, high] = style.limits[channel] ?? style.limits[0] ?? [0, 1];
    return [low, high > low ? high : low + Math.max(1e-6, Math.abs(low) * 1e-6)];
  };
  return {
    low0: limit(0)[0],
    high0: limit(0)[1],
    low1: limit(1)[0],
    high1: limit(1)[1],
    low2: limit(2)[0],
    high2: limit(2)[1],
    gamma: 1 / style.gamma,
    ...(style.threshold === undefined ? {} : { threshold: style.threshold }),
  };
}

function stretched(value: ExpressionValue, channel: number): ExpressionValue {
  const low = ['var', `low${channel}`];
  const high = ['var', `high${channel}`];
  const share = ['/', ['-', value, low], ['-', high, low]];
  return ['^', ['clamp', share, 0, 1], ['var', 'gamma']];
}

/** Draws `color` where the mask band says that there is data. */
const masked = (maskBand: number, color: ExpressionValue): ExpressionValue => [
  'case',
  ['>', ['band', maskBand], 0.5],
  color,
  clear,
];

function rampColor(palette: string, share: ExpressionValue): ExpressionValue {
  const colors = ramps[palette] ?? ramps['grey']!;
  const stops = colors.flatMap((color, i) => [i / (colors.length - 1), color]);
  return ['interpolate', ['linear'], share, ...stops] as ExpressionValue;
}

function classColors(style: SceneStyle, info: SceneInfo): ExpressionValue[] {
  const colors: ExpressionValue[] = Array.from({ length: 256 }, () => clear);
  for (const { value, color } of info.classes ?? []) {
    if (value > 255 || style.hidden.includes(value)) continue;
    colors[value] = [...(style.colors[String(value)] ?? color), 1];
  }
  return colors;
}

/** Whether a scene has what a style shows of it; not where its file was replaced by one of other bands. */
export function fits(style: SceneStyle, info: SceneInfo): boolean {
  if (style.mode === 'classes' && info.classes === undefined) return false;
  // An expression says itself which of its bands is missing.
  if (style.mode === 'index') return true;
  const bands = style.mode === 'rgb' ? style.rgb : [style.band];
  return bands.every((band) => band < info.bands.length);
}

/** How a scene is drawn in `style`. @throws AppError `usage` for an index expression that is none */
export function sceneLook(style: SceneStyle, info: SceneInfo): SceneLook {
  const variables = variablesOf(style);
  const look = (tiles: SceneLook['tiles'], color: ExpressionValue): SceneLook => {
    const masking = masked(bandCount(tiles) + 1, color);
    return {
      tiles,
      color: masking as never,
      variables,
      program: JSON.stringify([tiles, masking]),
    };
  };
  if (style.mode === 'rgb') {
    const bands = [...new Set(style.rgb)];
    const channel = (i: number): ExpressionValue =>
      stretched(['band', bands.indexOf(style.rgb[i]!) + 1], i);
    return look({ bands }, ['array', channel(0), channel(1), channel(2), 1]);
  }
  if (style.mode === 'single') {
    const ramp = rampColor(style.palette, stretched(['band', 1], 0));
    // A variable too: moving it costs neither a program nor a read.
    const above: ExpressionValue = ['case', ['>=', ['band', 1], ['var', 'threshold']], ramp, clear];
    return look({ bands: [style.band] }, style.threshold === undefined ? ramp : above);
  }
  if (style.mode === 'classes')
    return look({ bands: [style.band] }, [
      'palette',
      ['band', 1],
      classColors(style, info),
    ] as ExpressionValue);
  // The scene's own process works it out; here it is only made sure that it can.
  parseExpression(style.expression, info.bands);
  return look(
    { bands: [], expression: style.expression },
    rampColor(style.palette, stretched(['band', 1], 0)),
  );
}
