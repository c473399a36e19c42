import { type ReactElement, useState } from 'react';
import { copyToScene } from '../../actions/copyRois.ts';
import { sceneToMap } from '../../state/sceneToMap.ts';
import { t } from '../../words/translate.ts';
import { useDesk, useWorkspace } from '../context.ts';
import { Select } from '../fields.tsx';
import { Frame } from './Frame.tsx';

/** Copies the selected ROIs to another scene of the project. */
export function CopyRois(): ReactElement {
  const desk = useDesk();
  const { store, report, openScene } = desk.workspace;
  const layers = useWorkspace((state) => state.document.layers);
  const selected = useWorkspace((state) => state.selectedRois);
  const from = useWorkspace(() => sceneToMap(desk));
  const scenes = [
    ...new Map(
      [...layers.values()]
        .filter(
          ({ kind, style, uri }) => kind === 'scene' && style?.mode !== 'classes' && uri !== from,
        )
        .map(({ uri = '', name }) => [uri, name]),
    ),
  ];
  const [chosen, setChosen] = useState<string>();
  const uri = chosen ?? scenes[0]?.[0];
  const copy = async (): Promise<void> => {
    if (uri === undefined) return;
    const info = await openScene(uri);
    const { rois } = store.get().document;
    const rows = [...selected].map((id) => rois.get(id)).filter((row) => row !== undefined);
    store.set({ dialog: 'none' });
    copyToScene(desk, rows, from, { uri, info });
  };
  return (
    <Frame title={t('Copy ROIs to a scene')}>
      <p>
        {t('Copies the selected ROIs ({count}). From then on each scene has its own.', {
          count: selected.size,
        })}
      </p>
      {uri === undefined ? (
        <p className="empty">{t('The project has no other scene. Open one first.')}</p>
      ) : (
        <>
          <Select label={t('To scene')} value={uri} options={scenes} onChange={setChosen} />
          <div className="actions">
            <button type="button" className="primary" onClick={() => void copy().catch(report)}>
              {t('Copy')}
            </button>
          </div>
        </>
      )}
    </Frame>
  );
}
