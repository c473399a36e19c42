import type { ReactElement } from 'react';
import { Button } from 'react-aria-components';
import { addRoi } from '../edits/rois.ts';
import { t } from '../words/translate.ts';
import { useDesk, useWorkspace } from './context.ts';

/** Offers the polygon that was being drawn when the application ended without being asked to. */
export function RecoveredSketch(): ReactElement | null {
  const { workspace, map } = useDesk();
  const sketch = useWorkspace((state) => state.recoveredSketch);
  if (sketch === undefined) return null;
  const done = (): void => {
    workspace.store.set({ recoveredSketch: undefined });
    workspace.host.call('project.sketch', {}).catch(workspace.report);
  };
  const goOn = (): void => {
    if (sketch.classId !== undefined) workspace.store.set({ selectedClass: sketch.classId });
    map.continueSketch(sketch.vertices);
    workspace.store.set({ recoveredSketch: undefined });
  };
  const close = (): void => {
    if (sketch.classId !== undefined) workspace.store.set({ selectedClass: sketch.classId });
    addRoi(
      workspace,
      { kind: 'polygons', polygons: [{ outer: sketch.vertices, holes: [] }] },
      t('Draw polygon'),
    );
    done();
  };
  return (
    <section className="banner" aria-label={t('Recovered session')}>
      <p>
        {t('The last session ended unexpectedly. A sketch of {count} vertices was kept.', {
          count: sketch.vertices.length,
        })}
      </p>
      <Button className="primary" onPress={goOn}>
        {t('Draw on')}
      </Button>
      {sketch.vertices.length >= 3 && (
        <Button className="text-button" onPress={close}>
          {t('Complete it')}
        </Button>
      )}
      <Button className="text-button" onPress={done}>
        {t('Discard')}
      </Button>
    </section>
  );
}
