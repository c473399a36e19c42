import type { Pretrained } from '../../workers/pretrain.ts';
import { lineChart } from './chart.ts';
import { duration, grouped, percent } from './format.ts';
import { type Html, html, name } from './html.ts';
import { page, warningSection } from './page.ts';
import { scrolling, section } from './parts.ts';

/** One self-contained HTML page on a masked pre-training: its stages and loss, and what it makes of tokens that it does not see. */
export function renderPretrainReport(result: Pretrained, created: string): string {
  return page(
    {
      title: 'Masked pre-training of SpectralGPT',
      lead: `${grouped(result.epochs)} epochs over ${grouped(result.scenes)} ${result.scenes === 1 ? 'scene' : 'scenes'} · ${duration(result.seconds)} · ${result.engine}`,
      created,
    },
    warningSection(result.warnings),
    courseSection(result),
    pictureSection(result.reconstructions),
  );
}

const ink = ['#174f8f', '#b04a0a'] as const;
const dashes = [undefined, '6 4', '2 3', '8 3 2 3'] as const;

function courseSection({ curve, stages, reconstructions }: Pretrained): Html {
  const lines = stages.map(({ stage }, i) => {
    const dash = dashes[i % dashes.length];
    return {
      name: stages.length === 1 ? 'loss' : `stage ${stage.number}`,
      color: ink[i % ink.length]!,
      ...(dash === undefined ? {} : { dash }),
      points: [...curve.entries()]
        .filter(([, row]) => row.stage === stage.number)
        .map(([epoch, { loss }]) => [epoch + 1, loss] as const),
    };
  });
  return section(
    'course',
    'How it went',
    html`<div class="two">${lineChart({
      label: `Reconstruction loss by epoch: from ${curve[0]?.loss.toPrecision(3)} to ${curve.at(-1)?.loss.toPrecision(3)}`,
      xLabel: 'Epoch',
      yLabel: 'Loss',
      lines,
    })}${bandTable(reconstructions)}</div>`,
    scrolling(
      'Stages of the pre-training',
      html`<table><caption>Each stage starts with the weights of the one before.</caption><thead><tr><th scope="col">Stage</th><th scope="col" class="left">Scenes</th><th scope="col">Number</th><th scope="col">Tile</th><th scope="col">Metres a pixel</th><th scope="col" class="left">Dates</th><th scope="col" class="left">Region</th><th scope="col">Epochs</th><th scope="col">Tiles an epoch</th></tr></thead><tbody>${stages.map(
        ({ stage: { number, scenes, choice, plan }, scenes: count }) =>
          html`<tr><th scope="row">${number}</th><td class="left">${name(scenes)}</td><td>${count}</td><td>${plan.imageSize}²</td><td>${choice.resolution ?? 'own'}</td><td class="left">${choice.dates?.join(' to ') ?? 'all'}</td><td class="left">${choice.region?.join(', ') ?? 'everywhere'}</td><td>${plan.epochs}</td><td>${grouped(plan.tiles)}</td></tr>`,
      )}</tbody></table>`,
    ),
  );
}

function bandTable({ bands }: Pretrained['reconstructions']): Html {
  return scrolling(
    'Reconstruction by band',
    html`<table><caption>Over tokens taken out of tiles drawn for this report. Explained: 1 − squared error / variance; 0 is what the mean of the band reaches.</caption><thead><tr><th scope="col" class="left">Band</th><th scope="col">Explained</th><th scope="col">Root mean squared error, scaled values</th></tr></thead><tbody>${bands.map(
      ({ name: band, explained, rmse }) =>
        html`<tr><th scope="row">${name(band)}</th><td>${percent(explained)}</td><td>${rmse.toFixed(4)}</td></tr>`,
    )}</tbody></table>`,
  );
}

function pictureSection({ bands, side }: Pretrained['reconstructions']): Html {
  const tiles = bands[0]?.pictures.length ?? 0;
  return section(
    'pictures',
    'Reconstructions by band',
    html`<p>Left what the tile shows, in the middle what the network saw of it (checkered = taken out), right what it made of the gaps.</p>`,
    Array.from(
      { length: tiles },
      (_, tile) =>
        html`<h3>Tile ${tile + 1}</h3><div class="two">${bands.map(({ name: band, pictures }) => {
          const { image, seen, reconstructed } = pictures[tile]!;
          return html`<figure><div class="triptych">${picture(image, `Tile ${tile + 1}, band ${band}, as it is`, side)}${picture(seen, `Tile ${tile + 1}, band ${band}, what the network saw`, side)}${picture(reconstructed, `Tile ${tile + 1}, band ${band}, reconstructed`, side)}</div><figcaption>${name(band)}</figcaption></figure>`;
        })}</div>`,
    ),
  );
}

const picture = (png: Uint8Array, text: string, side: number): Html =>
  html`<div class="picture"><img class="sharp" alt="${text}" width="${side}" height="${side}" src="data:image/png;base64,${Buffer.from(png).toString('base64')}"></div>`;
