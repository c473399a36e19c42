import { type ReactElement, useEffect, useState } from 'react';
import { Button } from 'react-aria-components';
import type { DeskOutput } from '../../../app/contract/deskApi.ts';
import { commandById } from '../../actions/table.ts';
import { t } from '../../words/translate.ts';
import { useDesk } from '../context.ts';

/** What an empty project shows: the ways to begin. */
export function Welcome(): ReactElement {
  const desk = useDesk();
  const { workspace } = desk;
  const [recent, setRecent] = useState<DeskOutput<'project.recent'>['projects']>([]);
  useEffect(() => {
    workspace.host
      .call('project.recent', {})
      .then(({ projects }) => setRecent(projects), workspace.report);
  }, [workspace]);
  const open = (path: string): void => {
    workspace.host.call('project.open', { path }).then(workspace.load, workspace.report);
  };
  return (
    <section className="welcome" aria-label={t('Welcome')}>
      <h2>{t('From a scene to a land-cover map')}</h2>
      <ol>
        <li>
          {t('Open a scene, or drop one here: GeoTIFF, Sentinel-2 SAFE, ENVI, MAT, JPEG 2000.')}
        </li>
        <li>{t('Add classes and draw a few ROIs of each.')}</li>
        <li>{t('Train, map what is in view, correct, map the whole scene.')}</li>
      </ol>
      <div className="row">
        <Button className="primary" onPress={() => commandById('project.sample').run(desk)}>
          {t('Try it on a sample scene')}
        </Button>
        <Button className="text-button" onPress={() => commandById('project.open').run(desk)}>
          {t('Open…')}
        </Button>
      </div>
      {recent.length > 0 && (
        <>
          <h3>{t('Recent projects')}</h3>
          <ul>
            {recent.slice(0, 8).map((project) => (
              <li key={project.path}>
                <Button
                  className="link"
                  isDisabled={!project.exists}
                  onPress={() => open(project.path)}
                >
                  {project.name}
                </Button>{' '}
                <small>{project.exists ? project.path : t('no longer there')}</small>
              </li>
            ))}
          </ul>
        </>
      )}
    </section>
  );
}
