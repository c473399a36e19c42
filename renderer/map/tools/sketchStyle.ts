import { Circle, Fill, Stroke, Style } from 'ol/style.js';
import type { Workspace } from '../../state/workspaceState.ts';

/** Colour of the class in use. */
export function activeColor({ store }: Workspace): readonly [number, number, number] {
  const { document, selectedClass } = store.get();
  return document.classes.get(selectedClass ?? '')?.color ?? [0, 120, 215];
}

/** A sketch is dashed and translucent until it is accepted. */
export function sketchStyle(color: readonly number[]): Style[] {
  return [
    new Style({ stroke: new Stroke({ color: 'rgba(0,0,0,0.7)', width: 4 }) }),
    new Style({
      stroke: new Stroke({ color: [...color, 1], width: 2, lineDash: [7, 5] }),
      fill: new Fill({ color: [...color, 0.2] }),
      image: new Circle({
        radius: 4.5,
        fill: new Fill({ color: '#ffffff' }),
        stroke: new Stroke({ color: '#000000', width: 1.5 }),
      }),
    }),
  ];
}
