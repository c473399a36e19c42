import type { JobRecord } from '../../../app/contract/desk/jobs.ts';
import type { ProgressEvent } from '../../../app/contract/events.ts';

/** Seconds that the speed of late is measured over. */
const recentSeconds = 20;

/**
 * How long the rest may take: between the mean speed of the whole stage and that of the last seconds, with some room. A
 * range, because neither machine nor scene is even.
 */
export class Forecast {
  #stage = '';
  #marks: { readonly time: number; readonly done: number }[] = [];

  /** @param now Seconds on a clock that never goes back. */
  range(
    {
      stage,
      done,
      total,
    }: { readonly stage: string; readonly done: number; readonly total: number },
    now: number,
  ): readonly [least: number, most: number] | undefined {
    if (stage !== this.#stage || done < (this.#marks.at(-1)?.done ?? 0)) {
      this.#stage = stage;
      this.#marks = [];
    }
    this.#marks.push({ time: now, done });
    const first = this.#marks[0]!;
    // the first mark stays, so that the mean is that of the stage; of the others only the last seconds are of use
    this.#marks = this.#marks.filter((mark) => mark === first || now - mark.time <= recentSeconds);
    const rests = [first, this.#marks[1] ?? first]
      .filter((mark) => mark.done < done && mark.time < now)
      .map((mark) => ((total - done) * (now - mark.time)) / (done - mark.done));
    return rests.length === 0 ? undefined : [0.9 * Math.min(...rests), 1.15 * Math.max(...rests)];
  }
}

/** A record after an event of its process; `undefined` where the event does not change it. */
export function afterEvent(
  record: JobRecord,
  event: ProgressEvent,
  forecast: Forecast,
  now: number,
): JobRecord | undefined {
  switch (event.kind) {
    case 'progress':
      return atStage(record, event, forecast, now);
    case 'epoch': {
      const { epoch, epochs, network, loss, validation } = event;
      const next = atStage(
        record,
        { stage: 'training', done: epoch, total: epochs },
        forecast,
        now,
      );
      const point = {
        epoch,
        epochs,
        loss,
        ...(network === undefined ? {} : { network }),
        ...(validation === undefined ? {} : { validation }),
      };
      // a resumed run tells again from its checkpoint on
      return { ...next, curve: [...record.curve.filter((row) => row.epoch < epoch), point] };
    }
    case 'engine':
      return { ...record, engine: event.engine, device: event.device };
    case 'warning':
    case 'note':
    case 'scene':
    case 'mapped':
      return undefined;
  }
}

function atStage(
  { eta: _, ...record }: JobRecord,
  { stage, done, total }: { readonly stage: string; readonly done: number; readonly total: number },
  forecast: Forecast,
  now: number,
): JobRecord {
  const eta = forecast.range({ stage, done, total }, now);
  return { ...record, stage, done, total, ...(eta === undefined ? {} : { eta: [...eta] }) };
}

/** An event as a line of the job's log; undefined for those that come too often. */
export function logLine(event: ProgressEvent, stage: string | undefined): string | undefined {
  switch (event.kind) {
    case 'progress':
      return event.stage === stage ? undefined : event.stage;
    case 'epoch': {
      const figures = Object.entries(event.validation ?? {}).map(
        ([name, value]) => `, ${name} ${value.toFixed(4)}`,
      );
      const network = event.network === undefined ? '' : ` (network ${event.network})`;
      return `epoch ${event.epoch}/${event.epochs}${network}: loss ${event.loss.toFixed(4)}${figures.join('')}`;
    }
    case 'engine':
      return `engine: ${event.engine} on ${event.device}`;
    case 'warning':
      return `warning: ${event.message}`;
    case 'note':
      return event.message;
    case 'scene':
    case 'mapped':
      return undefined;
  }
}
