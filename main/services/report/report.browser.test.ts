import { existsSync } from 'node:fs';
import { AxeBuilder } from '@axe-core/playwright';
import { type Browser, chromium, type Page } from '@playwright/test';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { exampleReportData } from './exampleReport.ts';
import { renderReport } from './report.ts';

const executable = [
  process.env['CHROMIUM_PATH'],
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
].find((path) => path !== undefined && existsSync(path));

describe.skipIf(executable === undefined)(
  executable === undefined
    ? 'the report in a browser (skipped: no Chromium found; install it or set CHROMIUM_PATH)'
    : 'the report in a browser',
  () => {
    let browser: Browser;
    const data = exampleReportData(128);
    const report = renderReport(data);

    beforeAll(async () => {
      browser = await chromium.launch({ executablePath: executable!, args: ['--no-sandbox'] });
    });
    afterAll(async () => {
      await browser?.close();
    });

    /** A page served from a made-up address, with everything that it asks for or complains of. */
    async function open(
      html: string,
      width = 1280,
    ): Promise<{ page: Page; requests: string[]; messages: string[] }> {
      // axe waits for its own script, which the page's policy would refuse: it is tested with the policy lifted for that only.
      const context = await browser.newContext({
        viewport: { width, height: 900 },
        bypassCSP: true,
      });
      const page = await context.newPage();
      const requests: string[] = [];
      const messages: string[] = [];
      page.on(
        'request',
        (request) => request.url().startsWith('data:') || requests.push(request.url()),
      );
      page.on('console', (message) => messages.push(message.text()));
      page.on('pageerror', (error) => messages.push(String(error)));
      await page.route('**/*', (route) =>
        route.fulfill({ contentType: 'text/html; charset=utf-8', body: html }),
      );
      await page.goto('http://report.test/report.html');
      return {
        page,
        requests: requests.filter(
          (url) => !url.endsWith('/report.html') && !url.endsWith('/favicon.ico'),
        ),
        messages,
      };
    }

    it('has nothing that axe objects to, folded and unfolded', async () => {
      const { page, requests } = await open(report);
      for (const unfold of [false, true]) {
        if (unfold)
          await page.evaluate(
            "document.querySelectorAll('details').forEach((d) => (d.open = true))",
          );
        const { violations, passes } = await new AxeBuilder({ page })
          .withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'])
          .analyze();
        expect(violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`)).toEqual([]);
        expect(passes.length).toBeGreaterThan(20);
      }
      expect(requests).toEqual([]);
      await page.context().close();
    });

    it('keeps its own policy: pictures show, nothing is blocked, nothing is loaded', async () => {
      const context = await browser.newContext();
      const page = await context.newPage();
      const messages: string[] = [];
      page.on('console', (message) => messages.push(message.text()));
      await page.setContent(report);
      const pictures = await page.evaluate(
        '[...document.images].map((image) => image.complete && image.naturalWidth)',
      );
      expect(pictures).toEqual([128, 128]);
      expect(messages).toEqual([]);
      // The policy is alive: what it forbids does not happen.
      const ran = await page.evaluate(
        "(() => { const s = document.createElement('script'); s.textContent = 'window.ran = 1'; document.body.append(s); return window.ran; })()",
      );
      expect(ran).toBeUndefined();
      await context.close();
    });

    it('fits a phone and a wide screen without scrolling the page sideways', async () => {
      for (const width of [360, 1280, 2200]) {
        const { page } = await open(report, width);
        expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(
          width,
        );
        await page.context().close();
      }
    });

    it('runs nothing that a hostile name carries', async () => {
      const attack =
        '"><img src=x onerror="document.title=`owned`"><script>document.title="owned"</script>';
      const classes = data.classes.map((landClass) => ({ ...landClass, name: attack }));
      const { page, requests } = await open(
        renderReport({ ...data, title: 'safe', classes, warnings: [attack], manifest: { attack } }),
      );
      expect(await page.title()).toBe('safe');
      expect(await page.evaluate("document.querySelectorAll('script, img[src=x]').length")).toBe(0);
      expect(requests).toEqual([]);
      await page.context().close();
    });
  },
);
