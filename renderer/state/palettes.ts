/** Colours from low to high, evenly spaced. */
export type ColorRamp = readonly string[];

/**
 * Ramps of single bands and indices. viridis, magma, cividis: matplotlib (CC0), even in lightness, safe for colour-blind eyes;
 * the diverging ones: ColorBrewer 2.0 (Apache-2.0).
 */
export const ramps: Readonly<Record<string, ColorRamp>> = {
  grey: ['#000000', '#ffffff'],
  viridis: ['#440154', '#414487', '#2a788e', '#22a884', '#7ad151', '#fde725'],
  magma: ['#000004', '#3b0f70', '#8c2981', '#de4968', '#fe9f6d', '#fcfdbf'],
  cividis: ['#00224e', '#35456c', '#666970', '#948e77', '#c8b866', '#fee838'],
  greens: ['#f7fcf5', '#c7e9c0', '#74c476', '#238b45', '#00441b'],
  blues: ['#f7fbff', '#c6dbef', '#6baed6', '#2171b5', '#08306b'],
  'brown-teal': ['#8c510a', '#d8b365', '#f6e8c3', '#c7eae5', '#5ab4ac', '#01665e'],
  'purple-green': ['#762a83', '#af8dc3', '#e7d4e8', '#d9f0d3', '#7fbf7b', '#1b7837'],
  'red-blue': ['#b2182b', '#ef8a62', '#fddbc7', '#d1e5f0', '#67a9cf', '#2166ac'],
};
