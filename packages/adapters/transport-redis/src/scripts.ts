import { createHash } from "node:crypto";
import { firstWord } from "./errors.ts";
import type { Argument, Reply, Session } from "./link.ts";

/** A Lua script: runs whole, with nothing between its commands. */
export interface Script {
  readonly source: string;
  readonly sha: string;
}

/** `allow-oom`: what consumes must go on when memory is short, or it would stay short. */
function script(flags: "allow-oom" | "", body: string): Script {
  const source = `#!lua flags=${flags}\n${body}`;
  return { source, sha: createHash("sha1").update(source).digest("hex") };
}

export async function runScript(
  session: Session,
  { source, sha }: Script,
  keys: readonly string[],
  args: readonly Argument[],
): Promise<Reply> {
  const rest = [String(keys.length), ...keys, ...args];
  try {
    return await session.send("EVALSHA", sha, ...rest);
  } catch (error) {
    if (firstWord(error) !== "NOSCRIPT") throw error;
    return session.send("EVAL", source, ...rest);
  }
}

/** Adds a batch whole or not at all. KEYS: stream. ARGV: per event the count of its fields and values, then those. */
export const APPEND = script(
  "",
  `local at = 1
while at <= #ARGV do
  local count = tonumber(ARGV[at])
  redis.call('XADD', KEYS[1], '*', unpack(ARGV, at + 1, at + count))
  at = at + count + 1
end
return 1`,
);

/** Takes a free lease. KEYS: lease. ARGV: token, milliseconds. */
export const ACQUIRE = script(
  "allow-oom",
  `if redis.call('SET', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2]) then return 1 end
return 0`,
);

/** Keeps a lease that is still held; 0 if it is not: another may have had it meanwhile. */
export const RENEW = script(
  "allow-oom",
  `if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('PEXPIRE', KEYS[1], ARGV[2])`,
);

export const RELEASE = script(
  "allow-oom",
  `if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('DEL', KEYS[1])`,
);

/** Makes a group and its stream; 0 if it is there. KEYS: stream. ARGV: group, id after which it begins. */
export const JOIN = script(
  "allow-oom",
  `local made = redis.pcall('XGROUP', 'CREATE', KEYS[1], ARGV[1], ARGV[2], 'MKSTREAM')
if not made.err then return 1 end
if string.find(made.err, 'BUSYGROUP', 1, true) then return 0 end
return made`,
);

/**
 * The next entries of a group. KEYS: stream, lease. ARGV: group, consumer, count, token (empty: no order, no lease).
 * Null if the lease is not held. Gives the entries and the id from which to wait for more.
 */
export const FETCH = script(
  "allow-oom",
  `if ARGV[4] ~= '' and redis.call('GET', KEYS[2]) ~= ARGV[4] then return false end
local got = redis.call('XREADGROUP', 'GROUP', ARGV[1], ARGV[2], 'COUNT', ARGV[3], 'STREAMS', KEYS[1], '>')
if got then
  local entries = got[1][2]
  return { entries, entries[#entries][1] }
end
local info = redis.call('XINFO', 'STREAM', KEYS[1])
local last = '0-0'
for at = 1, #info, 2 do
  if info[at] == 'last-generated-id' then last = info[at + 1] end
end
return { {}, last }`,
);

/**
 * Takes over what the group has not settled, in order. KEYS: stream, lease. ARGV: group, consumer, count, token, start.
 * Null if the lease is not held. Gives how many were looked at, the last id of them, and those still in the stream,
 * each as id, fields, earlier deliveries.
 */
export const TAKE_OVER = script(
  "allow-oom",
  `if redis.call('GET', KEYS[2]) ~= ARGV[4] then return false end
local pending = redis.call('XPENDING', KEYS[1], ARGV[1], ARGV[5], '+', ARGV[3])
local entries = {}
for _, each in ipairs(pending) do
  local claimed = redis.call('XCLAIM', KEYS[1], ARGV[1], ARGV[2], 0, each[1])
  if claimed[1] then entries[#entries + 1] = { each[1], claimed[1][2], each[4] } end
end
return { #pending, #pending > 0 and pending[#pending][1] or ARGV[5], entries }`,
);

/**
 * Takes what has been idle too long, whoever had it. KEYS: stream. ARGV: group, consumer, count, idle milliseconds,
 * cursor. Gives the next cursor and the entries, each as id, fields, earlier deliveries.
 */
export const SWEEP = script(
  "allow-oom",
  `local swept = redis.call('XAUTOCLAIM', KEYS[1], ARGV[1], ARGV[2], ARGV[4], ARGV[5], 'COUNT', ARGV[3])
local entries = {}
for _, each in ipairs(swept[2]) do
  local pending = redis.call('XPENDING', KEYS[1], ARGV[1], each[1], each[1], 1)
  entries[#entries + 1] = { each[1], each[2], pending[1] and pending[1][4] - 1 or 0 }
end
return { swept[1], entries }`,
);

/**
 * Acknowledges what is still the caller's. KEYS: stream, lease. ARGV: group, consumer, token (empty: by consumer), ids.
 * Gives how many were; -1 if the lease is not held.
 */
export const ACKNOWLEDGE = script(
  "allow-oom",
  `if ARGV[3] ~= '' then
  if redis.call('GET', KEYS[2]) ~= ARGV[3] then return -1 end
  return redis.call('XACK', KEYS[1], ARGV[1], unpack(ARGV, 4))
end
local count = 0
for at = 4, #ARGV do
  local own = redis.call('XPENDING', KEYS[1], ARGV[1], ARGV[at], ARGV[at], 1, ARGV[2])
  if own[1] then count = count + redis.call('XACK', KEYS[1], ARGV[1], ARGV[at]) end
end
return count`,
);

/**
 * Sets how long entries have been idle, where they are still the caller's: 0 keeps them, a long time gives them back.
 * KEYS: stream. ARGV: group, consumer, idle milliseconds, ids. Gives the ids that are the caller's no more.
 */
export const TOUCH = script(
  "allow-oom",
  `local lost = {}
for at = 4, #ARGV do
  local own = redis.call('XPENDING', KEYS[1], ARGV[1], ARGV[at], ARGV[at], 1, ARGV[2])
  if own[1] then
    redis.call('XCLAIM', KEYS[1], ARGV[1], ARGV[2], 0, ARGV[at], 'IDLE', ARGV[3], 'JUSTID')
  else
    lost[#lost + 1] = ARGV[at]
  end
end
return lost`,
);

/** Removes a consumer that holds nothing. KEYS: stream. ARGV: group, consumer. */
export const LEAVE = script(
  "allow-oom",
  `if #redis.call('XPENDING', KEYS[1], ARGV[1], '-', '+', 1, ARGV[2]) > 0 then return 0 end
redis.call('XGROUP', 'DELCONSUMER', KEYS[1], ARGV[1], ARGV[2])
return 1`,
);

/** What a group has not settled. KEYS: stream. ARGV: group, how many to count where the server has no count. */
export const LAG = script(
  "allow-oom",
  `for _, group in ipairs(redis.call('XINFO', 'GROUPS', KEYS[1])) do
  local of = {}
  for at = 1, #group, 2 do of[group[at]] = group[at + 1] end
  if of['name'] == ARGV[1] then
    local lag = of['lag']
    if not lag then lag = #redis.call('XRANGE', KEYS[1], '(' .. of['last-delivered-id'], '+', 'COUNT', ARGV[2]) end
    return of['pending'] + lag
  end
end
return 0`,
);

/**
 * Trims what is older than the retention and what every group has settled. KEYS: stream. ARGV: milliseconds.
 * Gives how many went, and the group that holds back more, if one does, with the first id that it needs.
 */
export const TRIM = script(
  "allow-oom",
  `if redis.call('EXISTS', KEYS[1]) == 0 then return { 0 } end
local function parts(id)
  local ms, seq = string.match(id, '^(%d+)-(%d+)$')
  return tonumber(ms), tonumber(seq)
end
local function before(a, b)
  local aMs, aSeq = parts(a)
  local bMs, bSeq = parts(b)
  if aMs ~= bMs then return aMs < bMs end
  return aSeq < bSeq
end
local now = redis.call('TIME')
local keep = string.format('%.0f-0', math.max(0, now[1] * 1000 + math.floor(now[2] / 1000) - ARGV[1]))
local holder, needs = '', ''
for _, group in ipairs(redis.call('XINFO', 'GROUPS', KEYS[1])) do
  local of = {}
  for at = 1, #group, 2 do of[group[at]] = group[at + 1] end
  local first = of['last-delivered-id']
  if of['pending'] > 0 then first = redis.call('XPENDING', KEYS[1], of['name'])[2] end
  if before(first, keep) then
    keep = first
    -- A group that has read all there is holds nothing back.
    if of['pending'] > 0 or #redis.call('XRANGE', KEYS[1], '(' .. first, '+', 'COUNT', 1) > 0 then
      holder, needs = of['name'], first
    end
  end
end
return { redis.call('XTRIM', KEYS[1], 'MINID', keep), holder, needs }`,
);

/** Removes consumers that died long ago and hold nothing. KEYS: stream. ARGV: group, idle milliseconds. */
export const BURY = script(
  "allow-oom",
  `local count = 0
for _, consumer in ipairs(redis.call('XINFO', 'CONSUMERS', KEYS[1], ARGV[1])) do
  local of = {}
  for at = 1, #consumer, 2 do of[consumer[at]] = consumer[at + 1] end
  if of['pending'] == 0 and of['idle'] > tonumber(ARGV[2]) then
    redis.call('XGROUP', 'DELCONSUMER', KEYS[1], ARGV[1], of['name'])
    count = count + 1
  end
end
return count`,
);
