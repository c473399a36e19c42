import type { ProgressEvent } from '../../app/contract/events.ts';
import { printable } from './printable.ts';

/** Shows events on a stream: one line that is rewritten on a terminal, plain lines elsewhere. */
export type ProgressView = { show(event: ProgressEvent): void; end(): void };

const barWidth = 24;
/** On a stream that is no terminal a line is printed each tenth of a stage, and not more often than this. */
const plainIntervalMs = 5000;

/** A view that writes to `stream` (standard error); `everything` prints each event, for logs. */
export function createProgressView(
  stream: NodeJS.WriteStream,
  options: { readonly everything?: boolean; readonly now?: () => number } = {},
): ProgressView {
  const { everything = false, now = Date.now } = options;
  const terminal = stream.isTTY === true;
  let open = false;
  let lastStage = '';
  let lastTime = 0;
  const line = (text: string): void => {
    stream.write(open ? `\r\x1b[K${text}\n` : `${text}\n`);
    open = false;
  };
  const rewrite = (text: string, stage: string, last: boolean): void => {
    if (terminal && !everything) {
      stream.write(`\r\x1b[K${text.slice(0, Math.max(20, (stream.columns ?? 80) - 1))}`);
      open = true;
      if (last) line(text);
      return;
    }
    if (everything || stage !== lastStage || last || now() - lastTime >= plainIntervalMs) {
      stream.write(`${text}\n`);
      lastTime = now();
      lastStage = stage;
    }
  };
  return {
    show: (event) => {
      switch (event.kind) {
        case 'progress':
          rewrite(progressText(event), event.stage, event.done >= event.total);
          return;
        case 'epoch':
          rewrite(epochText(event), 'epoch', event.epoch >= event.epochs);
          return;
        case 'engine':
          line(`engine: ${event.engine} on ${event.device}`);
          return;
        case 'warning':
          line(`warning: ${printable(event.message)}`);
          return;
        case 'note':
          line(printable(event.message));
          return;
        case 'scene': // its progress says enough
        case 'mapped': // a picture: not for a terminal
      }
    },
    end: () => {
      if (open) stream.write('\n');
      open = false;
    },
  };
}

function bar(fraction: number): string {
  const filled = Math.round(Math.min(1, Math.max(0, fraction)) * barWidth);
  return `${'█'.repeat(filled)}${'░'.repeat(barWidth - filled)}`;
}

function progressText(event: Extract<ProgressEvent, { kind: 'progress' }>): string {
  const fraction = event.total > 0 ? event.done / event.total : 1;
  const parts = [
    `${event.stage} ${bar(fraction)} ${(fraction * 100).toFixed(0).padStart(3)} %`,
    `${event.done}/${event.total}`,
  ];
  if (event.samplesPerSecond !== undefined)
    parts.push(`${Math.round(event.samplesPerSecond)} samples/s`);
  if (event.etaSeconds !== undefined && event.done < event.total)
    parts.push(`${duration(event.etaSeconds)} left`);
  if (event.detail !== undefined) parts.push(event.detail);
  return parts.join('  ');
}

function epochText(event: Extract<ProgressEvent, { kind: 'epoch' }>): string {
  const parts = [
    `training${event.network === undefined ? '' : ` network ${event.network}`} ${bar(event.epoch / event.epochs)} epoch ${event.epoch}/${event.epochs}`,
    `loss ${event.loss.toFixed(4)}`,
    ...Object.entries(event.validation ?? {}).map(([name, value]) => `${name} ${value.toFixed(2)}`),
    `${Math.round(event.samplesPerSecond)} samples/s`,
  ];
  if (event.epoch < event.epochs) parts.push(`${duration(event.etaSeconds)} left`);
  return parts.join('  ');
}

/** Seconds as a person says them: `45 s`, `3 min 20 s`, `2 h 5 min`. */
export function duration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}
