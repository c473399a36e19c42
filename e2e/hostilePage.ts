// What a page of another port tries against the served desk. Each function runs in that page and gives what it got, or "refused".

type Attempt = (desk: string) => Promise<string>;

async function read(desk: string): Promise<string> {
  const paths = ['/', '/index.html', '/tiles/0123456789abcdef/0/0/0?bands=0&stamp=s', '/session'];
  for (const path of paths) {
    const got = await fetch(`${desk}${path}`).then(
      (answer) => answer.text(),
      () => undefined,
    );
    if (got !== undefined) return `read ${path}`;
  }
  return 'refused';
}

async function readWithKey(desk: string): Promise<string> {
  for (const method of ['GET', 'POST', 'PUT']) {
    const got = await fetch(`${desk}/token`, {
      ...{ method, credentials: 'include', headers: { 'x-prismap-session': 'guess' } },
    }).catch(() => undefined);
    if (got !== undefined) return `${method} ${got.status}`;
  }
  return 'refused';
}

/** A simple request needs no permission: it is sent, and must do nothing. What came of it is seen from outside. */
async function sendBlindly(desk: string): Promise<string> {
  for (const path of ['/session', '/token', '/uploads/a.tif'])
    await fetch(`${desk}${path}`, {
      ...{ method: 'POST', mode: 'no-cors', body: '{"token":"x"}' },
    }).catch(() => undefined);
  navigator.sendBeacon(`${desk}/session`, '{"token":"x"}');
  return 'refused';
}

async function submitForm(desk: string): Promise<string> {
  for (const type of ['text/plain', 'multipart/form-data', 'application/x-www-form-urlencoded']) {
    const holder = document.createElement('div');
    holder.innerHTML = `<iframe name="answer"></iframe><form method="post" target="answer" enctype="${type}"
      action="${desk}/session"><input name='{"token":"' value='x"}'></form>`;
    document.body.append(holder);
    const frame = holder.querySelector('iframe')!;
    const loaded = new Promise((resolve) => frame.addEventListener('load', resolve));
    holder.querySelector('form')!.submit();
    await loaded;
    try {
      // a page of another origin has no document for this one; an empty one of this origin is none of the desk's
      if ((frame.contentDocument?.body.textContent ?? '') !== '') return 'read';
    } catch {
      // closed to this page
    }
    holder.remove();
  }
  return 'refused';
}

async function openSocket(desk: string): Promise<string> {
  for (const path of ['/rpc', '/rpc?session=guess', '/']) {
    const opened = await new Promise<boolean>((resolve) => {
      const socket = new WebSocket(`${desk.replace('http', 'ws')}${path}`, []);
      socket.onopen = () => resolve(true);
      socket.onerror = () => resolve(false);
    });
    if (opened) return `open ${path}`;
  }
  return 'refused';
}

async function frameIt(desk: string): Promise<string> {
  for (const attributes of ['', 'sandbox="allow-scripts allow-same-origin"', 'credentialless']) {
    const holder = document.createElement('div');
    holder.innerHTML = `<iframe ${attributes} src="${desk}"></iframe>`;
    const frame = holder.querySelector('iframe')!;
    const loaded = new Promise((resolve) => frame.addEventListener('load', resolve));
    document.body.append(holder);
    await loaded;
    let text = '';
    try {
      text = frame.contentDocument?.body.innerHTML ?? '';
    } catch {
      // Chromium's own page about the refusal
    }
    if (text !== '') return 'read';
    holder.remove();
  }
  return 'refused';
}

async function openWindow(desk: string): Promise<string> {
  const other = window.open(desk);
  const heard: unknown[] = [];
  window.addEventListener('message', ({ data }) => heard.push(data));
  await new Promise((resolve) => setTimeout(resolve, 1500));
  // A group of pages of its own (COOP): what was opened is closed to this page.
  if (other !== null && !other.closed) return 'holds the window';
  other?.postMessage({ session: 'guess' }, '*');
  await new Promise((resolve) => setTimeout(resolve, 200));
  return heard.length === 0 ? 'refused' : 'heard';
}

async function registerWorker(desk: string): Promise<string> {
  for (const [script, scope] of [
    [`${desk}/icon.svg`, undefined],
    ['/service.js', `${desk}/`],
  ] as const) {
    const got = await navigator.serviceWorker
      .register(script, scope === undefined ? {} : { scope })
      .catch(() => undefined);
    if (got !== undefined) return got.scope;
  }
  return 'refused';
}

async function startWorkers(desk: string): Promise<string> {
  const code = `try { importScripts('${desk}/'); postMessage('ran'); } catch { postMessage('refused'); }`;
  const worker = new Worker(URL.createObjectURL(new Blob([code])));
  const said = await new Promise<string>((resolve) => {
    worker.onmessage = ({ data }) => resolve(String(data));
  });
  if (said !== 'refused') return said;
  for (const make of [
    () => new Worker(`${desk}/`),
    () => new SharedWorker(`${desk}/`),
    () => import(/* @vite-ignore */ `${desk}/icon.svg`) as Promise<unknown>,
  ]) {
    try {
      await make();
      return 'started';
    } catch {
      // refused
    }
  }
  return 'refused';
}

async function embed(desk: string): Promise<string> {
  const kinds = [
    ['img', 'src', '/icon.svg'],
    ['script', 'src', '/'],
    ['link', 'href', '/'],
    ['video', 'src', '/icon.svg'],
    ['object', 'data', '/'],
    ['embed', 'src', '/icon.svg'],
  ] as const;
  for (const [name, attribute, path] of kinds) {
    const loaded = await new Promise<boolean>((resolve) => {
      const made = document.createElement(name);
      made.addEventListener('load', () => resolve(true));
      made.addEventListener('loadeddata', () => resolve(true));
      made.addEventListener('error', () => resolve(false));
      if (name === 'link') made.setAttribute('rel', 'stylesheet');
      made.setAttribute(attribute, `${desk}${path}`);
      document.body.append(made);
      setTimeout(() => resolve(false), 700);
    });
    // an object and an embed load Chromium's own page about the refusal
    if (loaded && name !== 'object' && name !== 'embed') return name;
  }
  return 'refused';
}

async function upload(desk: string): Promise<string> {
  for (const headers of [{}, { 'x-prismap-session': 'guess' }]) {
    const got = await fetch(`${desk}/uploads/a.tif`, { method: 'PUT', headers, body: 'x' }).catch(
      () => undefined,
    );
    if (got !== undefined) return `${got.status}`;
  }
  return 'refused';
}

async function listen(desk: string): Promise<string> {
  const opened = await new Promise<boolean>((resolve) => {
    const source = new EventSource(`${desk}/`, { withCredentials: true });
    source.onopen = () => resolve(true);
    source.onerror = () => resolve(false);
  });
  if (opened) return 'events';
  const channel = new BroadcastChannel('prismap');
  const shared = [...Object.keys(localStorage), ...Object.keys(sessionStorage), document.cookie];
  channel.close();
  return shared.join('') === '' ? 'refused' : 'storage';
}

/** The list of twelve. */
export const hostileAttempts: readonly (readonly [name: string, attempt: Attempt])[] = [
  ['reads answers (fetch)', read],
  ['asks with a key of its own making (preflight)', readWithKey],
  ['sends without reading (no-cors, beacon)', sendBlindly],
  ['submits a form', submitForm],
  ['opens the WebSocket', openSocket],
  ['shows it in a frame', frameIt],
  ['opens it and holds the window', openWindow],
  ['registers a service worker', registerWorker],
  ['starts workers and modules of it', startWorkers],
  ['embeds its files', embed],
  ['uploads a file', upload],
  ['listens: events, storage, cookies', listen],
];
