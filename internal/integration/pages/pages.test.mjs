// People sign in, in a browser, by the pages of examples/webapp. Run by TestPages,
// which says where the servers are.
import { after, test } from 'node:test';
import assert from 'node:assert/strict';
import { request } from 'playwright-core';
import { Site, at, begin, chrome, enter, firefox, leads, look, looked, says, scan, signIn, step, totp } from './browser.mjs';

const site = new Site('SITE'); // behind TLS
const strict = new Site('STRICT'); // where everybody needs a second factor
const plain = new Site('PLAIN'); // over http, on this machine

after(() => chrome.close());

const address = (name) => (name ? `jared+${name}@piedpiper.com` : 'jared@piedpiper.com');
const secret = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ'; // of the authenticators in the seed
let later = 0;

// shown is what an app shows that has shown no code before: each counts once.
async function shown(on, of = secret) {
  return totp(of, await on.now(later++ ? 31 : 0));
}

// Both ways: with scripts and without.
function story(name, tell) {
  test(name, () => tell({}));
  test(`${name}, without scripts`, () => tell({ javaScriptEnabled: false }));
}

story('a login by code', (options) => site.visit(options, async (page, context) => {
  await page.goto('/me');
  at(page, '/login');
  await look(page);
  await begin(page, address());
  await look(page);
  await enter(page, site.mail(address()).oneTimeCode, 'Sign in', 'Code from the message');
  at(page, '/me');
  await says(page, address());
  await look(page);
  for (const cookie of await context.cookies()) {
    assert.ok(cookie.name.startsWith('__Host-') && cookie.httpOnly && cookie.secure && cookie.sameSite === 'Lax', JSON.stringify(cookie));
    assert.ok(!(await page.content()).includes(cookie.value));
  }
  await step(page, 'Sign out');
  await says(page, 'You are signed out.');
  await look(page);
  await page.goBack();
  at(page, '/login');
}));

story('a wrong code, and an expired one', (options) => site.visit(options, async (page) => {
  await begin(page, address('wrong'));
  const right = site.mail(address('wrong')).oneTimeCode;
  await enter(page, right === '123456' ? '654321' : '123456', 'Sign in', 'Code from the message');
  await says(page, 'That code is not right');
  await look(page);
  const field = page.getByLabel('Code from the message');
  assert.ok(await field.evaluate((e) => e === document.activeElement), 'the field that is wrong has no focus');
  assert.equal(await field.getAttribute('aria-invalid'), 'true');
  await page.reload();
  assert.ok(!(await page.content()).includes('not right'), 'a reload says it again');
  await site.now(181);
  await enter(page, right, 'Sign in', 'Code from the message');
  at(page, '/login');
  await says(page, 'That code has expired');
  assert.equal(await page.getByLabel('Email address').inputValue(), address('wrong'));
  await look(page);
}));

test('sending again takes a minute, and says so', () => site.visit({}, async (page) => {
  await begin(page, address('again'));
  const button = page.getByRole('button', { name: /^Send it again in \d+ s$/ });
  assert.ok(await button.isDisabled());
  await site.now(60);
  await page.reload();
  const first = site.mail(address('again')).oneTimeCode;
  await step(page, 'Send it again');
  await says(page, 'Another message is on its way');
  assert.notEqual(site.mail(address('again')).oneTimeCode, first);
}));

test('sending again takes a minute, and says so, without scripts', () => site.visit({ javaScriptEnabled: false }, async (page) => {
  await begin(page, address('again'));
  await step(page, 'Send it again');
  await says(page, 'The next can be sent in');
  await look(page);
}));

story('a login by link', (options) => site.visit(options, async (page) => {
  await begin(page, address('links'), 'Email me a link instead');
  await look(page);
  const { link, code } = site.mail(address('links'));
  await page.goto(link);
  at(page, '/login/link');
  assert.ok(!page.url().includes(code) && !(await page.content()).includes(code));
  assert.equal(await page.evaluate(() => document.referrer), '');
  await look(page);
  await step(page, 'Yes, sign me in');
  at(page, '/me');
  await page.goto(link);
  await says(page, 'It has expired, or it was used before');
  await look(page);
}));

test('fetching a link a hundred times does not burn it', () => site.visit({}, async (page) => {
  await begin(page, address('scanned'), 'Email me a link instead');
  const { link } = site.mail(address('scanned'));
  const scanner = await request.newContext({ ignoreHTTPSErrors: true });
  for (let i = 0; i < 100; i++) {
    await scanner.fetch(link, [{}, { method: 'HEAD' }, { headers: { 'Sec-Purpose': 'prefetch' } }, { headers: { Purpose: 'prefetch' } }][i % 4]);
  }
  await scanner.dispose();
  await page.goto(link);
  await step(page, 'Yes, sign me in');
  at(page, '/me');
}));

// SEC-17, with two browsers.
story('a link that is opened in another browser', (options) => site.visit({ ...options, userAgent: firefox }, async (asked) => {
  await begin(asked, address('elsewhere'), 'Email me a link instead');
  const { link } = site.mail(address('elsewhere'));
  await site.visit(options, async (page) => {
    await page.goto(link);
    await says(page, 'It was not asked for in this browser');
    await says(page, 'Firefox on Linux');
    await look(page);
    await page.goto('/me');
    at(page, '/login');
    await page.goto('/login/link');
    await step(page, 'That was me, sign me in here');
    at(page, '/me');
  });
  await asked.goto('/me');
  at(asked, '/login');
}));

story('a second factor, and a browser that is trusted', (options) => site.visit(options, async (page) => {
  const who = address(options.javaScriptEnabled === false ? 'trusts' : 'factor');
  await signIn(site, page, who);
  at(page, '/login/factor');
  await look(page);
  await enter(page, '000000', 'Continue');
  await says(page, 'That code is not right');
  await look(page);
  await page.getByLabel(/Trust this browser/).check();
  await enter(page, await shown(site), 'Continue');
  at(page, '/me');
  await says(page, 'Browsers you trust');
  await look(page);
  await step(page, 'Sign out');
  await signIn(site, page, who);
  at(page, '/me');
  await step(page, 'Forget all');
  await step(page, 'Sign out');
  await signIn(site, page, who);
  at(page, '/login/factor');
}));

test('a second factor by mail', () => site.visit({}, async (page) => {
  await signIn(site, page, address('factor'));
  await step(page, 'Send a code to e***@fusionauth.io');
  await says(page, 'A code is on its way');
  await look(page);
  await enter(page, site.mail('example@fusionauth.io').oneTimeCode, 'Continue');
  at(page, '/me');
}));

story('enrolment that a login requires, and a recovery code', (options) => strict.visit(options, async (page, context) => {
  const who = address(options.javaScriptEnabled === false ? 'manages' : 'bare');
  await signIn(strict, page, who);
  at(page, '/login/enrol');
  await look(page);
  await step(page, 'Set up an app');
  await look(page);
  const own = await scan(page);
  await page.getByText('Or type the secret into it').click();
  assert.equal((await page.locator('#secret').innerText()).replaceAll(' ', ''), own);
  await enter(page, await shown(strict, own), 'Confirm');
  at(page, '/login/recovery-codes');
  await look(page);
  const codes = await page.locator('#codes li').allInnerTexts();
  assert.equal(codes.length, 10);
  const [file] = await Promise.all([page.waitForEvent('download'), page.getByRole('link', { name: 'Download' }).click()]);
  assert.equal(file.suggestedFilename(), 'recovery-codes.txt');
  if (!page.scriptless) {
    await context.grantPermissions(['clipboard-read', 'clipboard-write']);
    await page.getByRole('button', { name: 'Copy' }).click();
    await page.getByRole('button', { name: 'Copied' }).waitFor();
    assert.equal(await page.evaluate(() => navigator.clipboard.readText()), codes.join('\n'));
  }
  await step(page, 'I have saved them');
  at(page, '/me');
  await says(page, '10 left');
  await strict.visit(options, async (other) => {
    await signIn(strict, other, who);
    await other.getByText('Use a recovery code').click();
    await other.getByLabel('Recovery code').fill(codes[0].toLowerCase());
    await step(other, 'Use it');
    at(other, '/me');
    await says(other, '9 left');
  });
}));

test('signing out everywhere ends other browsers', () => site.visit({}, async (here) => {
  await signIn(site, here, address('everywhere'));
  await site.visit({ userAgent: firefox }, async (there) => {
    await signIn(site, there, address('everywhere'));
    await here.reload();
    await says(here, 'Firefox on Linux');
    await step(here, 'Sign out everywhere');
    await says(here, 'You are signed out in every browser.');
    await there.reload();
    at(there, '/login');
    await says(there, 'Your session has ended');
    await look(there);
  });
}));

test('tabs that come back together stay signed in', () => site.visit({}, async (page, context) => {
  await signIn(site, page, address('tabs'));
  for (let i = 0; i < 2; i++) {
    await site.now(3_700);
    const tabs = await Promise.all(Array.from({ length: 5 }, () => context.newPage()));
    await Promise.all(tabs.map((tab) => tab.goto('/me')));
    for (const tab of tabs) at(tab, '/me');
  }
}));

story('factors are added, renamed and removed', (options) => site.visit(options, async (page) => {
  await signIn(site, page, address(options.javaScriptEnabled === false ? 'adds' : 'manages'));
  await step(page, 'Add an app');
  await look(page);
  await step(page, 'Continue');
  await look(page);
  const own = await scan(page);
  await enter(page, await shown(site, own), 'Confirm');
  await step(page, 'I have saved them');

  await step(page, 'Add a mailbox');
  await look(page);
  await page.getByLabel('Email address').fill('example@fusionauth.io');
  await page.getByLabel('Code', { exact: true }).fill(await shown(site, own));
  await step(page, 'Continue');
  await look(page);
  await enter(page, site.mail('example@fusionauth.io').oneTimeCode, 'Confirm');
  await says(page, 'e***@fusionauth.io');
  await look(page);

  await step(page, 'Change Authenticator app');
  await look(page);
  await page.getByLabel('Name', { exact: true }).fill('My phone');
  await step(page, 'Rename');
  await step(page, 'Change My phone');
  await site.now(61);
  await page.getByLabel('Email to e***@fusionauth.io').check();
  await step(page, 'Send a code to e***@fusionauth.io');
  await page.getByLabel('Email to e***@fusionauth.io').check();
  await page.getByLabel('Code', { exact: true }).fill(site.mail('example@fusionauth.io').oneTimeCode);
  await step(page, 'Remove');
  await says(page, 'Removed.');
  await step(page, 'New codes');
  await look(page);
  await page.goto('/me/factors/lost');
  await look(page);
}));

test('every outcome has its page', async () => {
  for (const [name, path, text] of [
    ['stranger', '/login/over', 'nobody has given you an account'],
    ['prevented', '/login/over', 'Unpaid invoice'],
    ['expired', '/login/over', 'the time of the account has run out'],
    ['locked', '/login/over', 'the account is locked'],
    ['unverified', '/login/verify', 'show that the address is yours'],
    ['registration', '/login/verify', 'confirm your registration'],
    ['password', '/login/password', 'An administrator asks you for a new password'],
  ]) {
    await site.visit({}, async (page) => {
      await signIn(site, page, address(name));
      at(page, path);
      await says(page, text);
      await look(page);
      if (path === '/login/verify') {
        await enter(page, site.mail(address(name)).oneTimeCode, 'Verify', 'Code from the message');
        await says(page, 'Please sign in once more');
      }
      if (path === '/login/password') {
        await page.getByLabel('New password').fill('correct horse battery');
        await step(page, 'Save and continue');
        at(page, '/me');
      }
    });
  }
});

test('a keyboard is enough', () => site.visit({}, async (page) => {
  const go = (key) => leads(page, () => page.keyboard.press(key));
  // A field has the focus once its page is drawn, which may be after it has loaded.
  const drawn = () => page.waitForFunction(() => document.activeElement instanceof HTMLInputElement);
  await page.goto('/login');
  await drawn();
  await page.keyboard.type(address('keys'));
  await page.keyboard.press('Tab');
  assert.equal(await page.evaluate(() => document.activeElement.innerText), 'Email me a code');
  assert.notEqual(await page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle), 'none');
  await go('Enter');
  await drawn();
  await leads(page, () => page.keyboard.type(site.mail(address('keys')).oneTimeCode));
  at(page, '/me');
  await page.keyboard.press('Tab');
  assert.equal(await page.evaluate(() => document.activeElement.innerText), 'Sign out');
  await go('Enter');
  at(page, '/login');
}));

test('a page without a login', () => site.visit({}, async (page) => {
  await page.goto('/login/factor');
  await says(page, 'start again');
  await look(page);
}));

test('over http, on this machine', () => plain.visit({}, async (page) => {
  await signIn(plain, page, address());
  at(page, '/me');
  await step(page, 'Sign out');
  await begin(page, address(), 'Email me a link instead');
  await page.goto(plain.mail(address()).link);
  await step(page, 'Yes, sign me in');
  at(page, '/me');
}));

test('every page was looked at', () => {
  assert.deepEqual([...looked].sort(), [
    'Add a second step', 'Add an authenticator app', 'Add an email address', 'Change a second step', 'Check your messages',
    'Choose a new password', 'Confirm your registration', 'Did you ask for this?', 'Enter the code we sent', 'Is it you?',
    'New recovery codes', 'One more step', 'Remove all second steps', 'Save your recovery codes', 'Set up your authenticator app',
    'Sign in', 'This link no longer works', 'This page has expired', 'Verify your address', 'You have no account here yet',
    'Your account', 'Your account has ended', 'Your account is locked', 'Your account is suspended',
  ]);
});
