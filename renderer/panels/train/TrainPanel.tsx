import type { ReactElement } from 'react';

export function TrainPanel(): ReactElement {
  return <p className="empty" />;
}
