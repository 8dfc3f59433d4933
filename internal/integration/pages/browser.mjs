// What the stories share: a browser, the mail, an authenticator app, the clock,
// and what must hold of every page.
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { chromium } from 'playwright-core';

const require = createRequire(import.meta.url);
const axe = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');
const qrReader = readFileSync(require.resolve('jsqr/dist/jsQR.js'), 'utf8');

export const chrome = await chromium.launch({
  executablePath: process.env.CHROMIUM,
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
    '--disable-component-update', '--disable-sync'],
});

export const firefox = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0';

// Site is a server with its pages: where they are, and where its mail and its
// clock are.
export class Site {
  constructor(name) {
    this.pages = process.env[`${name}_PAGES`];
    this.server = process.env[`${name}_SERVER`];
    this.outbox = process.env[`${name}_OUTBOX`];
  }

  // mail is the last message to an address.
  mail(to) {
    const lines = readFileSync(this.outbox, 'utf8').trim().split('\n').filter(Boolean).map((line) => JSON.parse(line));
    const found = lines.findLast((line) => line.to === to);
    assert.ok(found, `no message to ${to}`);
    return found;
  }

  // now is the server's time, after it was moved ahead.
  async now(seconds = 0) {
    const answer = await fetch(`${this.server}/test/clock`, { method: 'POST', body: JSON.stringify({ advanceSeconds: seconds }) });
    assert.equal(answer.status, 200);
    return (await answer.json()).now;
  }

  // browser is one of its own: with no cookies, and what it complains of.
  async browser(options = {}) {
    const context = await chrome.newContext({ baseURL: this.pages, ignoreHTTPSErrors: true, viewport: { width: 390, height: 800 }, ...options });
    context.setDefaultTimeout(30_000);
    context.complaints = [];
    context.on('page', (page) => {
      page.on('pageerror', (error) => context.complaints.push(`${page.url()}: ${error}`));
      page.on('console', (message) => {
        // A page that is itself answered 404 is one that a story went to see.
        const itself = message.text().startsWith('Failed to load resource') && message.location().url === page.url();
        if (['error', 'warning'].includes(message.type()) && !itself) context.complaints.push(`${page.url()}: ${message.text()}`);
      });
    });
    return context;
  }

  // visit gives a story a page in a browser of its own, and closes that.
  async visit(options, story) {
    const context = await this.browser(options);
    try {
      const page = await context.newPage();
      page.scriptless = options.javaScriptEnabled === false;
      await story(page, context);
      assert.deepEqual(context.complaints, []);
    } finally {
      await context.close();
    }
  }
}

// leads does what leads to another page, and waits for that.
export async function leads(page, act) {
  const there = page.waitForNavigation();
  there.catch(() => {}); // if act fails, that is the failure
  await act();
  await there;
}

// step presses a button, or follows a link.
export async function step(page, name) {
  const target = page.getByRole('button', { name, exact: true }).or(page.getByRole('link', { name, exact: true })).first();
  await leads(page, () => target.click());
}

// enter types a code. Where there are no scripts to send it, it presses the button.
export async function enter(page, code, button, label = 'Code') {
  const field = page.getByLabel(label, { exact: true });
  if (!page.scriptless) return leads(page, () => field.pressSequentially(code));
  await field.fill(code);
  return step(page, button);
}

export const at = (page, path) => assert.equal(new URL(page.url()).pathname, path);

export async function says(page, text) {
  assert.ok((await page.locator('main').innerText()).includes(text), `${page.url()} lacks "${text}":\n${await page.locator('main').innerText()}`);
}

// begin asks for a message, and comes to the page that waits for it.
export async function begin(page, address, button = 'Email me a code') {
  await page.goto('/login');
  await page.getByLabel('Email address').fill(address);
  await step(page, button);
  at(page, '/login/code');
}

// signIn is a login by code, up to where it goes on.
export async function signIn(site, page, address) {
  await begin(page, address);
  await enter(page, site.mail(address).oneTimeCode, 'Sign in', 'Code from the message');
}

// totp is what an authenticator app shows (RFC 6238).
export function totp(secret, now) {
  const bits = [...secret.replaceAll(/[ =]/g, '')].map((c) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(c).toString(2).padStart(5, '0')).join('');
  const key = Buffer.from(bits.match(/.{8}/g).map((byte) => parseInt(byte, 2)));
  const time = Buffer.alloc(8);
  time.writeBigUInt64BE(BigInt(Math.floor(now / 30_000)));
  const mac = createHmac('sha1', key).update(time).digest();
  return String((mac.readUInt32BE(mac.at(-1) & 15) & 0x7fffffff) % 1_000_000).padStart(6, '0');
}

// scan reads the QR code on a page, as it is drawn, and returns the secret in it.
export async function scan(page) {
  const png = (await page.locator('img.qr').screenshot()).toString('base64');
  const reader = await chrome.newPage();
  try {
    await reader.setContent(`<img src="data:image/png;base64,${png}">`);
    await reader.evaluate(qrReader);
    const text = await reader.evaluate(async () => {
      const image = document.querySelector('img');
      await image.decode();
      const canvas = Object.assign(document.createElement('canvas'), { width: image.width, height: image.height });
      const drawing = canvas.getContext('2d');
      drawing.drawImage(image, 0, 0);
      return jsQR(drawing.getImageData(0, 0, image.width, image.height).data, image.width, image.height)?.data;
    });
    assert.match(text ?? 'nothing to read', /^otpauth:\/\/totp\//);
    return new URL(text).searchParams.get('secret');
  } finally {
    await reader.close();
  }
}

// looked are the headings of pages that were looked at.
export const looked = new Set();
const examined = new Set(); // with what they say, if anything

// look holds a page to what must hold of all: nothing that axe finds, in light
// and dark; no scrolling sideways at 320 pixels or with text twice as large; one
// heading, a title and a language.
export async function look(page) {
  const heading = await page.getByRole('heading', { level: 1 }).innerText();
  looked.add(heading);
  assert.equal(await page.getByRole('heading', { level: 1 }).count(), 1);
  assert.match(await page.title(), / – Pied Piper$/);
  const kind = `${heading} ${await page.locator('[role]').count()}`;
  if (page.scriptless || examined.has(kind)) return;
  examined.add(kind);
  const size = page.viewportSize();
  for (const colorScheme of ['light', 'dark']) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    await page.evaluate(axe);
    const { violations } = await page.evaluate(() => globalThis.axe.run({ runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] }));
    assert.deepEqual(violations.map((v) => `${v.id}: ${v.nodes.map((n) => `${n.html} ${n.failureSummary}`).join('; ')}`), [], `${page.url()}, ${colorScheme}`);
  }
  const sideways = () => page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  await page.setViewportSize({ width: 320, height: 640 });
  assert.equal(await sideways(), 0, `${page.url()} scrolls sideways at 320 pixels`);
  await page.evaluate(() => { document.documentElement.style.fontSize = '200%'; });
  await page.setViewportSize({ width: 640, height: 640 });
  assert.equal(await sideways(), 0, `${page.url()} scrolls sideways with large text`);
  await page.evaluate(() => { document.documentElement.style.fontSize = ''; });
  await page.setViewportSize(size);
  await page.emulateMedia({ colorScheme: null, reducedMotion: null });
}
