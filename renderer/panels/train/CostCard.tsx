import { type ReactElement, useState } from 'react';
import type { DeskOutput } from '../../../app/contract/deskApi.ts';
import { countText } from '../../words/numbers.ts';
import { said, saidOfError, t } from '../../words/translate.ts';
import { useDesk, useWorkspace } from '../context.ts';
import { formatBytes } from '../dialogs/FileList.tsx';
import { durationRange } from '../jobs/figures.ts';
import { useAnswer } from '../spectra/useAnswer.ts';

type Cost = DeskOutput<'cost.estimate'>;

/** The probe takes seconds of the whole machine: settings have to rest first. */
const quietMs = 1500;

/** What a run will take, from a short probe; not while a job has the machine. */
export function CostCard({
  label,
  kind,
  input,
  ready,
}: {
  readonly label: string;
  readonly kind: 'train' | 'predict' | 'change';
  readonly input: Record<string, unknown>;
  /** False where the run cannot start anyway. */
  readonly ready: boolean;
}): ReactElement | null {
  const { workspace } = useDesk();
  const busy = useWorkspace(({ jobs }) => jobs.some(({ state }) => state === 'running'));
  const [round, setRound] = useState(0);
  const { value, error, waiting } = useAnswer(
    ready && !busy ? `${round} ${JSON.stringify(input)}` : undefined,
    async (signal) => {
      await workspace.saved();
      return workspace.host.call('cost.estimate', { kind, input }, signal);
    },
    quietMs,
  );
  if (!ready) return null;
  return (
    <section className="card" aria-label={label} aria-busy={waiting}>
      <header>
        <h3>{label}</h3>
        <button type="button" disabled={busy || waiting} onClick={() => setRound(round + 1)}>
          {t('Measure again')}
        </button>
      </header>
      {busy && <p className="hint">{t('A job has the machine: measured when it is done.')}</p>}
      {waiting && value === undefined && <p className="hint">{t('A short probe runs…')}</p>}
      {error !== undefined && <p className="error-text">{saidOfError(error)}</p>}
      {value !== undefined && <Figures cost={value} stale={waiting} />}
    </section>
  );
}

function Figures({ cost, stale }: { readonly cost: Cost; readonly stale: boolean }): ReactElement {
  const { samples, seconds, memoryBytes, diskBytes, freeDiskBytes, basis, phrases } = cost;
  const tight = freeDiskBytes !== undefined && freeDiskBytes < diskBytes;
  const rows: readonly (readonly [string, string])[] = [
    ...(samples === undefined ? [] : [[t('Samples'), countText(samples)] as const]),
    [t('Time'), durationRange(seconds)],
    [t('Memory'), formatBytes(memoryBytes)],
    [
      t('Disk'),
      freeDiskBytes === undefined
        ? formatBytes(diskBytes)
        : t('{needed} of {free} free', {
            needed: formatBytes(diskBytes),
            free: formatBytes(freeDiskBytes),
          }),
    ],
  ];
  return (
    <>
      <dl className={stale ? 'properties stale' : 'properties'}>
        {rows.map(([name, text]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{text}</dd>
          </div>
        ))}
      </dl>
      {tight && (
        <p className="error-text">
          {t('The disk has too little room for this. Free some, or save the project elsewhere.')}
        </p>
      )}
      <p className="hint">{said({ message: basis, phrases })}</p>
    </>
  );
}
