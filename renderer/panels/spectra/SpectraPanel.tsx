import { type ReactElement, useMemo } from 'react';
import { sortedClasses } from '../../edits/classes.ts';
import { roisInUse } from '../../state/roisInUse.ts';
import { t } from '../../words/translate.ts';
import { useDesk, useWorkspace } from '../context.ts';
import { Scatter } from './Scatter.tsx';
import { Section } from './Section.tsx';
import { Separability } from './Separability.tsx';
import { SignaturesSection } from './SignaturesSection.tsx';
import { useSceneInUse } from './sceneInUse.ts';
import { classesWithAreas } from './signatures.ts';

/** Spectra of the pixel under the cursor, of ROIs and classes, and how well the classes can be told apart. */
export function SpectraPanel(): ReactElement {
  const info = useSceneInUse();
  const classes = useWorkspace((state) => state.document.classes);
  const { workspace } = useDesk();
  const rois = useWorkspace(() => roisInUse(workspace));
  const entries = useMemo(() => classesWithAreas(sortedClasses(classes), rois), [classes, rois]);
  if (info === undefined)
    return <p className="empty">{t('Open a scene to see the signatures of its pixels.')}</p>;
  return (
    <div className="form">
      <h2>{t('Spectra of {name}', { name: info.name })}</h2>
      <SignaturesSection info={info} entries={entries} />
      <Section title={t('Separability of the classes')}>
        <Separability info={info} entries={entries} />
      </Section>
      <Section title={t('Scatter plot of two bands')}>
        <Scatter key={info.scene} info={info} entries={entries} />
      </Section>
    </div>
  );
}
