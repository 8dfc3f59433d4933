package redisstore

// A ticket is a hash: k what never changes, e when it expires, n the guesses
// charged, s the messages sent, t when the last was, c the code, d the data. A
// meter is one too: e when it resets, n what was taken, g the last refunds, pe
// and pn the window before. Instants are in milliseconds. What is zero or nil is left out.
//
// Every script has the key as KEYS[1] and the caller's now as ARGV[1].

// begun begins every script: is there a record, and has it not ended?
const begun = `
local ends = tonumber(redis.call('HGET', KEYS[1], 'e'))
local live = ends and ends > tonumber(ARGV[1])
`

const fields = `redis.call('HMGET', KEYS[1], 'k', 'e', 'n', 's', 't', 'c', 'd')`

const openTicket = begun + `
if not live then return {} end
return ` + fields

// guessTicket: ARGV[2] the most guesses.
const guessTicket = begun + `
local guesses = tonumber(redis.call('HGET', KEYS[1], 'n')) or 0
if not live or guesses >= tonumber(ARGV[2]) then return {} end
redis.call('HINCRBY', KEYS[1], 'n', 1)
return ` + fields

// createTicket: ARGV[2] how long the key is kept, then fields and values, of
// which the first is k. No two calls have the same k: what is there with it was
// made by this call, sent before.
const createTicket = begun + `
if live then
  return redis.call('HGET', KEYS[1], 'k') == ARGV[4] and 1 or 0
end
redis.call('DEL', KEYS[1])
redis.call('HSET', KEYS[1], unpack(ARGV, 3))
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return 1`

// sendTicket: ARGV[2] how long the key is kept, ARGV[3] the most sends, ARGV[4]
// the least time between two, then fields and values.
const sendTicket = begun + `
if not live then return -1 end
local sends = tonumber(redis.call('HGET', KEYS[1], 's')) or 0
if sends >= tonumber(ARGV[3]) then return -2 end
local sent = tonumber(redis.call('HGET', KEYS[1], 't'))
local wait = sent and sent + tonumber(ARGV[4]) - tonumber(ARGV[1]) or 0
if wait > 0 then return wait end
redis.call('HDEL', KEYS[1], 'c', 'd')
redis.call('HSET', KEYS[1], 's', sends + 1, 't', ARGV[1], unpack(ARGV, 5))
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return 0`

const spendTicket = begun + `
if not live then return 0 end
return redis.call('DEL', KEYS[1])`

// chargeMeter: ARGV[2] the limit, ARGV[3] when a window that begins now ends,
// ARGV[4] how long its key is kept. It returns how long to wait. A window that
// ended is kept beside the one that follows.
const chargeMeter = begun + `
if not live then
  if ends then redis.call('HSET', KEYS[1], 'pe', ends, 'pn', redis.call('HGET', KEYS[1], 'n')) end
  redis.call('HSET', KEYS[1], 'e', ARGV[3], 'n', 1)
  redis.call('PEXPIRE', KEYS[1], ARGV[4])
  return 0
end
if tonumber(redis.call('HGET', KEYS[1], 'n')) >= tonumber(ARGV[2]) then
  return ends - tonumber(ARGV[1])
end
redis.call('HINCRBY', KEYS[1], 'n', 1)
return 0`

// lookAtMeter: ARGV[2] the limit. It returns how long to wait.
const lookAtMeter = begun + `
if live and tonumber(redis.call('HGET', KEYS[1], 'n')) >= tonumber(ARGV[2]) then
  return ends - tonumber(ARGV[1])
end
return 0`

// refundMeter: ARGV[2] eight bytes of this refund alone. The last eight are
// remembered, so that one that is sent again is not given again.
const refundMeter = begun + refund

const refund = `
if not live then return 0 end
local used = tonumber(redis.call('HGET', KEYS[1], 'n'))
local given = redis.call('HGET', KEYS[1], 'g') or ''
if used > 0 and not string.find(given, ARGV[2], 1, true) then
  redis.call('HSET', KEYS[1], 'n', used - 1, 'g', string.sub(given .. ARGV[2], -64))
end
return 0`

// undoCharge is refundMeter, but if nothing else was taken in the window that
// the charge began, then there was no such window. ARGV[3] is its end.
const undoCharge = begun + `
if ends == tonumber(ARGV[3]) and redis.call('HGET', KEYS[1], 'n') == '1' then
  local before = redis.call('HMGET', KEYS[1], 'pe', 'pn')
  if not before[1] then return redis.call('DEL', KEYS[1]) end
  redis.call('HSET', KEYS[1], 'e', before[1], 'n', before[2])
  return redis.call('HDEL', KEYS[1], 'pe', 'pn')
end
` + refund

// memory is what the server says of its memory. CONFIG is not for scripts, and
// not given away by managed servers.
const memory = `return {redis.call('INFO', 'memory')}`
