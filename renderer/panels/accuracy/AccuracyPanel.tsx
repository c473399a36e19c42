import { type ReactElement, useState } from 'react';
import { t } from '../../words/translate.ts';
import { useWorkspace } from '../context.ts';
import { Section } from '../spectra/Section.tsx';
import { useAssessment } from './assessment.ts';
import { useClassMaps } from './classMaps.ts';
import { DesignSection } from './DesignSection.tsx';
import { Labelling } from './Labelling.tsx';
import { PointResults } from './PointResults.tsx';
import { ReferenceSection } from './ReferenceSection.tsx';

/** How good a map is: by points that the analyst labels without seeing the map, or by a reference file. */
export function AccuracyPanel(): ReactElement {
  const maps = useClassMaps();
  const [at, setAt] = useState<number>();
  const settings = useAssessment();
  const points = useWorkspace((state) => state.document.points);
  const assessed = maps.find(({ info }) => info.uri === settings.map);
  if (maps.length === 0)
    return (
      <p className="empty">
        {t('No class map is open. Map a scene, or open a class map, to measure its accuracy.')}
      </p>
    );
  return (
    <div className="form">
      <h2>{t('Accuracy')}</h2>
      <Section title={t('1. Sample points')} open>
        <DesignSection maps={maps} settings={settings} />
      </Section>
      {points.size > 0 && assessed !== undefined && (
        <>
          <Section title={t('2. Label them, without seeing the map')} open>
            <Labelling map={assessed} at={at} onMove={setAt} />
          </Section>
          <Section title={t('3. Results')} open>
            {at !== undefined ? (
              <p className="hint">
                {t('Hidden while you label: they would tell what the map says.')}
              </p>
            ) : (
              <PointResults drawnFrom={assessed} maps={maps} settings={settings} />
            )}
          </Section>
        </>
      )}
      {points.size > 0 && assessed === undefined && (
        <p className="warning-text">
          {t('The map of these points is not open: {map}. Add its layer again to go on.', {
            map: settings.map ?? '–',
          })}
        </p>
      )}
      <Section title={t('Against a reference file')}>
        <ReferenceSection maps={maps} />
      </Section>
    </div>
  );
}
