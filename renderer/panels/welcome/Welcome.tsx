import type { ReactElement } from 'react';

export function Welcome(): ReactElement | null {
  return null;
}
