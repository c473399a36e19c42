import { type ReactElement, useState } from 'react';
import type { JobRecord } from '../../../app/contract/desk/jobs.ts';
import type { DeskOutput } from '../../../app/contract/deskApi.ts';
import { countText, decimalText } from '../../words/numbers.ts';
import { said, saidSentence, t } from '../../words/translate.ts';
import { TableScroll } from '../charts/TableScroll.tsx';
import { useDesk } from '../context.ts';
import { WrittenFiles } from '../export/WrittenFiles.tsx';
import { hundredths } from '../jobs/figures.ts';
import { JobButtons } from '../jobs/JobButtons.tsx';
import { JobProgress } from '../jobs/JobProgress.tsx';
import { JobState } from '../jobs/jobState.tsx';
import { OpenReport } from '../jobs/OpenReport.tsx';
import { inputText, resultOf } from '../jobs/results.ts';
import { useAnswer } from '../spectra/useAnswer.ts';
import { AddAllMaps } from './AddMap.tsx';
import { allScenes, SceneList, type Wanted } from './SceneList.tsx';

type Scenes = DeskOutput<'batch.scenes'>;

/** Notes about scenes that are shown; the report has all. */
const mostWarnings = 10;

/** The newest batch: how far it is, its scenes one by one, areas, mosaic and report. */
export function BatchRun({
  job,
  onLeaveOut,
}: {
  readonly job: JobRecord;
  readonly onLeaveOut: (scene: string) => void;
}): ReactElement {
  const { workspace } = useDesk();
  const [wanted, setWanted] = useState<Wanted>(allScenes);
  const out = inputText(job, 'out') ?? '';
  // asked again whenever a scene ended, and once a second while the host tells of the job
  const { id, state, stage, done, total, elapsedSeconds } = job;
  const key = JSON.stringify([id, state, stage, done, total, Math.floor(elapsedSeconds), wanted]);
  const { value } = useAnswer(
    key,
    (signal) => workspace.host.call('batch.scenes', { out, ...wanted }, signal),
    100,
  );
  return (
    <>
      <JobState state={job.state} />
      <JobProgress job={job} />
      {job.error !== undefined && <p className="error-text">{said(job.error)}</p>}
      {value !== undefined && <p role="status">{countsText(value.counts)}</p>}
      {value !== undefined && isIdle(job, value) && (
        <p className="hint">
          {t('Watching the folder for more scenes. Cancel ends it with its report.')}
        </p>
      )}
      <Actions job={job} scenes={value} />
      {value !== undefined && value.areas.length > 0 && <Areas areas={value.areas} />}
      {value !== undefined && (
        <SceneList answer={value} wanted={wanted} onWant={setWanted} onLeaveOut={onLeaveOut} />
      )}
      <Warnings warnings={resultOf(job, 'batch')?.warnings ?? []} />
    </>
  );
}

const hasEnded = ({ state }: JobRecord): boolean => state !== 'running' && state !== 'queued';

/** A watched folder from which all is mapped. */
const isIdle = ({ state, input }: JobRecord, { counts }: Scenes): boolean =>
  state === 'running' && input['watch'] === true && counts.running + counts.waiting === 0;

/** What can be done with the results, and with the job. */
function Actions({
  job,
  scenes,
}: {
  readonly job: JobRecord;
  readonly scenes: Scenes | undefined;
}): ReactElement {
  const { report, mosaics, counts } = scenes ?? {
    report: undefined,
    mosaics: [],
    counts: undefined,
  };
  const ended = hasEnded(job);
  return (
    <>
      <div className="actions">
        {ended && report !== undefined && <OpenReport path={report} title={job.title} />}
        {counts !== undefined && counts.done > 1 && (
          <AddAllMaps out={inputText(job, 'out') ?? ''} count={counts.done} name={job.title} />
        )}
        <JobButtons job={job} removable={false} />
      </div>
      <WrittenFiles files={ended ? mosaics : []} />
    </>
  );
}

function Warnings({ warnings }: { readonly warnings: readonly string[] }): ReactElement {
  return (
    <>
      {warnings.slice(0, mostWarnings).map((warning) => (
        <p key={warning} className="warning-text">
          {saidSentence(warning)}
        </p>
      ))}
      {warnings.length > mostWarnings && (
        <p className="hint">
          {t('{count} more notes are in the report.', {
            count: countText(warnings.length - mostWarnings),
          })}
        </p>
      )}
    </>
  );
}

/** `3 mapped · 1 failed · 2 waiting`; what there is none of is left out, but for the mapped. */
function countsText({ done, failed, running, waiting }: Scenes['counts']): string {
  const parts = [
    t('{count} mapped', { count: countText(done) }),
    failed > 0 ? t('{count} failed', { count: countText(failed) }) : undefined,
    running > 0 ? t('{count} running', { count: countText(running) }) : undefined,
    waiting > 0 ? t('{count} waiting', { count: countText(waiting) }) : undefined,
  ];
  return parts.filter((part) => part !== undefined).join(' · ');
}

function Areas({ areas }: { readonly areas: Scenes['areas'] }): ReactElement {
  const pixels = areas.reduce((sum, one) => sum + one.pixels, 0);
  return (
    <TableScroll label={t('Area of each class over all scenes')}>
      <table>
        <caption>{t('Over all scenes; where they overlap, areas count twice')}</caption>
        <thead>
          <tr>
            <th scope="col">{t('Class')}</th>
            <th scope="col">{t('Hectares')}</th>
            <th scope="col">%</th>
          </tr>
        </thead>
        <tbody>
          {areas.map((one) => (
            <tr key={one.class}>
              <th scope="row">{one.class}</th>
              <td>{one.hectares === undefined ? '–' : decimalText(one.hectares, 1)}</td>
              <td>{hundredths(pixels === 0 ? undefined : one.pixels / pixels)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </TableScroll>
  );
}
