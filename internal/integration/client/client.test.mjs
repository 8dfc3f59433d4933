// Drives a server with FusionAuth's own TypeScript client, through the calls that
// the two share. Run by TestTypeScriptClient, which says where the server is.
//
// What the client promises: any 2xx resolves, with the body in response, or
// undefined if there is none; anything else rejects, with the body in exception,
// or undefined.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import fusionauth from '@fusionauth/typescript-client';

const { SERVER: server, API_KEY: apiKey, OUTBOX: outbox } = process.env;
const { FusionAuthClient } = fusionauth;

const tenantId = 'f24aca2b-ce4a-4dad-951a-c9d690e71415';
const application = (n) => `10000000-0000-0002-0000-00000000000${n}`;
const applicationId = application(1);
const userId = (n) => `00000000-0000-0001-0000-0000000000${String(n).padStart(2, '0')}`;
const address = (name) => (name ? `jared+${name}@piedpiper.com` : 'jared@piedpiper.com');
const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

const withKey = new FusionAuthClient(apiKey, server);
const anybody = new FusionAuthClient(null, server);

// accepted is the response of a call that must resolve with that status.
async function accepted(status, call) {
  const answer = await call.catch((refusal) => assert.fail(`${refusal.statusCode} ${JSON.stringify(refusal.exception)}, want ${status}`));
  assert.equal(answer.statusCode, status);
  assert.equal(answer.wasSuccessful(), true);
  assert.equal(answer.exception, undefined);
  return answer.response;
}

// refused is the exception of a call that must reject with that status.
async function refused(status, call) {
  const answer = await call.then((a) => assert.fail(`${a.statusCode} ${JSON.stringify(a.response)}, want ${status}`), (refusal) => refusal);
  assert.equal(answer.statusCode, status, JSON.stringify(answer.exception));
  assert.equal(answer.wasSuccessful(), false);
  assert.equal(answer.response, undefined);
  return answer.exception;
}

async function empty(call) {
  assert.equal(await accepted(200, call), undefined);
}

// silent is a refusal that says nothing but its status.
async function silent(status, call) {
  assert.equal(await refused(status, call), undefined);
}

async function faulty(field, tag, call) {
  const { fieldErrors } = await refused(400, call);
  assert.equal(fieldErrors[field][0].code, `[${tag}]${field}`);
  assert.equal(typeof fieldErrors[field][0].message, 'string');
}

// lastMessage is the last one that was sent to an address or number.
function lastMessage(to) {
  const lines = readFileSync(outbox, 'utf8').trim().split('\n').map((l) => JSON.parse(l));
  return lines.findLast((l) => l.to === to);
}

// advance moves the server's clock and returns what it shows, in milliseconds.
async function advance(seconds) {
  const answer = await fetch(`${server}/test/clock`, { method: 'POST', body: JSON.stringify({ advanceSeconds: seconds }) });
  assert.equal(answer.status, 200);
  return (await answer.json()).now;
}

// freshTOTP is a code of an authenticator that has counted nowhere yet.
async function freshTOTP(base32) {
  const bits = [...base32].map((c) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(c).toString(2).padStart(5, '0')).join('');
  const key = Buffer.from(bits.match(/.{8}/g).map((b) => parseInt(b, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor((await advance(30)) / 30000)));
  const sum = createHmac('sha1', key).update(counter).digest();
  const number = sum.readUInt32BE(sum[19] & 0xf) & 0x7fffffff;
  return String(number % 1e6).padStart(6, '0');
}

const wrong = (code) => (code[0] === '0' ? '1' : '0') + code.slice(1);

// login starts a login, has its message sent, and returns what completes it.
async function login(name, more = {}) {
  const started = await accepted(200, withKey.startPasswordlessLogin({ applicationId, loginId: address(name), ...more }));
  await empty(anybody.sendPasswordlessCode({ code: started.code }));
  return { applicationId: more.applicationId ?? applicationId, code: started.code, oneTimeCode: lastMessage(address(name)).oneTimeCode };
}

const complete = async (status, name, more) => accepted(status, anybody.passwordlessLogin(await login(name, more)));

function signedIn(response, n = 0) {
  assert.equal(response.user.id, userId(n));
  assert.match(response.token, /^[\w-]+\.[\w-]+\.[\w-]+$/);
  assert.ok(Number.isInteger(response.tokenExpirationInstant));
  assert.equal(response.user.password, undefined);
  assert.equal(response.user.twoFactor?.recoveryCodes, undefined);
}

test('start, send, login: 200', async () => {
  const state = { redirect: '/home', depth: { n: 1 } };
  const started = await accepted(200, withKey.startPasswordlessLogin({ applicationId, loginId: address(), loginIdTypes: ['email'], loginStrategy: 'FormField', state }));
  assert.match(started.code, /^[\w-]{43}$/);
  assert.match(started.oneTimeCode, /^\d{6}$/);
  await empty(anybody.sendPasswordlessCode({ code: started.code }));
  const { oneTimeCode } = lastMessage(address());
  const request = {
    applicationId, code: started.code, oneTimeCode, ipAddress: '192.168.1.42', newDevice: false, noJWT: false, botDetectionScore: 0.5,
    eventInfo: { location: {}, deviceName: 'iPhone', userAgent: 'node' }, metaData: { device: { type: 'MOBILE' } },
  };
  const response = await accepted(200, anybody.passwordlessLogin(request));
  signedIn(response);
  assert.ok(response.refreshToken);
  assert.match(response.refreshTokenId, uuid);
  assert.deepEqual(response.state, state);
  assert.equal(response.user.registrations[0].applicationId, applicationId);
  await silent(404, anybody.passwordlessLogin(request));
});

test('a link', async () => {
  const { code, oneTimeCode } = await login('', { loginStrategy: 'ClickableLink' });
  assert.equal(oneTimeCode, undefined);
  assert.equal(lastMessage(address()).code, code);
  signedIn(await accepted(200, anybody.passwordlessLogin({ applicationId, code })));
});

test('by phone', async () => {
  const started = await accepted(200, withKey.startPasswordlessLogin({ applicationId, loginId: '(303) 555-1212', loginIdTypes: ['phoneNumber'] }));
  await empty(anybody.sendPasswordlessCode({ code: started.code }));
  const { channel, oneTimeCode } = lastMessage('+13035551212');
  assert.equal(channel, 'sms');
  const response = await accepted(200, anybody.passwordlessLogin({ applicationId, code: started.code, oneTimeCode }));
  signedIn(response);
});

test('the older form of send', async () => {
  await empty(anybody.sendPasswordlessCode({ applicationId, loginId: address() }));
  await empty(anybody.sendPasswordlessCode({ applicationId, loginId: 'example@fusionauth.io' }));
});

test('without tokens', async () => {
  const response = await accepted(200, anybody.passwordlessLogin({ ...(await login()), noJWT: true }));
  assert.equal(response.user.id, userId(0));
  assert.equal(response.token, undefined);
  assert.equal(response.refreshToken, undefined);
});

test('without an application', async () => {
  const { code, oneTimeCode } = await login();
  const response = await accepted(200, anybody.passwordlessLogin({ code, oneTimeCode }));
  signedIn(response);
  assert.equal(response.refreshToken, undefined);
});

test('in a tenant', async () => {
  const here = new FusionAuthClient(apiKey, server, tenantId);
  const elsewhere = new FusionAuthClient(apiKey, server, '00000000-0000-0003-0000-000000000000');
  await accepted(200, here.startPasswordlessLogin({ applicationId, loginId: address() }));
  await faulty('applicationId', 'invalid', elsewhere.startPasswordlessLogin({ applicationId, loginId: address() }));
  const request = await login();
  await silent(404, elsewhere.passwordlessLogin(request));
  signedIn(await accepted(200, here.passwordlessLogin(request)));
});

test('what is refused', async () => {
  const start = { applicationId, loginId: address() };
  await faulty('applicationId', 'blank', withKey.startPasswordlessLogin({ loginId: address() }));
  await faulty('applicationId', 'invalid', withKey.startPasswordlessLogin({ ...start, applicationId: application(9) }));
  await faulty('loginId', 'blank', withKey.startPasswordlessLogin({ applicationId }));
  await silent(404, withKey.startPasswordlessLogin({ ...start, loginId: 'example@fusionauth.io' }));
  await silent(401, anybody.startPasswordlessLogin(start));
  await silent(401, new FusionAuthClient(wrong(apiKey), server).startPasswordlessLogin(start));
  await faulty('code', 'invalid', anybody.sendPasswordlessCode({ code: 'unknown' }));
  await faulty('code', 'blank', anybody.passwordlessLogin({ applicationId }));
  await silent(404, anybody.passwordlessLogin({ applicationId, code: 'unknown' }));
  const request = await login();
  await silent(404, anybody.passwordlessLogin({ ...request, oneTimeCode: wrong(request.oneTimeCode) }));
  const { generalErrors } = await refused(429, anybody.sendPasswordlessCode({ code: request.code }));
  assert.equal(generalErrors[0].code, '[RateLimitedException]');
  await advance(181);
  await silent(404, anybody.passwordlessLogin(request));
});

test('202: not registered', async () => {
  const response = await complete(202, 'stranger');
  signedIn(response, 1);
  assert.equal(response.refreshToken, undefined);
});

test('203: the password must change', async () => {
  const response = await complete(203, 'password');
  assert.equal(response.changePasswordReason, 'Administrative');
  assert.deepEqual(Object.keys(response).sort(), ['changePasswordId', 'changePasswordReason']);
  await empty(anybody.checkChangePasswordUsingId(response.changePasswordId));
  await silent(404, anybody.checkChangePasswordUsingId('unknown'));
  await faulty('password', 'tooShort', anybody.changePassword(response.changePasswordId, { password: 'short' }));
  const changed = await accepted(200, anybody.changePassword(response.changePasswordId, { password: 'correct horse battery staple', state: { from: 'change' } }));
  assert.deepEqual(changed.state, { from: 'change' });
  await silent(404, anybody.changePassword(response.changePasswordId, { password: 'correct horse battery staple' }));
  await silent(404, anybody.checkChangePasswordUsingId(response.changePasswordId));
  signedIn(await accepted(200, withKey.login({ applicationId, oneTimePassword: changed.oneTimePassword })), 2);
  await silent(404, withKey.login({ applicationId, oneTimePassword: changed.oneTimePassword }));
});

test('212: the identity is not verified', async () => {
  const response = await complete(212, 'unverified');
  assert.equal(response.user.id, userId(3));
  assert.equal(response.token, undefined);
  assert.equal(response.emailVerificationId, response.identityVerificationId);
  const verificationId = response.identityVerificationId;
  await empty(withKey.sendVerifyIdentity({ verificationId }));
  const { oneTimeCode } = lastMessage(address('unverified'));
  await silent(404, withKey.completeVerifyIdentity({ verificationId, oneTimeCode: wrong(oneTimeCode) }));
  await accepted(200, withKey.completeVerifyIdentity({ verificationId, oneTimeCode }));
  await silent(404, withKey.completeVerifyIdentity({ verificationId, oneTimeCode }));
  signedIn(await complete(200, 'unverified'), 3);
});

test('verification by itself', async () => {
  const start = { applicationId, loginId: address('late'), loginIdType: 'email', verificationStrategy: 'FormField', state: { page: 'profile' } };
  await silent(404, withKey.startVerifyIdentity({ ...start, loginId: 'example@fusionauth.io' }));
  await silent(401, anybody.startVerifyIdentity(start));
  const { verificationId, oneTimeCode } = await accepted(200, withKey.startVerifyIdentity(start));
  const verified = await accepted(200, withKey.completeVerifyIdentity({ verificationId, oneTimeCode }));
  assert.deepEqual(verified.state, { page: 'profile' });
  signedIn(await complete(200, 'late'), 12);
});

test('verification by the older calls', async () => {
  const { emailVerificationId: verificationId } = await complete(212, 'older');
  await empty(withKey.sendVerifyIdentity({ verificationId }));
  const { oneTimeCode } = lastMessage(address('older'));
  await silent(404, anybody.verifyEmailAddress({ verificationId, oneTimeCode: wrong(oneTimeCode) }));
  await empty(anybody.verifyEmailAddress({ verificationId, oneTimeCode }));
  signedIn(await complete(200, 'older'), 13);
});

test('213: the registration is not verified', async () => {
  const response = await complete(213, 'registration', { applicationId: application(2) });
  assert.equal(response.user.id, userId(4));
  assert.equal(response.token, undefined);
  assert.ok(response.registrationVerificationId);
  await silent(404, anybody.verifyUserRegistration({ verificationId: response.registrationVerificationId, oneTimeCode: '000000' }));

  const unsent = await accepted(200, withKey.generateRegistrationVerificationId(address('registration'), application(2)));
  assert.ok(unsent.oneTimeCode);
  const { verificationId } = await accepted(200, withKey.resendRegistrationVerification(address('registration'), application(2)));
  const { oneTimeCode } = lastMessage(address('registration'));
  await silent(404, anybody.verifyUserRegistration({ verificationId, oneTimeCode: wrong(oneTimeCode) }));
  await empty(anybody.verifyUserRegistration({ verificationId, oneTimeCode }));
  signedIn(await complete(200, 'registration', { applicationId: application(2) }), 4);
});

test('the message of a verification, sent anew', async () => {
  await complete(212, 'anew');
  await silent(401, anybody.resendEmailVerification(address('anew')));
  await silent(404, withKey.resendEmailVerification('example@fusionauth.io'));
  const unsent = await accepted(200, withKey.generateEmailVerificationId(address('anew')));
  const sent = await accepted(200, withKey.resendEmailVerificationWithApplicationTemplate(applicationId, address('anew')));
  assert.equal(sent.oneTimeCode, undefined);
  await silent(404, anybody.verifyEmailAddress({ verificationId: sent.verificationId, oneTimeCode: unsent.oneTimeCode }));
  await empty(anybody.verifyEmailAddress({ verificationId: sent.verificationId, oneTimeCode: lastMessage(address('anew')).oneTimeCode }));
  await empty(anybody.verifyEmailAddress(unsent));
  signedIn(await complete(200, 'anew'), 15);
});

test('an administrator verifies', async () => {
  const request = { loginId: address('attested'), loginIdType: 'email' };
  await complete(212, 'attested');
  await silent(401, anybody.verifyIdentity(request));
  await silent(404, withKey.verifyIdentity({ ...request, loginId: 'example@fusionauth.io' }));
  await empty(withKey.verifyIdentity(request));
  signedIn(await complete(200, 'attested'), 14);
});

test('242: a code by mail, and a device that is trusted', async () => {
  const { twoFactorId, methods, user, token } = await complete(242, 'factor');
  assert.deepEqual([user, token], [undefined, undefined]);
  assert.deepEqual(methods.map((m) => m.method).sort(), ['authenticator', 'email']);
  const methodId = methods.find((m) => m.method === 'email').id;
  await faulty('methodId', 'blank', anybody.sendTwoFactorCodeForLoginUsingMethod(twoFactorId, {}));
  await empty(anybody.sendTwoFactorCodeForLoginUsingMethod(twoFactorId, { methodId }));
  const code = lastMessage('example@fusionauth.io').oneTimeCode;
  await silent(404, anybody.twoFactorLogin({ applicationId, code, twoFactorId: 'unknown' }));
  await silent(421, anybody.twoFactorLogin({ applicationId, code: wrong(code), twoFactorId }));
  const response = await accepted(200, anybody.twoFactorLogin({ applicationId, code, twoFactorId, trustComputer: true }));
  signedIn(response, 5);
  await silent(404, anybody.twoFactorLogin({ applicationId, code, twoFactorId }));

  const { twoFactorTrustId } = response;
  const { trusts } = await accepted(200, withKey.retrieveTwoFactorStatus(userId(5), applicationId, twoFactorTrustId));
  assert.equal(trusts[0].applicationId, applicationId);
  assert.ok(Number.isInteger(trusts[0].expiration));
  await accepted(242, withKey.retrieveTwoFactorStatus(userId(5), applicationId, 'unknown'));
  const status = { userId: userId(5), applicationId, twoFactorTrustId };
  assert.equal((await accepted(200, withKey.retrieveTwoFactorStatusWithRequest({ ...status, action: 'login' }))).trusts.length, 1);
  await accepted(242, withKey.retrieveTwoFactorStatusWithRequest({ ...status, action: 'stepUp' }));
  signedIn(await accepted(200, anybody.passwordlessLogin({ ...(await login('factor')), twoFactorTrustId })), 5);
});

test('242: an authenticator', async () => {
  const { twoFactorId, methods } = await complete(242, 'factor');
  const app = methods.find((m) => m.method === 'authenticator');
  assert.deepEqual(app.authenticator, { algorithm: 'HmacSHA1', codeLength: 6, timeStep: 30 });
  assert.equal(app.secret, undefined);
  await refused(400, anybody.sendTwoFactorCodeForLoginUsingMethod(twoFactorId, { methodId: app.id }));
  const code = await freshTOTP('GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ');
  signedIn(await accepted(200, anybody.twoFactorLogin({ applicationId, code, twoFactorId })), 5);
  const again = await complete(242, 'factor');
  await silent(421, anybody.twoFactorLogin({ applicationId, code, twoFactorId: again.twoFactorId }));
});

test('a step-up', async () => {
  const request = { applicationId, userId: userId(5), trustChallenge: 'invoice 1', state: { return: '/pay' } };
  await silent(401, anybody.startTwoFactorLogin(request));
  await silent(404, withKey.startTwoFactorLogin({ ...request, userId: userId(99) }));
  await faulty('code', 'invalid', withKey.startTwoFactorLogin({ ...request, code: '123456' }));
  const steppedUp = (response) => {
    assert.deepEqual(Object.keys(response).sort(), ['state', 'trustToken']);
    assert.deepEqual(response.state, request.state);
  };

  const delivered = await accepted(200, withKey.startTwoFactorLogin(request));
  await silent(421, anybody.twoFactorLogin({ applicationId, code: wrong(delivered.code), twoFactorId: delivered.twoFactorId }));
  steppedUp(await accepted(200, anybody.twoFactorLogin({ applicationId, code: delivered.code, twoFactorId: delivered.twoFactorId })));
  await silent(404, anybody.twoFactorLogin({ applicationId, code: delivered.code, twoFactorId: delivered.twoFactorId }));

  await advance(61);
  const { twoFactorId, methods } = await accepted(200, withKey.startTwoFactorLogin({ ...request, userId: undefined, loginId: address('factor') }));
  const methodId = methods.find((m) => m.method === 'email').id;
  await empty(anybody.sendTwoFactorCodeForLoginUsingMethod(twoFactorId, { methodId }));
  steppedUp(await accepted(200, anybody.twoFactorLogin({ code: lastMessage('example@fusionauth.io').oneTimeCode, twoFactorId, trustComputer: true })));
});

test('242: a second factor must be enrolled', async () => {
  const { twoFactorId, methods, configurableMethods } = await complete(242, 'bare', { applicationId: application(3) });
  assert.equal(methods, undefined);
  assert.ok(configurableMethods.includes('authenticator'));
  const { secretBase32Encoded } = await accepted(200, withKey.generateTwoFactorSecret());
  const code = await freshTOTP(secretBase32Encoded);
  const request = { applicationId: application(3), method: 'authenticator', secretBase32Encoded, twoFactorId };
  await silent(421, withKey.enableTwoFactor(userId(9), { ...request, code: wrong(code) }));
  const enabled = await accepted(200, withKey.enableTwoFactor(userId(9), { ...request, code }));
  assert.equal(enabled.recoveryCodes.length, 10);
  const proof = { applicationId: application(3), code: enabled.code, twoFactorId, trustComputer: true };
  const response = await accepted(200, anybody.twoFactorLogin(proof));
  signedIn(response, 9);
  assert.ok(response.twoFactorTrustId);
  await silent(404, anybody.twoFactorLogin(proof));
});

test('second factors of a user', async () => {
  const id = userId(10);
  const { secret, secretBase32Encoded } = await accepted(200, withKey.generateTwoFactorSecret());
  await silent(421, withKey.enableTwoFactor(id, { method: 'authenticator', secret, code: wrong(await freshTOTP(secretBase32Encoded)) }));
  await silent(404, withKey.enableTwoFactor(userId(99), { method: 'authenticator', secret, code: '000000' }));
  const { recoveryCodes } = await accepted(200, withKey.enableTwoFactor(id, { method: 'authenticator', secret, code: await freshTOTP(secretBase32Encoded) }));
  assert.equal(recoveryCodes.length, 10);

  const first = await complete(242, 'enrols');
  signedIn(await accepted(200, anybody.twoFactorLogin({ applicationId, code: recoveryCodes[0], twoFactorId: first.twoFactorId })), 10);
  const replaced = await accepted(200, withKey.generateTwoFactorRecoveryCodes(id));
  assert.equal(replaced.recoveryCodes.length, 10);
  const second = await complete(242, 'enrols');
  await silent(421, anybody.twoFactorLogin({ applicationId, code: recoveryCodes[1], twoFactorId: second.twoFactorId }));

  const email = 'example@fusionauth.io';
  await empty(withKey.sendTwoFactorCodeForEnableDisable({ userId: id, method: 'email', email }));
  await accepted(200, withKey.enableTwoFactor(id, { method: 'email', email, code: lastMessage(email).oneTimeCode }));
  const { methods } = await complete(242, 'enrols');
  const [byMail, byApp] = ['email', 'authenticator'].map((kind) => methods.find((m) => m.method === kind).id);
  await empty(withKey.updateTwoFactor(id, { methodId: byMail, name: 'work' }));
  assert.equal((await complete(242, 'enrols')).methods.find((m) => m.id === byMail).name, 'work');

  await advance(61);
  await empty(withKey.sendTwoFactorCodeForEnableDisable({ userId: id, methodId: byMail }));
  const code = lastMessage(email).oneTimeCode;
  await silent(421, withKey.disableTwoFactor(id, byMail, wrong(code)));
  await empty(withKey.disableTwoFactor(id, byMail, code));
  await empty(withKey.disableTwoFactorWithRequest(id, { methodId: byApp, code: await freshTOTP(secretBase32Encoded) }));
  signedIn(await complete(200, 'enrols'), 10);
});

test('409: an action prevents the login', async () => {
  const exception = await refused(409, anybody.passwordlessLogin(await login('prevented')));
  assert.deepEqual(exception.actions, [{ actionId: '0c0b1a5c-5d32-4a1e-9e46-0ee1dcd2a1c0', name: 'Suspended', localizedName: 'Suspended' }]);
});

test('410: the user has expired', async () => silent(410, anybody.passwordlessLogin(await login('expired'))));

test('423: the user is locked', async () => silent(423, anybody.passwordlessLogin(await login('locked'))));

test('access tokens', async () => {
  const { token } = await complete(200, 'manages');
  const { jwt } = await accepted(200, anybody.validateJWT(token));
  assert.equal(jwt.sub, userId(11));
  assert.equal(jwt.aud, applicationId);
  assert.equal(jwt.tid, tenantId);
  assert.deepEqual(jwt.roles, ['user']);
  assert.ok(Number.isInteger(jwt.exp));
  await silent(401, anybody.validateJWT(token.slice(0, -4)));
  const { secret } = await accepted(200, anybody.generateTwoFactorSecretUsingJWT(token));
  assert.ok(secret);

  const { keys } = await accepted(200, anybody.retrieveJsonWebKeySet());
  assert.ok(keys[0].kid);
  const { publicKeys } = await accepted(200, anybody.retrieveJWTPublicKeys());
  assert.match(publicKeys[keys[0].kid], /^-----BEGIN PUBLIC KEY-----/);
  assert.match((await accepted(200, anybody.retrieveJWTPublicKey(keys[0].kid))).publicKey, /^-----BEGIN/);

  await advance(3601);
  await silent(401, anybody.validateJWT(token));
});

test('refresh tokens', async () => {
  const first = await complete(200, 'manages');
  const next = await accepted(200, anybody.exchangeRefreshTokenForJWT({ refreshToken: first.refreshToken, token: first.token }));
  assert.equal(next.refreshTokenId, first.refreshTokenId);
  assert.equal((await accepted(200, anybody.validateJWT(next.token))).jwt.sid, first.refreshTokenId);
  await faulty('refreshToken', 'invalid', anybody.exchangeRefreshTokenForJWT({ refreshToken: 'unknown' }));

  const { refreshTokens } = await accepted(200, withKey.retrieveRefreshTokens(userId(11)));
  assert.ok(refreshTokens.some((t) => t.id === first.refreshTokenId));
  const { refreshToken } = await accepted(200, withKey.retrieveRefreshTokenById(first.refreshTokenId));
  assert.equal(refreshToken.userId, userId(11));
  assert.equal(refreshToken.token, undefined);
  await silent(401, anybody.retrieveRefreshTokens(userId(11)));

  const dead = (t) => faulty('refreshToken', 'invalid', anybody.exchangeRefreshTokenForJWT({ refreshToken: t }));
  await empty(withKey.revokeRefreshTokenById(first.refreshTokenId));
  await dead(next.refreshToken);
  const second = await complete(200, 'manages');
  await empty(withKey.revokeRefreshTokenByToken(second.refreshToken));
  await dead(second.refreshToken);
  const third = await complete(200, 'manages');
  await empty(withKey.revokeRefreshTokensByUserIdForApplication(userId(11), applicationId));
  await dead(third.refreshToken);
  const fourth = await complete(200, 'manages');
  await empty(withKey.revokeRefreshTokensByUserId(userId(11)));
  await dead(fourth.refreshToken);
  const fifth = await complete(200, 'manages');
  await empty(withKey.revokeRefreshTokensWithRequest({ token: fifth.refreshToken }));
  await dead(fifth.refreshToken);
});

test('signing out', async () => {
  const here = await complete(200, 'manages');
  const there = await complete(200, 'manages');
  await empty(anybody.logout(false, here.refreshToken));
  await faulty('refreshToken', 'invalid', anybody.exchangeRefreshTokenForJWT({ refreshToken: here.refreshToken }));
  const next = await accepted(200, anybody.exchangeRefreshTokenForJWT({ refreshToken: there.refreshToken }));
  await empty(anybody.logoutWithRequest({ global: true, refreshToken: next.refreshToken }));
  await faulty('refreshToken', 'invalid', anybody.exchangeRefreshTokenForJWT({ refreshToken: next.refreshToken }));
});

test('what is not served says nothing', async () => {
  await silent(404, withKey.vendJWT({ claims: {} }));
  await silent(404, anybody.issueJWT(applicationId, (await complete(200)).token));
  await silent(405, withKey.loginPingWithRequest({ userId: userId(0), applicationId }));
  await faulty('userId', 'blank', withKey.revokeRefreshTokensByApplicationId(applicationId));
  await silent(404, withKey.retrieveUser(userId(0)));
});
