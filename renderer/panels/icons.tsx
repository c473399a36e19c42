import type { ReactElement } from 'react';

/** Line drawings on a grid of 20 × 20; each is decoration beside a name. */
const paths = {
  pan: 'M10 2v16M2 10h16M7 5l3-3 3 3M7 15l3 3 3-3M5 7l-3 3 3 3M15 7l3 3-3 3',
  select: 'M5 3l11 6-5 1.5L8.5 16z',
  polygon: 'M4 7l7-4 6 5-3 8H6z',
  rectangle: 'M3 5h14v10H3z',
  circle: 'M10 3a7 7 0 1 0 0 14a7 7 0 1 0 0-14z',
  freehand: 'M3 14c2-9 5-9 6-4s4 5 8-5',
  brush: 'M16 3l-7 8M9 11c-3-1-5 1-4 5 3 1 5-1 4-5z',
  eraser: 'M4 12l7-8 6 5-7 8H7zM7 8.5l6 5',
  wand: 'M4 16l8-8M14 3v3M14 9v3M10 6h3M16 6h2',
  vertices:
    'M5 5h10v10H5zM3.5 3.5h3v3h-3zM13.500 3.500h3v3h-3zM13.500 13.500h3v3h-3zM3.500 13.500h3v3h-3z',
  hole: 'M3 3h14v14H3zM8 8h4v4H8z',
  split: 'M3 4h14v12H3zM12 2L8 18',
  label: 'M10 3a5 5 0 0 1 5 5c0 4-5 9-5 9s-5-5-5-9a5 5 0 0 1 5-5zM10 7v3',
  undo: 'M7 4L3 8l4 4M3 8h9a5 5 0 0 1 0 9H9',
  redo: 'M13 4l4 4-4 4M17 8H8a5 5 0 0 0 0 9h3',
  eye: 'M2 10c3-5 13-5 16 0-3 5-13 5-16 0zM10 8a2 2 0 1 0 0 4a2 2 0 1 0 0-4z',
  hidden: 'M2 10c3-5 13-5 16 0-3 5-13 5-16 0zM4 16L16 4',
  more: 'M10 4v.01M10 10v.01M10 16v.01',
  add: 'M10 4v12M4 10h12',
  folder: 'M2 5h6l2 2h8v9H2z',
  remove: 'M4 6h12M8 6V4h4v2M6 6l1 11h6l1-11',
  search: 'M9 3a6 6 0 1 0 0 12a6 6 0 1 0 0-12zM13.500 13.500L18 18',
  close: 'M5 5l10 10M15 5L5 15',
  grip: 'M7 5v.01M7 10v.01M7 15v.01M13 5v.01M13 10v.01M13 15v.01',
} as const;

export type IconName = keyof typeof paths;

export function Icon({ name }: { readonly name: IconName }): ReactElement {
  return (
    <svg className="icon" viewBox="0 0 20 20" aria-hidden="true">
      <path d={paths[name]} />
    </svg>
  );
}
