import type { DeskPage } from '../e2e/deskPage.ts';

const timeout = 120_000;

/** Waits as long as a busy machine needs, where a journey would say that something is wrong. */
export async function settled({ page }: DeskPage): Promise<void> {
  await page.locator('.map[data-tiles="done"]').first().waitFor({ timeout });
  await page.getByText('all saved').waitFor({ timeout });
}

export async function openSample(desk: DeskPage, url: string): Promise<void> {
  await desk.page.goto(url);
  await desk.page.getByRole('button', { name: 'Try it on a sample scene' }).click({ timeout });
  await desk
    .layer(/^Sample scene/)
    .first()
    .waitFor({ timeout });
  await settled(desk);
}
