import type { ClassScheme, LandClass } from '../../../app/vector/roi.ts';
import { type Html, type HtmlValue, html, name } from './html.ts';

/** A class of the scheme, or a grey stand-in for a value that the scheme does not name. */
export function classOf(classes: ClassScheme, value: number): LandClass {
  return (
    classes.find((landClass) => landClass.value === value) ?? {
      value,
      name: `class ${value}`,
      color: [150, 150, 150],
    }
  );
}

/** Number of a class on its colour, dark or light so that it can be read. */
export function swatch({ value, color }: LandClass): Html {
  return html`<span class="swatch" style="background:${cssColor(color)};color:${inkOn(color)}">${value}</span>`;
}

/** Number and name of a class. */
export function classLabel(landClass: LandClass): Html {
  return html`${swatch(landClass)}${name(landClass.name)}`;
}

/** A colour for CSS: three whole numbers, whatever came in. */
export function cssColor(color: LandClass['color']): string {
  return `rgb(${color.map(byte).join(',')})`;
}

function byte(value: number): number {
  return Number.isFinite(value) ? Math.min(255, Math.max(0, Math.round(value))) : 0;
}

/** Black or white, whichever stands out more (WCAG 2.2, relative luminance). */
function inkOn(color: LandClass['color']): string {
  const [red, green, blue] = color.map((value) => {
    const share = byte(value) / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  const luminance = 0.2126 * red! + 0.7152 * green! + 0.0722 * blue!;
  return (luminance + 0.05) / 0.05 > 1.05 / (luminance + 0.05) ? '#000' : '#fff';
}

/** A card of the page with its heading. */
export function section(id: string, title: string, ...content: readonly HtmlValue[]): Html {
  return html`<section aria-labelledby="${id}"><h2 id="${id}">${title}</h2>${content}</section>`;
}

/** Something wide that scrolls sideways on its own, also by keyboard. */
export function scrolling(label: string, content: Html): Html {
  return html`<div class="scroll" role="region" aria-label="${label}" tabindex="0">${content}</div>`;
}
